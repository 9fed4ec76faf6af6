"""Two models for one use, or one model under two uses: side by side, with what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from commonweight.choosing.market import Market
from commonweight.choosing.rows import MarketRow
from commonweight.errors import NotAuthenticated
from commonweight.identity import Caller
from commonweight.policy import Policy, Use
from commonweight.rights import ENGLISH


@dataclass(frozen=True)
class SideAsked:
    """
    A model, for one of the organisation's uses by name or number ("": the default), and what is changed about that use;
    nothing: the standing verdict.
    """

    model: str
    acts: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    use: str = ""

    @property
    def changed(self) -> dict[str, list[str]]:
        parts = {"acts": list(self.acts), "purposes": list(self.purposes)}
        return {name: words for name, words in parts.items() if words}


@dataclass(frozen=True)
class Side:
    """One side as it came out: the model's row, the verdict's document, the name of the use and the acts judged."""

    row: MarketRow
    verdict: Mapping[str, Any]
    use_name: str

    @property
    def acts(self) -> dict[str, str]:
        return {one["act"]: one["value"] for one in self.verdict["acts"]}


@dataclass(frozen=True)
class Pair:
    """One thing as each side has it; None where a side has it not."""

    id: str
    first: Mapping[str, Any] | None
    second: Mapping[str, Any] | None
    differs: bool


@dataclass(frozen=True)
class Comparison:
    first: Side
    second: Side
    acts: tuple[Pair, ...]
    clauses: tuple[Pair, ...]
    duties: tuple[Pair, ...]
    conflicts: tuple[Pair, ...]
    openness: tuple[Pair, ...]

    def to_document(self) -> dict[str, Any]:
        """As the API gives it: each side, and what is on both or on one."""
        sides = {"first": _side(self.first), "second": _side(self.second)}
        parts = ("acts", "clauses", "duties", "conflicts", "openness")
        pairs = {name: [_pair(pair) for pair in getattr(self, name)] for name in parts}
        return {**sides, **pairs, "differs": [name for name in parts if any(pair["differs"] for pair in pairs[name])]}


def _side(side: Side) -> dict[str, Any]:
    said = ("value", "headline", "remedy", "review", "date", "disclaimer")
    return {"model": side.row.id, "use": side.use_name, **{name: side.verdict[name] for name in said}}


def _pair(pair: Pair) -> dict[str, Any]:
    return {"id": pair.id, "first": pair.first, "second": pair.second, "differs": pair.differs}


class Comparing:
    """Puts two answers side by side. `market` gives the openness of each."""

    def __init__(self, policy: Policy, market: Market) -> None:
        self._policy = policy
        self._market = market

    async def compare(self, caller: Caller, first: SideAsked, second: SideAsked, language: str = ENGLISH) -> Comparison:
        """
        Raises ModelUnknown, InvalidUse, UseNotFound, and NotAuthenticated where a side asks for anything but the default use
        as it stands and the caller has no account.
        """
        return compared(await self._side(caller, first, language), await self._side(caller, second, language))

    async def _side(self, caller: Caller, asked: SideAsked, language: str) -> Side:
        model = await self._policy.find(caller, asked.model)
        row, use = await self._market.row(model), await self._use(caller, asked)
        if not asked.changed:
            verdict = await self._policy.standing_verdict(model, use.id)
            return Side(row, verdict.in_language(language), use.name)
        state = await self._policy.guided(caller, model, asked.changed, {}, of=use.id)
        return Side(row, state.verdict.to_document(language), use.name)

    async def _use(self, caller: Caller, asked: SideAsked) -> Use:
        if not asked.use:
            return await self._policy.standing_use()
        if caller.account is None:
            raise NotAuthenticated("Another use than the default one needs an account.", hint="Sign in, or send a token.")
        return await self._policy.uses.get(int(asked.use) if asked.use.isdecimal() else asked.use)


def compared(first: Side, second: Side) -> Comparison:
    """Pure: what each side has, by the ids of clauses and duties."""
    return Comparison(
        first=first,
        second=second,
        acts=_pairs(_acts(first), _acts(second), ("value",)),
        clauses=_pairs(_by_id(_deciding(first)), _by_id(_deciding(second)), ("effect", "reason")),
        duties=_pairs(_by_id(_open(first)), _by_id(_open(second)), ("do", "text", "reason")),
        conflicts=_pairs(_labels(first), _labels(second), ("why",)),
        openness=_pairs(_axes(first.row), _axes(second.row), ("grade",)),
    )


def _pairs(first: Mapping[str, Any], second: Mapping[str, Any], matter: tuple[str, ...]) -> tuple[Pair, ...]:
    """In the order of the first, then of the second; `matter` are the fields in which two may differ."""
    found = []
    for key in dict.fromkeys((*first, *second)):
        one, other = first.get(key), second.get(key)
        same = one is not None and other is not None and all(one.get(name) == other.get(name) for name in matter)
        found.append(Pair(key, one, other, not same))
    return tuple(found)


def _by_id(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {item["id"]: item for item in items}


def _deciding(side: Side) -> list[Mapping[str, Any]]:
    """The clauses that made the value, and every other that withholds something."""
    value = "allowed" if side.verdict["value"] == "allowed_with_duties" else side.verdict["value"]
    return [clause for clause in side.verdict["clauses"] if clause["effect"] == value or clause["effect"] != "allowed"]


def _open(side: Side) -> list[Mapping[str, Any]]:
    return [duty for duty in side.verdict["duties"] if not duty.get("settled_by")]


def _acts(side: Side) -> dict[str, Any]:
    return {act: {"value": value} for act, value in side.acts.items()}


def _labels(side: Side) -> dict[str, Any]:
    return {f"{one['licence']}#{one['kind']} {one['clause']}": one for one in side.verdict["label_conflicts"]}


def _axes(row: MarketRow) -> dict[str, Any]:
    """Grades of the four axes, by name."""
    openness = row.openness
    axes = {
        "completeness": openness.completeness,
        "legal": openness.legal,
        "access": openness.access,
        "usability": openness.usability,
    }
    return {name: {"grade": axis.grade, "evidence": axis.evidence, "reason": axis.reason} for name, axis in axes.items()}
