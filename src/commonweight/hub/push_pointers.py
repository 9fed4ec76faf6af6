"""
LFS pointers that a push brings. One to bytes that are not here would break every clone; and an id alone gives no access to
bytes: of others, deleted ones, or those that another guest has sent (guests.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from commonweight.db import Database
from commonweight.hub import refs
from commonweight.hub.committing import large_files_of
from commonweight.hub.guests import guest_scope
from commonweight.hub.push_rules import RefUpdate
from commonweight.hub.receiving import PackRefused, Unpacked, names_of
from commonweight.hub.values import Repository
from commonweight.identity import Caller, Right
from commonweight.storage import LargeFile, Storage

MOST_TOLD: Final = 20  # files that are named in one message


class Pointers:
    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    async def check(
        self, caller: Caller, repository: Repository, updates: Sequence[RefUpdate], unpacked: Unpacked, objects: Path
    ) -> Sequence[LargeFile]:
        """
        Whether every pointer leads to bytes that the caller may name here. Those of a guest's own come back: the repository
        is to hold them too. Raises PackRefused with the names of the others.
        """
        named = {sha256 for _, sha256, _ in unpacked.pointers}
        if not named:
            return ()
        held, own = await self._held(caller, repository, updates, named)
        missing = {
            oid: sha256
            for oid, sha256, size in unpacked.pointers
            if (large := held.get(sha256)) is None or large.size != size
        }
        if missing:
            names = await asyncio.to_thread(names_of, objects, missing)
            told = [f"{names.get(oid, oid.hex())} ({sha256[:12]})" for oid, sha256 in missing.items()]
            hint = "Run: git lfs push --all, and push again"
            raise PackRefused(f"the bytes of large files are not here: {listed(told)}. {hint}")
        return own

    async def _held(
        self, caller: Caller, repository: Repository, updates: Sequence[RefUpdate], named: set[str]
    ) -> tuple[Mapping[str, LargeFile], Sequence[LargeFile]]:
        """Large files that the caller may name, and those of them that are a guest's own (as in `committing.py`)."""
        if caller.may_with(Right.WRITE, repository) or caller.account is None:
            return await self._storage.mention(repository.scope, named), ()
        async with self._database.read() as connection:
            guest = await guest_scope(connection, repository, caller.account.id)
            built_upon: set[str] = set()
            main = await refs.commit_of(connection, repository, refs.MAIN)
            for commit in {main, *(one.old for one in updates if not one.is_new)} - {None}:
                built_upon |= await large_files_of(connection, repository.scope, str(commit))
        own = await self._storage.mention(guest, named) if guest is not None else {}
        rest = (named - own.keys()) & built_upon
        return {**await self._storage.mention(repository.scope, rest), **own}, tuple(own.values())


def listed(told: Collection[str]) -> str:
    """Some of the names, and how many more there are."""
    some = list(told)[:MOST_TOLD]
    return ", ".join(some) + (f" and {len(told) - len(some)} more" if len(told) > len(some) else "")
