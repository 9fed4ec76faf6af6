"""Which names a push may make, move and take away. `KeepsRefs` is for rooms that look after names of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from commonweight.db import Connection
from commonweight.hub import refs
from commonweight.hub.errors import InvalidRef
from commonweight.hub.paths import check_ref_name
from commonweight.hub.values import Repository
from commonweight.identity import Caller, Right

ZERO = "0" * 40  # as an old id: the name is new; as a new one: it is to go

OPEN = {"refs/heads/": "branch", "refs/tags/": "tag"}


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """What a client wants of one name, which it believes to stand at `old`."""

    name: str
    old: str
    new: str

    @property
    def is_new(self) -> bool:
        return self.old == ZERO

    @property
    def deletes(self) -> bool:
        return self.new == ZERO


class KeepsRefs(Protocol):
    """
    Looks after the names below `prefix` (`refs/pr/`, say), which a push reaches only through it.

    Both deeds get the push's own transaction where they change something.
    """

    prefix: str

    async def why_not(self, caller: Caller, repository: Repository, update: RefUpdate) -> str:
        """Why this update may not be, in a few words; nothing where it may."""
        ...

    async def moved(
        self, connection: Connection, caller: Caller, repository: Repository, update: RefUpdate, now: datetime
    ) -> None:
        """The name stands where the update wants it, in this transaction."""
        ...


class PushRules:
    def __init__(self, keepers: Sequence[KeepsRefs] = ()) -> None:
        self._keepers = keepers

    async def why_not(self, caller: Caller, repository: Repository, update: RefUpdate) -> str:
        """Why an update may not be, in a few words that git prints beside the name; nothing where it may."""
        keeper = self.keeper(update.name)
        if keeper is not None:
            return await keeper.why_not(caller, repository, update)
        if not caller.may_with(Right.WRITE, repository):
            return "you may not write to this repository"
        if update.name == refs.MAIN and update.deletes:
            return "main cannot be deleted"
        prefix = next((one for one in OPEN if update.name.startswith(one)), None)
        if prefix is None:
            return "only branches and tags can be pushed"
        if update.deletes:
            return ""
        try:
            check_ref_name(update.name.removeprefix(prefix), what=OPEN[prefix])
        except InvalidRef:
            return f"not a name that a {OPEN[prefix]} can have here"
        return ""

    def keeper(self, name: str) -> KeepsRefs | None:
        return next((one for one in self._keepers if name.startswith(one.prefix)), None)
