"""What a `git fetch` needs: the names that a repository has, what is common, and the pack with the rest."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from commonweight.db import Database
from commonweight.db.tables import hub as tables
from commonweight.hub import refs
from commonweight.hub.errors import RevisionNotFound
from commonweight.hub.graph import Deepen, Graph, Lacking
from commonweight.hub.objects import IDS_AT_ONCE, load
from commonweight.hub.packing import Packer, Progress
from commonweight.hub.values import Repository
from commonweight.storage import Storage

MAX_TAG_CHAIN = 10  # tags of tags of tags; git makes no more than one by itself

_TAG = re.compile(rb"object ([0-9a-f]{40})\ntype (commit|tree|blob|tag)\n")
_objects = tables.git_objects.c


@dataclass(frozen=True, slots=True)
class GitRef:
    """A name and what it stands at: a commit, or an annotated tag that comes to `commit`."""

    name: str
    target: str
    commit: str

    @property
    def is_annotated(self) -> bool:
        return self.target != self.commit


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks for. `shallow`: commits of which it has no parents."""

    wants: Sequence[str]
    haves: Sequence[str] = ()
    shallow: frozenset[str] = frozenset()
    deepen: Deepen = field(default_factory=Deepen)
    with_tags: bool = False  # annotated tags of what is sent come along


@dataclass(frozen=True, slots=True)
class Parcel:
    """What to send. `shallow` and `unshallow`: where the client's history ends from now on, and where no longer."""

    lacking: Lacking
    tags: Sequence[str]
    shallow: frozenset[str] = frozenset()
    unshallow: frozenset[str] = frozenset()


class Fetching:
    """Reading of whole histories. Asks for no right: whoever calls has checked."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._packer = Packer(database, storage)

    async def refs(self, repository: Repository) -> list[GitRef]:
        """All names, in order."""
        async with self._database.read() as connection:
            return [GitRef(*one) for one in await refs.targets(connection, repository)]

    async def commits_among(self, repository: Repository, ids: Collection[str]) -> set[str]:
        """Those of the ids that are commits of this repository's network."""
        return {oid for oid, kind in (await self.kinds(repository, ids)).items() if kind == "commit"}

    async def kinds(self, repository: Repository, ids: Collection[str]) -> dict[str, str]:
        """commit, tree, blob or tag of those of the ids that are objects of this repository's network."""
        found: dict[str, str] = {}
        wanted = sorted(set(ids))
        async with self._database.read() as connection:
            for at in range(0, len(wanted), IDS_AT_ONCE):
                some = _objects.id.in_(wanted[at : at + IDS_AT_ONCE])
                query = select(_objects.id, _objects.type).where(_objects.scope == repository.scope, some)
                found.update({row.id: row.type for row in await connection.execute(query)})
        return found

    async def prepare(self, repository: Repository, wish: Wish) -> Parcel:
        """Raises RevisionNotFound for a want that is no commit and no tag of this repository's network."""
        tips, tags = await self._tips(repository, wish.wants)
        graph = Graph(self._database, repository.scope)
        if wish.deepen:
            ends = await graph.cut(tips, wish.shallow, wish.deepen)
            lacking, reached = await _between(graph, tips, ends, wish)
            fresh, old = frozenset(ends - wish.shallow), frozenset((wish.shallow & reached) - ends)
            return Parcel(lacking, await self._tags(repository, lacking, tags, wish), fresh, old)
        if wish.shallow:
            lacking, _ = await _between(graph, tips, wish.shallow, wish)
        else:
            lacking = await graph.lacking(tips, wish.haves)
        return Parcel(lacking, await self._tags(repository, lacking, tags, wish))

    async def commits_of(self, repository: Repository, wants: Sequence[str]) -> list[str]:
        """The commits that wants come to. Raises RevisionNotFound."""
        return (await self._tips(repository, wants))[0]

    async def _tips(self, repository: Repository, wants: Sequence[str]) -> tuple[list[str], list[str]]:
        """The commits that the wants come to, and the tags on the way."""
        tips, tags, waiting = list[str](), list[str](), list(dict.fromkeys(wants))
        for _ in range(MAX_TAG_CHAIN):
            kinds = await self.kinds(repository, waiting)
            for one in waiting:
                if kinds.get(one) not in ("commit", "tag"):
                    raise RevisionNotFound(f"not our ref {one}")
            tips += [one for one in waiting if kinds[one] == "commit"]
            found = [one for one in waiting if kinds[one] == "tag"]
            tags += found
            async with self._database.read() as connection:
                data = await load(connection, repository.scope, found, "tag")
            waiting = [target for one in found if (target := tagged(data[one]))]
            if not waiting:
                break
        return list(dict.fromkeys(tips)), list(dict.fromkeys(tags))

    async def peeled(self, repository: Repository, oid: str) -> tuple[str, str | None]:
        """What an id comes to behind tags, and its kind; None where there is no such object, or too many tags."""
        for _ in range(MAX_TAG_CHAIN):
            kind = (await self.kinds(repository, [oid])).get(oid)
            if kind != "tag":
                return oid, kind
            async with self._database.read() as connection:
                data = await load(connection, repository.scope, [oid], "tag")
            oid = tagged(data.get(oid, b"")) or oid
        return oid, None

    async def _tags(self, repository: Repository, lacking: Lacking, wanted: Sequence[str], wish: Wish) -> list[str]:
        if not wish.with_tags:
            return list(wanted)
        sent = {one.id for one in lacking.commits}
        more = [one.target for one in await self.refs(repository) if one.is_annotated and one.commit in sent]
        return list(dict.fromkeys([*wanted, *more]))

    async def objects(self, repository: Repository, parcel: Parcel, counted: Progress) -> list[bytes]:
        """The ids of everything in a parcel; `counted` is told how many there are so far."""
        return await self._packer.objects(repository.scope, parcel.lacking, parcel.tags, counted)

    def pack(self, repository: Repository, ids: Sequence[bytes]) -> AsyncIterator[bytes]:
        """The pack with these objects, in pieces. Raises NotStored where one is gone."""
        return self._packer.pack(repository.scope, ids)


def tagged(data: bytes) -> str | None:
    """What an annotated tag stands at."""
    found = _TAG.match(data)
    return found[1].decode() if found else None


async def _between(graph: Graph, tips: Sequence[str], ends: Collection[str], wish: Wish) -> tuple[Lacking, set[str]]:
    """What a client lacks whose history has ends, and all that is reachable for it afterwards."""
    wanted = await graph.ancestors(tips, ends)
    had = await graph.ancestors(wish.haves, wish.shallow)
    commits = sorted((node for oid, node in wanted.items() if oid not in had), key=lambda one: -one.time)
    return Lacking(commits, had, rooted=False), set(wanted)
