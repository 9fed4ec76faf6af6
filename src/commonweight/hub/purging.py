"""
Large files of a repository over all of its history, and taking some out of it for good.

A commit whose files change gets another id, and so does everything after it: all names of the repository move to rewritten
commits at once, or none does. The bytes themselves go when nothing refers to them any more, after the grace of collection.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dulwich.objects import Commit as GitCommit
from dulwich.objects import ObjectID, Tag

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.hub import refs
from commonweight.hub.commits import parse_commit, tree_of
from commonweight.hub.committing import READ_REVISION
from commonweight.hub.errors import Contended
from commonweight.hub.objects import (
    DIRECTORY,
    SUBMODULE,
    GitObject,
    TreeItems,
    blob_infos,
    load,
    make_tree,
    object_id,
    parse_items,
    store,
)
from commonweight.hub.refs import Standing
from commonweight.hub.repositories import change
from commonweight.hub.rights import check_administers, check_writes
from commonweight.hub.trees import EMPTY_TREE, join
from commonweight.hub.values import Repository
from commonweight.identity import Caller
from commonweight.jobs import enqueue


@dataclass(frozen=True, slots=True)
class LargeInHistory:
    """`oid` is the id of its pointer in git; `ref` a name whose newest commit has it, None where only history does."""

    oid: str
    sha256: str
    size: int
    path: str
    pushed_at: datetime
    ref: str | None


class LargeFilesOfHistory:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list(self, caller: Caller, repository: Repository) -> Sequence[LargeInHistory]:
        """Each file once for each path, the newest commit first. Raises MayNotWrite."""
        check_writes(caller, repository)
        async with self._database.read() as connection:
            return await _Looking(connection, repository).everything()

    async def purge(self, caller: Caller, repository: Repository, oids: Collection[str]) -> int:
        """
        Take the files with these pointers out of every commit; how many names moved.

        Raises MayNotWrite, Contended where somebody commits meanwhile.
        """
        check_administers(caller, repository)
        now = self._clock.now()
        async with self._database.read() as connection:
            names = await refs.targets(connection, repository)
            rewriting = _Rewriting(connection, repository.scope, frozenset(oids))
            moved = [(name, target, await rewriting.standing(target, commit)) for name, target, commit in names]
        moved = [(name, target, new) for name, target, new in moved if new.target != target]
        async with self._database.write() as connection:
            await store(connection, repository.scope, rewriting.made)
            for name, target, new in moved:
                if not await refs.compare_and_set(connection, repository, name, target, new, now):
                    raise Contended("The repository changed while its history was rewritten.", hint="Try again.")
            await change(connection, repository, updated_at=now)
            for commit in {new.commit for _, _, new in moved}:
                await enqueue(connection, now, READ_REVISION, {"repository_id": repository.id, "commit": commit})
        return len(moved)


@dataclass
class _Looking:
    connection: Connection
    repository: Repository
    found: dict[tuple[str, str], LargeInHistory] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)

    async def everything(self) -> list[LargeInHistory]:
        names = await refs.targets(self.connection, self.repository)
        names.sort(key=lambda one: (one[0] != refs.MAIN, one[0]))
        for name, _, commit in names:
            data = await load(self.connection, self.repository.scope, [commit], "commit")
            await self._look_at(data, name.removeprefix("refs/heads/"))
        waiting, walked = [commit for _, _, commit in names], set[str]()
        while waiting:
            commits = await load(self.connection, self.repository.scope, waiting, "commit")
            await self._look_at(commits, None)
            walked.update(waiting)
            above = [parent for oid, data in commits.items() for parent in parse_commit(oid, data).parents]
            waiting = [one for one in dict.fromkeys(above) if one not in walked]
        return sorted(self.found.values(), key=lambda one: (-one.pushed_at.timestamp(), one.path))

    async def _look_at(self, commits: Mapping[str, bytes], ref: str | None) -> None:
        for oid, data in commits.items():
            await self._folders({"": tree_of(data)}, parse_commit(oid, data).date, ref)

    async def _folders(self, folders: Mapping[str, str], pushed_at: datetime, ref: str | None) -> None:
        """All below some folders, a level at a time; what was seen at the same path is left out."""
        while new := {path: oid for path, oid in folders.items() if (path, oid) not in self.seen}:
            self.seen.update(new.items())
            trees = await load(self.connection, self.repository.scope, list(new.values()), "tree")
            items = [
                (join(path, name), mode, oid)
                for path, tree in new.items()
                for name, (mode, oid) in parse_items(trees.get(tree, b"")).items()
            ]
            await self._files(
                [(path, oid) for path, mode, oid in items if mode not in (DIRECTORY, SUBMODULE)], pushed_at, ref
            )
            folders = {path: oid for path, mode, oid in items if mode == DIRECTORY}

    async def _files(self, files: Sequence[tuple[str, str]], pushed_at: datetime, ref: str | None) -> None:
        infos = await blob_infos(self.connection, self.repository.scope, [oid for _, oid in files])
        for path, oid in files:
            info = infos.get(oid)
            if info and info.large_sha256 and (path, oid) not in self.found:
                one = LargeInHistory(oid, info.large_sha256, info.large_size or 0, path, pushed_at, ref)
                self.found[path, oid] = one


@dataclass
class _Rewriting:
    """Commits and folders without some blobs. `made`: what is new."""

    connection: Connection
    scope: int
    unwanted: frozenset[str]
    made: list[GitObject] = field(default_factory=list)
    trees: dict[str, str] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)

    async def standing(self, target: str, commit: str) -> Standing:
        """What a name stands at afterwards."""
        new = await self._commit(commit)
        if target == commit or new == commit:
            return Standing(new if target == commit else target, new)
        data = (await load(self.connection, self.scope, [target], "tag"))[target]
        tag = Tag.from_string(data)
        assert isinstance(tag, Tag)
        tag.object, tag.signature = (GitCommit, ObjectID(new.encode())), None
        return Standing(self._keep("tag", tag.as_raw_string()), new)

    async def _commit(self, oid: str) -> str:
        """Its parents first; without recursion, since a history is longer than a stack."""
        waiting = [oid]
        while waiting:
            current = waiting[-1]
            data = (await load(self.connection, self.scope, [current], "commit")).get(current)
            if current in self.commits or data is None:
                self.commits.setdefault(current, current)
                waiting.pop()
                continue
            parents = parse_commit(current, data).parents
            missing = [one for one in parents if one not in self.commits]
            if missing:
                waiting += missing
                continue
            self.commits[current] = await self._rewritten(current, data, parents)
            waiting.pop()
        return self.commits[oid]

    async def _rewritten(self, oid: str, data: bytes, parents: Sequence[str]) -> str:
        root = tree_of(data)
        new_root, new_parents = await self._tree(root) or self._empty(), [self.commits[one] for one in parents]
        if new_root == root and new_parents == list(parents):
            return oid
        commit = GitCommit.from_string(data)
        assert isinstance(commit, GitCommit)
        commit.tree = ObjectID(new_root.encode())
        commit.parents = [ObjectID(one.encode()) for one in new_parents]
        commit.gpgsig = None  # it was of another text
        return self._keep("commit", commit.as_raw_string(), new_parents[0] if new_parents else None)

    async def _tree(self, oid: str) -> str:
        """The id of the folder without them; "" where nothing is left of it."""
        if oid not in self.trees:
            data = (await load(self.connection, self.scope, [oid], "tree")).get(oid, b"")
            self.trees[oid] = await self._stripped(oid, parse_items(data))
        return self.trees[oid]

    async def _stripped(self, oid: str, items: TreeItems) -> str:
        left: TreeItems = {}
        for name, (mode, item) in items.items():
            new = await self._tree(item) if mode == DIRECTORY else "" if item in self.unwanted else item
            if new:
                left[name] = (mode, new)
        if left == items:
            return oid
        if not left:
            return ""
        tree = make_tree(left)
        self.made.append(tree)
        return tree.id

    def _empty(self) -> str:
        self.made.append(make_tree({}))
        return EMPTY_TREE

    def _keep(self, kind: str, data: bytes, parent: str | None = None) -> str:
        made = GitObject(object_id(kind, data), kind, len(data), data, parent)
        self.made.append(made)
        return made.id
