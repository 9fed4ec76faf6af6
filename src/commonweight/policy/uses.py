"""The uses of this installation; one of them is the standing use, for which verdicts stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database, insert_ignoring
from commonweight.db.tables.policy import uses as table
from commonweight.errors import NotAllowed
from commonweight.identity import Caller, record
from commonweight.policy.errors import InvalidUse
from commonweight.policy.values import Use
from commonweight.rights import Question, RightsError

MAX_NAME: Final = 96  # characters; the width of its column, and of a line on the page
MAX_DESCRIPTION: Final = 2_000  # characters; a paragraph

DEFAULT_NAME: Final = "Internal evaluation by a company"
DEFAULT_DESCRIPTION: Final = "Finding out inside a company what a model is worth; facts about the company are not given."
DEFAULT_FACTS: Final[Mapping[str, Any]] = {"organisation": {"kind": "company"}, "use": {"acts": ["evaluate"]}}

_PARTS: Final = frozenset({"organisation", "use", "decisions"})
_ENVELOPE: Final = frozenset({"format", "subject"})  # a whole question file may be given; these parts are not the use's
_OF_THE_ACTS: Final = frozenset({"production", "hosted_for_others", "audience", "improves", "improves_kind", "name"})
#: The smallest subject there is: a use is checked by asking about it.
_PROBE: Final[Mapping[str, Any]] = {"nodes": [{"id": "probe"}]}


@dataclass(frozen=True)
class UseEdit:
    """What an administrator wants the standing use to be."""

    facts: Mapping[str, Any]
    name: str = ""
    description: str = ""


class Uses:
    """Uses in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def standing(self) -> Use:
        """The standing use; the default one is written where there is none yet."""
        async with self._database.read() as connection:
            found = await _standing(connection)
        return found or await self._write_default()

    async def _write_default(self) -> Use:
        row = {
            "name": DEFAULT_NAME,
            "description": DEFAULT_DESCRIPTION,
            "facts": dict(DEFAULT_FACTS),
            "is_standing": True,
            "updated_at": self._clock.now(),
            "updated_by": None,
        }
        async with self._database.write() as connection:
            found = await _standing(connection)
            if found is None:
                await insert_ignoring(connection, table, [row])  # another process may be faster: the name is unique
                found = await _standing(connection)
        assert found is not None, "the row was written in this transaction or by a faster one"
        return found

    def check_may_change(self, caller: Caller) -> None:
        """Raises NotAllowed for anybody but an administrator of the installation."""
        if not caller.is_admin:
            raise NotAllowed(
                "The standing use can be changed by an administrator of this installation only.",
                hint="Sign in with an administrator's token that has the role admin.",
            )

    async def set_standing(self, caller: Caller, edit: UseEdit) -> Use:
        """Change the standing use, with a line in the audit trail. Raises NotAllowed, InvalidUse."""
        self.check_may_change(caller)
        before = await self.standing()
        facts = checked_facts(edit.facts, self._clock)
        name = _short(edit.name or before.name, MAX_NAME, "name")
        row = {
            "name": name,
            "description": _short(edit.description, MAX_DESCRIPTION, "description"),
            "facts": facts,
            "updated_at": self._clock.now(),
            "updated_by": caller.account.id if caller.account else None,
        }
        async with self._database.write() as connection:
            await connection.execute(update(table).where(table.c.id == before.id).values(**row))
            detail = {"before": dict(before.facts), "after": facts, "name": name}
            await record(connection, self._clock.now(), caller, "use.change", f"uses/{before.id}", **detail)
        return Use(id=before.id, **row)  # type: ignore[arg-type]  # the row holds exactly the other fields


async def _standing(connection: Connection) -> Use | None:
    query = select(table).where(table.c.is_standing).order_by(table.c.id).limit(1)
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    return Use(row.id, row.name, row.description, row.facts, row.updated_at, row.updated_by)


def checked_facts(facts: Any, clock: Clock) -> dict[str, Any]:
    """
    The facts of a use in their canonical form: organisation, use, decisions.

    A whole question may be given (its subject is passed over), or only the inner part with `acts`. Raises InvalidUse
    naming the field, what came and what was expected.
    """
    if isinstance(facts, Mapping) and "acts" in facts:
        facts = {"use": facts}
    if not isinstance(facts, Mapping) or not set(facts) <= _PARTS | _ENVELOPE:
        came = sorted(map(str, facts)) if isinstance(facts, Mapping) else type(facts).__name__
        raise InvalidUse(
            f"A use is a mapping with the keys organisation, use and decisions; got {came}.",
            hint="docs/rights-io.md describes them.",
        )
    given = {part: facts[part] for part in sorted(_PARTS) if facts.get(part) is not None}
    try:
        question = Question.from_document({**given, "subject": _PROBE}, today=clock.now().date(), name="use")
    except RightsError as error:
        raise InvalidUse(error.detail, hint=error.hint) from None
    canonical = question.to_document()
    checked = {part: canonical[part] for part in sorted(_PARTS) if part in canonical and part in given}
    if "date" not in given["use"]:
        checked["use"] = {key: value for key, value in checked["use"].items() if key != "date"}  # today, whenever asked
    return checked


def varied(facts: Mapping[str, Any], use: Mapping[str, Any]) -> dict[str, Any]:
    """
    Facts of a use with other acts or purposes. With other acts, what was said of the old ones (whether in production, for
    whom) is not said of the new.
    """
    before = dict(facts.get("use") or {})
    if set(use.get("acts", ())) != set(before.get("acts", ())):
        before = {name: value for name, value in before.items() if name not in _OF_THE_ACTS}
    return {**facts, "use": {**before, **use}}


def _short(text: str, bound: int, what: str) -> str:
    text = text.strip()
    if len(text) > bound:
        raise InvalidUse(f"The {what} of the use has {len(text)} characters; at most {bound} are kept.", hint="Shorten it.")
    return text
