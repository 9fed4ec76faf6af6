"""
What is asked about a model: the facts of an organisation, those of one of its uses, and what people have decided,
joined into a question (docs/rights-io.md).

Into each question goes only what people decided about licences that occur in it: so a permission for one licence changes no
verdict on models under others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

LAPSED_SHOWN: Final = timedelta(days=90)  # so long a verdict says that something has lapsed; then it is history
#: Findings about a node without a licence, or the asker's own work; no licence is named in their ids.
_WITHOUT_LICENCE: Final = frozenset({"none", "own"})


@dataclass(frozen=True)
class HeldPermission:
    """Something that an organisation holds from a licensor. `name` is the id by which verdicts cite it."""

    id: int
    organisation: str
    name: str
    licence: str
    kind: str  # bought | granted | registered
    lifts: tuple[str, ...]
    acts: tuple[str, ...]
    since: date | None
    until: date | None
    author: str
    source: str
    outside_id: str | None
    recorded_at: datetime
    recorded_by: int | None
    ended_at: datetime | None = None
    ended_by: int | None = None
    end_reason: str = ""

    def to_question(self) -> dict[str, Any]:
        """As a question takes it: `organisation.permissions`."""
        given = {"id": self.name, "licence": self.licence, "kind": self.kind}
        return _plain({**given, "lifts": list(self.lifts), "acts": list(self.acts), "since": self.since, "until": self.until,
                       "author": self.author, "source": self.source})  # fmt: skip

    def concerns(self, licences: Collection[str]) -> bool:
        return self.licence in licences


@dataclass(frozen=True)
class PersonsDecision:
    """An exception or a reading. `use_id` None: for every use; `node` and `model` None: wherever, whichever."""

    id: int
    organisation: str
    use_id: int | None
    name: str
    kind: str  # exception | reading
    finding: str
    choose: str
    acts: tuple[str, ...]
    node: str | None
    model: str | None
    author: str
    reason: str
    source: str
    since: date | None
    expires: date | None
    recorded_at: datetime
    recorded_by: int | None
    ended_at: datetime | None = None
    ended_by: int | None = None
    end_reason: str = ""

    @property
    def licence(self) -> str:
        return self.finding.partition("#")[0]

    @property
    def named_nodes(self) -> tuple[str, ...]:
        """Ids that must stay recognisable in a lineage for this decision to find them."""
        return tuple(name for name in (self.node, self.model) if name)

    def to_question(self) -> dict[str, Any]:
        """As a question takes it: `decisions`."""
        scope = _plain({"acts": list(self.acts), "node": self.node})
        given = {"id": self.name, "kind": self.kind, "finding": self.finding, "choose": self.choose, "scope": scope or None}
        return _plain({**given, "author": self.author, "reason": self.reason, "since": self.since, "expires": self.expires})

    def concerns(self, licences: Collection[str], root: str, nodes: Collection[str]) -> bool:
        if self.licence not in licences and self.licence not in _WITHOUT_LICENCE:
            return False
        return self.model in (None, root) and (self.node is None or self.node in nodes)


@dataclass(frozen=True)
class Asked:
    """Everything about one use that goes into its questions, but for their subjects. `version` counts changes of it."""

    use_id: int
    use_name: str
    organisation: Mapping[str, Any]
    use: Mapping[str, Any]
    permissions: tuple[HeldPermission, ...]
    decisions: tuple[PersonsDecision, ...]
    version: int

    def facts(self, licences: Collection[str], root: str, nodes: Collection[str], today: date) -> dict[str, Any]:
        """
        The question without its subject: a lineage with these licences (by all their names) and nodes.

        Nodes count only as far as decisions name them.
        """
        day = asked_day(self.use, today)
        held = [one.to_question() for one in self.permissions if one.concerns(licences) and _is_shown(one.until, day)]
        made = [
            one.to_question()
            for one in self.decisions
            if one.concerns(licences, root, nodes) and _is_shown(one.expires, day)
        ]
        organisation = {**self.organisation, **({"permissions": held} if held else {})}
        parts = {"organisation": organisation, "use": dict(self.use), "decisions": made}
        return {name: part for name, part in parts.items() if part}

    def boundaries(self, licences: Collection[str], root: str, nodes: Collection[str], today: date) -> Iterable[date]:
        """Last days on which something that people decided about these is as it is today."""
        if "date" in self.use:
            return
        for permission in self.permissions:
            if permission.concerns(licences):
                yield from _last_days(permission.since, permission.until, today)
        for decision in self.decisions:
            if decision.concerns(licences, root, nodes):
                yield from _last_days(decision.since, decision.expires, today)


def asked_day(use: Mapping[str, Any], today: date) -> date:
    """The day that the answer is for."""
    given = use.get("date")
    return date.fromisoformat(given) if isinstance(given, str) else today


def _last_days(since: date | None, until: date | None, today: date) -> Iterable[date]:
    if since is not None and since > today:
        yield since - timedelta(days=1)
    if until is not None and until >= today:
        yield until


def _is_shown(until: date | None, day: date) -> bool:
    return until is None or until >= day - LAPSED_SHOWN


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, as JSON holds it."""
    return {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in given.items()
        if value not in (None, "", [])
    }
