"""
Organisations and their uses. Facts of the organisation are recorded once, and joined with those of each use into its
questions.

One use is the default: its verdicts decide what is served, and are what everybody sees first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, insert, select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database, insert_ignoring
from commonweight.db.tables import policy as tables
from commonweight.errors import NotAllowed
from commonweight.identity import Caller, record
from commonweight.policy import marking, people
from commonweight.policy.asking import HeldPermission, PersonsDecision
from commonweight.policy.differences import fact_differences
from commonweight.policy.errors import InvalidUse, NameTaken, Overtaken, UseNotFound
from commonweight.policy.facts import Apart, checked_facts, checked_organisation, checked_use, joined, taken_apart
from commonweight.policy.inline import Inline
from commonweight.policy.library import Library
from commonweight.policy.revising import Touched, reach_of_facts, revise
from commonweight.policy.values import OWN, Organisation, Use

MAX_USES: Final = 50  # each is decided for every model; an organisation has about ten
MAX_NAME: Final = 96  # characters; the width of its column, and of a line on the page
MAX_DESCRIPTION: Final = 2_000  # characters; a paragraph

DEFAULT_NAME: Final = "Internal evaluation by a company"
DEFAULT_DESCRIPTION: Final = "Finding out inside a company what a model is worth; facts about the company are not given."
DEFAULT_FACTS: Final[Mapping[str, Any]] = {"organisation": {"kind": "company"}, "use": {"acts": ["evaluate"]}}

_uses, _organisations = tables.uses, tables.organisations


@dataclass(frozen=True)
class UseEdit:
    """
    What an administrator wants a use to be. `facts` are those of the use alone (docs/rights-io.md, `use`). An empty
    name keeps the one there is; an empty description empties it. `seen` is the `updated_at` of what they looked at: where
    somebody has saved since, nothing is changed. None: whatever is there.
    """

    facts: Mapping[str, Any]
    name: str = ""
    description: str = ""
    template: str = ""
    seen: datetime | None = None


@dataclass(frozen=True)
class OrganisationEdit:
    """
    What an administrator records of the organisation. `group` says in words who belongs to it, `seen` as in `UseEdit`.
    """

    facts: Mapping[str, Any]
    group: str = ""
    seen: datetime | None = None


class Uses:
    """Organisations and uses in the database."""

    def __init__(self, database: Database, library: Library, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock
        self._inline = Inline(library, clock)

    # Reading

    async def standing(self) -> Use:
        """The default use; where there is none yet, *internal evaluation by a company, facts unknown* is written."""
        async with self._database.read() as connection:
            found = await _find(connection, _uses.c.is_standing)
        if not found:
            await self._write_default()
            async with self._database.read() as connection:
                found = await _find(connection, _uses.c.is_standing)
        return found[0]

    async def list(self) -> list[Use]:
        """The uses that were not given up, the default first, then by name."""
        await self.standing()
        async with self._database.read() as connection:
            found = await _find(connection, _uses.c.ended_at.is_(None))
        return sorted(found, key=lambda use: (not use.is_standing, use.name.lower()))

    async def get(self, use: int | str) -> Use:
        """By number or name. Raises UseNotFound."""
        async with self._database.read() as connection:
            return await _get(connection, use)

    async def facts_about(self, use: Use, root: str) -> dict[str, Any]:
        """
        The facts of a use without what people decided about other models than the one whose lineage has this root: a
        question has no word for whom a decision is about.
        """
        async with self._database.read() as connection:
            made = await people.decisions(connection, tables.decisions.c.ended_at.is_(None))
        ours = [one for one in made if one.organisation == use.organisation and one.use_id in (None, use.id)]
        about = [one.to_question() for one in ours if one.model in (None, root)]
        others = {part: given for part, given in use.facts.items() if part != "decisions"}
        return {**others, "decisions": about} if about else others

    async def organisation(self, key: str = OWN) -> Organisation:
        """Raises UseNotFound for an organisation that nothing is recorded of."""
        await self.standing()
        async with self._database.read() as connection:
            return await _organisation(connection, key)

    async def is_public(self, use_id: int) -> bool:
        """Whether its verdicts are for everybody who reads the model: it is, or was, the default."""
        async with self._database.read() as connection:
            return bool(await connection.scalar(select(_uses.c.was_standing).where(_uses.c.id == use_id)))

    # Changing

    async def set_organisation(self, caller: Caller, edit: OrganisationEdit, key: str = OWN) -> tuple[Organisation, Touched]:
        """Record who asks; marks what that touches. Audited. Raises NotAllowed, InvalidUse, Overtaken."""
        self.check_may_change(caller)
        facts = checked_organisation(edit.facts, self._clock)
        group = _short(edit.group, MAX_DESCRIPTION, "description of the group")
        await self.standing()
        async with self._database.write() as connection:
            await _refuse_overtaken(connection, _organisations, _organisations.c.key == key, edit.seen, "the organisation")
            before = await _organisation(connection, key)
            touched = await self._change_organisation(connection, caller, before, facts, group)
        return await self.organisation(key), touched

    async def _change_organisation(
        self, connection: Connection, caller: Caller, before: Organisation, facts: Mapping[str, Any], group: str
    ) -> Touched:
        now = self._clock.now()
        row = {"facts": dict(facts), "group": group, **_by(caller, now)}
        await connection.execute(update(_organisations).where(_organisations.c.id == before.id).values(**row))
        detail = {"before": dict(before.facts), "after": dict(facts)}
        await record(connection, now, caller, "organisation.change", f"organisations/{before.key}", **detail)
        different = fact_differences(before.facts, facts, "organisation")
        reach = reach_of_facts(self._library, await _use_ids(connection, before.id), different)
        return await revise(connection, now, caller, "organisation", {"facts": different}, reach)

    async def create(self, caller: Caller, edit: UseEdit) -> tuple[Use, Touched]:
        """
        Another use of the installation's organisation. Nothing stands for it until the sweep, or somebody, asks.

        Raises NotAllowed, InvalidUse, NameTaken.
        """
        self.check_may_change(caller)
        facts, now = checked_use(edit.facts, self._clock), self._clock.now()
        name = _name(edit.name)
        await self.standing()
        async with self._database.write() as connection:
            await self._refuse_taken(connection, name)
            row = {"organisation_id": (await _organisation(connection, OWN)).id, "name": name, "facts": facts,
                   "description": _description(edit), "template": edit.template, "is_standing": False,
                   "was_standing": False, "ended_at": None, **_by(caller, now)}  # fmt: skip
            number = await connection.scalar(insert(_uses).values(row).returning(_uses.c.id))
            await record(connection, now, caller, "use.create", f"uses/{number}", after=facts, name=name)
            touched = await revise(connection, now, caller, "use", {"use": name, "created": True})
        return await self.get(int(number or 0)), touched

    async def change(self, caller: Caller, use: int | str, edit: UseEdit) -> tuple[Use, Touched]:
        """Other facts, name or description. Audited. Raises NotAllowed, InvalidUse, UseNotFound, NameTaken, Overtaken."""
        self.check_may_change(caller)
        facts = checked_use(edit.facts, self._clock)
        async with self._database.write() as connection:
            before = await _get(connection, use)
            await _refuse_overtaken(connection, _uses, _uses.c.id == before.id, edit.seen, "the use")
            touched = await self._change_use(connection, caller, before, facts, edit)
        return await self.get(before.id), touched

    async def _change_use(
        self, connection: Connection, caller: Caller, before: Use, facts: Mapping[str, Any], edit: UseEdit
    ) -> Touched:
        now, name = self._clock.now(), _name(edit.name or before.name)
        if name != before.name:
            await self._refuse_taken(connection, name)
        row = {"name": name, "description": _description(edit), "facts": dict(facts), **_by(caller, now)}
        await connection.execute(update(_uses).where(_uses.c.id == before.id).values(**row))
        detail = {"before": dict(before.facts), "after": {**before.facts, "use": dict(facts)}, "name": name}
        await record(connection, now, caller, "use.change", f"uses/{before.id}", **detail)
        different = fact_differences(before.own, facts, "use")
        reach = reach_of_facts(self._library, [before.id], different)
        return await revise(connection, now, caller, "use", {"use": name, "facts": different}, reach)

    async def make_default(self, caller: Caller, use: int | str) -> tuple[Use, Touched]:
        """The use whose verdicts decide what is served. Audited. Raises NotAllowed, UseNotFound."""
        self.check_may_change(caller)
        now = self._clock.now()
        async with self._database.write() as connection:
            chosen = await _get(connection, use)
            await connection.execute(update(_uses).where(_uses.c.is_standing).values(is_standing=False))
            row = {"is_standing": True, "was_standing": True}
            await connection.execute(update(_uses).where(_uses.c.id == chosen.id).values(**row))
            await record(connection, now, caller, "use.default", f"uses/{chosen.id}", name=chosen.name)
            touched = await revise(connection, now, caller, "default", {"use": chosen.name})
        return await self.get(chosen.id), touched

    async def end(self, caller: Caller, use: int | str) -> None:
        """Give a use up; verdicts that were given for it stay readable. Raises NotAllowed, UseNotFound, InvalidUse."""
        self.check_may_change(caller)
        now = self._clock.now()
        async with self._database.write() as connection:
            chosen = await _get(connection, use)
            if chosen.is_standing:
                raise InvalidUse("The default use cannot be given up.", hint="Make another one the default first.")
            free = f"{chosen.name[:70]} ({chosen.id}, given up)"  # the name can be used again
            row = {"ended_at": now, "name": free}
            await connection.execute(update(_uses).where(_uses.c.id == chosen.id).values(**row))
            await marking.forget_use(connection, chosen.id)
            await record(connection, now, caller, "use.end", f"uses/{chosen.id}", name=chosen.name)
            await revise(connection, now, caller, "use", {"use": chosen.name, "ended": True})

    async def set_standing(self, caller: Caller, edit: UseEdit) -> tuple[Use, Touched]:
        """
        Everything about the default use at once: `edit.facts` are {organisation, use, decisions}. What is not named of the
        organisation, its permissions or decisions stays as it is recorded; what is named replaces it.

        Raises NotAllowed, InvalidUse, NameTaken.
        """
        self.check_may_change(caller)
        apart = taken_apart(checked_facts(edit.facts, self._clock))
        before = await self.standing()
        async with self._database.write() as connection:
            touched = await self._set_parts(connection, caller, before, apart, edit)
        return await self.standing(), touched

    async def _set_parts(self, connection: Connection, caller: Caller, before: Use, apart: Apart, edit: UseEdit) -> Touched:
        organisation = await _organisation(connection, before.organisation)
        different = fact_differences(organisation.facts, apart.organisation, "organisation")
        done = []
        if "organisation" in edit.facts and different:
            done.append(
                await self._change_organisation(connection, caller, organisation, apart.organisation, organisation.group)
            )
        done.append(await self._change_use(connection, caller, before, apart.use, edit))
        done += await self._inline.set(connection, caller, organisation, before.id, apart)
        return done[0].with_all(done[1:])

    def check_may_change(self, caller: Caller) -> None:
        """Raises NotAllowed for anybody but an administrator of the installation."""
        if not caller.is_admin:
            raise NotAllowed(
                "The organisation and its uses can be changed by an administrator of this installation only.",
                hint="Sign in with an administrator's token that has the role admin.",
            )

    async def _refuse_taken(self, connection: Connection, name: str) -> None:
        if await connection.scalar(select(_uses.c.id).where(_uses.c.name == name)):
            raise NameTaken("use", name)
        many = await connection.scalar(select(func.count()).select_from(_uses).where(_uses.c.ended_at.is_(None)))
        if (many or 0) >= MAX_USES:
            raise InvalidUse(f"There are {many} uses; at most {MAX_USES} are kept.", hint="Give one up first.")

    async def _write_default(self) -> None:
        """Harmless to repeat: another process may be faster, and keys and names are unique."""
        now = self._clock.now()
        when = {"updated_at": now, "updated_by": None}
        own = {"key": OWN, "facts": dict(DEFAULT_FACTS["organisation"]), "group": "", **when}
        async with self._database.write() as connection:
            if await _find(connection, _uses.c.is_standing):
                return
            await insert_ignoring(connection, _organisations, [own])
            row = {"organisation_id": (await _organisation(connection, OWN)).id, "name": DEFAULT_NAME,
                   "description": DEFAULT_DESCRIPTION, "template": "evaluation", "facts": dict(DEFAULT_FACTS["use"]),
                   "is_standing": True, "was_standing": True, "ended_at": None, **when}  # fmt: skip
            await insert_ignoring(connection, _uses, [row])


async def _organisation(connection: Connection, key: str) -> Organisation:
    row = (await connection.execute(select(_organisations).where(_organisations.c.key == key))).first()
    if row is None:
        raise UseNotFound(f"of the organisation {key}")
    return Organisation(row.id, row.key, row.facts, row.group, row.updated_at, row.updated_by)


async def _find(connection: Connection, condition: Any) -> list[Use]:
    query = (
        select(_uses, _organisations.c.key, _organisations.c.facts.label("organisation"))
        .join(_organisations, _organisations.c.id == _uses.c.organisation_id)
        .where(condition)
        .order_by(_uses.c.id)
    )
    rows = (await connection.execute(query)).all()
    held = await people.permissions(connection, tables.permissions.c.ended_at.is_(None)) if rows else []
    made = await people.decisions(connection, tables.decisions.c.ended_at.is_(None)) if rows else []
    return [_use(row, held, made) for row in rows]


def _use(row: Any, held: Iterable[HeldPermission], made: Iterable[PersonsDecision]) -> Use:
    ours = [one for one in held if one.organisation == row.key]
    about = [one for one in made if one.organisation == row.key and one.use_id in (None, row.id)]
    facts = joined(row.organisation, row.facts, ours, about)
    return Use(
        row.id, row.name, row.description, facts, row.updated_at, row.updated_by, row.facts, row.template,
        bool(row.is_standing), row.key,
    )  # fmt: skip


async def _get(connection: Connection, use: int | str) -> Use:
    by_number = isinstance(use, int) or (use.isascii() and use.isdigit() and len(use) < 19)  # what 64 bits hold
    condition = _uses.c.id == int(use) if by_number else _uses.c.name == use
    found = await _find(connection, condition & _uses.c.ended_at.is_(None))
    if not found:
        raise UseNotFound(use)
    return found[0]


async def _refuse_overtaken(
    connection: Connection, table: Any, mine: ColumnElement[bool], seen: datetime | None, what: str
) -> None:
    """Of two people who saved what they saw, one holds the row and the other waits, and then finds it changed."""
    if seen is None:
        return
    same = mine & (table.c.updated_at == seen)
    if (await connection.execute(update(table).where(same).values(updated_at=seen))).rowcount == 0:
        raise Overtaken(what)


async def _use_ids(connection: Connection, organisation_id: int) -> list[int]:
    mine = (_uses.c.organisation_id == organisation_id) & _uses.c.ended_at.is_(None)
    return list((await connection.scalars(select(_uses.c.id).where(mine))).all())


def _by(caller: Caller, now: datetime) -> dict[str, Any]:
    return {"updated_at": now, "updated_by": caller.account.id if caller.account else None}


def _name(text: str) -> str:
    name = _short(text, MAX_NAME, "name")
    if not name:
        raise InvalidUse("A use needs a name.", hint="Say in a few words what models are used for.")
    return name


def _description(edit: UseEdit) -> str:
    return _short(edit.description, MAX_DESCRIPTION, "description")


def _short(text: str, bound: int, what: str) -> str:
    text = text.strip()
    if len(text) > bound:
        raise InvalidUse(f"The {what} has {len(text)} characters; at most {bound} are kept.", hint="Shorten it.")
    return text
