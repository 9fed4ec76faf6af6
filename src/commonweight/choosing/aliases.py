"""Names that this installation gives to models: `gpt-4o -> acme/large, acme/small`, in order."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.statements import upsert
from commonweight.db.tables import choosing as tables
from commonweight.errors import InvalidInput, NotAllowed, NotFound
from commonweight.identity import Caller, account_names, record
from commonweight.serving import parse_model_name

ALIAS_SECONDS: Final = 2.0  # a changed alias reaches a running process after this
MAX_ALIASES: Final = 1_000  # all of them are held in memory; a house has some dozens
MAX_TARGETS: Final = 16  # more models than anybody tries in a row
_NAME: Final = re.compile(r"(?!ft:)[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")

_A = tables.aliases


class AliasNotFound(NotFound):
    code = "alias_not_found"


class InvalidAlias(InvalidInput):
    code = "invalid_alias"


@dataclass(frozen=True)
class AliasEntry:
    """One alias. `targets` are names of models, or of other aliases, in the order in which they are tried."""

    name: str
    targets: tuple[str, ...]
    created_at: datetime
    created_by: str = ""  # empty where the account is gone


class Aliases:
    """The aliases of an installation, in the database and for `ALIAS_SECONDS` in memory."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._loading = asyncio.Lock()
        self._table: Mapping[str, AliasEntry] = {}
        self._fresh_until = 0.0

    async def table(self) -> Mapping[str, AliasEntry]:
        """All of them by name, from memory where it is fresh."""
        if self._fresh_until < time.monotonic():
            async with self._loading:
                if self._fresh_until < time.monotonic():
                    self._table = {entry.name: entry for entry in await self.read()}
                    self._fresh_until = time.monotonic() + ALIAS_SECONDS
        return self._table

    async def read(self) -> Sequence[AliasEntry]:
        """All of them, by name."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(_A).order_by(_A.c.name).limit(MAX_ALIASES))).all()
            names = await account_names(connection, {row.created_by for row in rows if row.created_by is not None})
        return [AliasEntry(row.name, tuple(row.targets), row.created_at, names.get(row.created_by, "")) for row in rows]

    async def set(self, caller: Caller, name: str, targets: Sequence[str]) -> AliasEntry:
        """
        Make an alias, or give it other targets. Audited. Whether the targets exist is not looked at here.

        Raises NotAllowed, InvalidAlias for what is no name, no list of targets, or leads back to itself.
        """
        check_may_change(caller)
        known = {entry.name: entry for entry in await self.read()}
        check_alias(name, targets, {entry.name: entry.targets for entry in known.values()})
        now = self._clock.now()
        row: dict[str, Any] = {"name": name, "targets": list(targets), "created_at": now}
        row |= {"created_by": caller.account.id if caller.account else None}
        if name in known:
            row["created_at"] = known[name].created_at
        async with self._database.write() as connection:
            await upsert(connection, _A, row, keys=["name"])
            await record(connection, now, caller, "alias.set", name, targets=list(targets))
        self._fresh_until = 0.0
        return AliasEntry(name, tuple(targets), row["created_at"], caller.account.name if caller.account else "")

    async def remove(self, caller: Caller, name: str) -> None:
        """Forget an alias. Audited. Raises NotAllowed, AliasNotFound."""
        check_may_change(caller)
        async with self._database.write() as connection:
            removed = await connection.execute(delete(_A).where(_A.c.name == name))
            if not removed.rowcount:
                raise AliasNotFound(f"There is no alias {name!r}.")
            await record(connection, self._clock.now(), caller, "alias.remove", name)
        self._fresh_until = 0.0


def check_may_change(caller: Caller) -> None:
    """Raises NotAllowed for anybody but an administrator of the installation."""
    if not caller.is_admin:
        raise NotAllowed(
            "Aliases are read and set by an administrator of this installation only.",
            hint="Use an administrator's token that has the role admin; GET /v1/models lists the names for everybody.",
        )


def check_alias(name: str, targets: Sequence[str], others: Mapping[str, Sequence[str]]) -> None:
    """`others` are the targets of the aliases there are. Raises InvalidAlias, ModelNotFound for what is no model's name."""
    if not _NAME.fullmatch(name):
        expected = "1 to 128 of A-Z a-z 0-9 . _ : -, beginning with a letter or a digit, and not with 'ft:'"
        raise InvalidAlias(f"{name!r} is no name for an alias; expected {expected}.")
    if not 1 <= len(targets) <= MAX_TARGETS:
        raise InvalidAlias(f"{name!r} was given {len(targets)} models; expected 1 to {MAX_TARGETS}.")
    if len(set(targets)) < len(targets):
        raise InvalidAlias(f"A model is named twice behind {name!r}; each is tried once.")
    if name not in others and len(others) >= MAX_ALIASES:
        raise InvalidAlias(f"There are {MAX_ALIASES} aliases, which is the most; remove one first.")
    for target in targets:
        parse_model_name(target)
        way = _way_back(name, target, others, ())
        if way:
            raise InvalidAlias(f"{name!r} would lead back to itself: {' -> '.join((name, *way))}.")


def _way_back(name: str, target: str, others: Mapping[str, Sequence[str]], way: tuple[str, ...]) -> tuple[str, ...]:
    """The names from `target` to `name`; empty where it is not reached."""
    if target == name:
        return (*way, target)
    if target in way:
        return ()
    for following in others.get(target, ()):
        found = _way_back(name, following, others, (*way, target))
        if found:
            return found
    return ()


def targets_of(name: str, table: Mapping[str, AliasEntry]) -> Sequence[str]:
    """The models behind an alias, aliases among its targets replaced by what they stand for; empty for another name."""
    found: dict[str, None] = {}
    _collect(name, table, found, set())
    return list(found)


def _collect(name: str, table: Mapping[str, AliasEntry], found: dict[str, None], seen: set[str]) -> None:
    seen.add(name)
    for target in table[name].targets if name in table else ():
        if target not in table:
            found.setdefault(target)
        elif target not in seen:  # two changes at once may have closed a circle that each of them alone did not
            _collect(target, table, found, seen)
