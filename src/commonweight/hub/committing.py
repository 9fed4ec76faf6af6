"""A commit: git objects and the move of a ref, in one database transaction."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.hub.attributes import ATTRIBUTES, with_rules_for
from commonweight.hub.commits import make_commit, parse_commit, signature, tree_of
from commonweight.hub.errors import Contended, LargeFileMissing, RevisionNotFound, StaleParent, TooMuch
from commonweight.hub.landing import Landing
from commonweight.hub.objects import DIRECTORY, INLINE_BYTES, Blobs, GitObject, blob_infos, load, make_blob, store
from commonweight.hub.paths import check_path
from commonweight.hub.pointers import is_sha256, parse_pointer, pointer_text
from commonweight.hub.trees import Edit, listing, load_folders
from commonweight.hub.values import AddFile, AddLarge, AddStored, Change, Commit, DeleteFile, DeleteFolder, Repository
from commonweight.identity import Caller
from commonweight.jobs import enqueue
from commonweight.storage import LargeFile, Storage

MAX_CHANGES = 100_000  # the official client sends at most 1,000 at once; git push and imports send more
MAX_ATTEMPTS = 40  # a commit without a stated parent starts again this often when others are faster
LEAST_PARENT = 5  # digits of a parent's id (hub-http-contract, section 10.5)
SPILLED_BYTES = 4096  # pointers and other tiny files stay in the row even where memory is to be spared
READ_REVISION = "read_revision"  # the job that reads cards; see facts.py


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants committed."""

    caller: Caller
    repository: Repository
    landing: Landing
    changes: Sequence[Change]
    title: str
    description: str
    parent: str | None
    guest_scope: int | None = None  # where a guest has uploaded his large files: then these are his, and no others


@dataclass(frozen=True, slots=True)
class _Put:
    path: str
    oid: str


@dataclass(frozen=True, slots=True)
class _Delete:
    path: str


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Changes as tree edits, with the blobs that they need; blobs over 64 KiB are durable already."""

    edits: Sequence[_Put | _Delete]
    blobs: Sequence[GitObject]
    large: Sequence[str]  # paths of large files
    shared: Sequence[LargeFile]  # a guest's own, which the repository is to hold too


class Committer:
    def __init__(self, database: Database, storage: Storage, clock: Clock) -> None:
        self._database = database
        self._storage = storage
        self._clock = clock
        self._blobs = Blobs(storage)

    async def stage(self, repository: Repository, path: str, content: bytes, *, spill: bool = False) -> AddFile | AddStored:
        """
        The change that puts `content` at a path. What is over 64 KiB, or over 4 KiB with `spill`, is stored now and not
        held in memory.

        A blob that no commit comes to name is found by collection. Raises InvalidPath.
        """
        check_path(path)
        large = len(content) > INLINE_BYTES
        blob = await asyncio.to_thread(make_blob, content) if large else make_blob(content)
        kept = await self._blobs.keep(repository.scope, blob, least=SPILLED_BYTES if spill else INLINE_BYTES)
        return AddStored(path, kept.id, kept.size, kept.key) if kept.key else AddFile(path, content)

    async def commit(self, order: Order) -> Commit:
        """
        Do it. A commit that changes nothing returns the head.

        Raises StaleParent, RevisionNotFound, EntryNotFound, InvalidPath, LargeFileMissing, TooMuch, Contended.
        """
        prepared = await self._prepare(order)
        for attempt in range(MAX_ATTEMPTS):
            done = await self._attempt(order, prepared)
            if done is not None:
                return done
            if order.parent is not None:
                raise StaleParent
            await asyncio.sleep(random.uniform(0, 0.01 * (attempt + 1)))  # noqa: S311  spreads writers, guards nothing
        raise Contended("Too many commits to this branch at once.", hint="Try again.")

    async def _prepare(self, order: Order) -> _Prepared:
        if len(order.changes) > MAX_CHANGES:
            count = len(order.changes)
            raise TooMuch(f"A commit may have {MAX_CHANGES} changes; {count} came.", hint="Send several commits.")
        edits: list[_Put | _Delete] = []
        blobs: dict[str, GitObject] = {}
        named = {sha256 for one in order.changes if (sha256 := _names_large(one))}
        held, own = await self._held(order, named)
        for one in order.changes:
            if isinstance(one, DeleteFile | DeleteFolder):
                edits.append(_Delete(check_path(one.path, folder=True)))
                continue
            path = check_path(one.path)
            blob = await self._blob(order.repository, one, held)
            blobs[blob.id] = blob
            edits.append(_Put(path, blob.id))
        large = [one.path for one in order.changes if isinstance(one, AddLarge)]
        return _Prepared(edits, list(blobs.values()), large, own)

    async def _held(self, order: Order, named: set[str]) -> tuple[Mapping[str, LargeFile], Sequence[LargeFile]]:
        """
        The large files that an order may name, and those of them that are a guest's own.

        A writer may name what the repository holds. A guest may name what he has uploaded himself, and what stands in the
        files that he builds upon: by its id alone he would get what was deleted, or what another guest has sent.
        """
        scope = order.repository.scope
        if not named:
            return {}, ()
        if order.guest_scope is None:
            return await self._storage.mention(scope, named), ()
        own = await self._storage.mention(order.guest_scope, named)
        rest = named - own.keys()
        if rest:
            rest &= await self._large_files_at_head(order)
        return {**await self._storage.mention(scope, rest), **own}, tuple(own.values())

    async def _large_files_at_head(self, order: Order) -> set[str]:
        scope = order.repository.scope
        async with self._database.read() as connection:
            return await large_files_of(connection, scope, await order.landing.head(connection))

    async def _blob(
        self, repository: Repository, one: AddFile | AddStored | AddLarge, held: Mapping[str, LargeFile]
    ) -> GitObject:
        if isinstance(one, AddStored):
            return GitObject(one.oid, "blob", one.size, None, key=one.key)
        if isinstance(one, AddLarge):
            return make_blob(pointer_text(one.sha256, _large_size(repository, one, held)))
        pointer = parse_pointer(one.content)
        if pointer is not None:  # a pointer sent as text must point to something too, or a clone would break
            _large_size(repository, AddLarge(one.path, pointer.sha256, pointer.size), held)
        return await self._blobs.keep(repository.scope, make_blob(one.content))

    async def _attempt(self, order: Order, prepared: _Prepared) -> Commit | None:
        """None where somebody else moved the ref in between."""
        repository = order.repository
        async with self._database.read() as connection:
            head = await order.landing.head(connection)
            check_parent(order.parent, head)
            data = (await load(connection, repository.scope, [head], "commit"))[head]
            root, made = await self._edited(connection, repository.scope, tree_of(data), prepared)
        if root == tree_of(data):
            return await self._unchanged(order, head, data)
        author = signature(order.caller)
        new = make_commit(root, [head], author, self._clock.now(), order.title, order.description)
        return await self._write(order, head, new, [*prepared.blobs, *made, new], prepared.shared)

    async def _unchanged(self, order: Order, head: str, data: bytes) -> Commit | None:
        commit, now = parse_commit(head, data), self._clock.now()
        if not order.landing.lands_unchanged:
            return commit
        async with self._database.write() as connection:
            return commit if await order.landing.land(connection, head, commit, now) else None

    async def squash(self, caller: Caller, repository: Repository, landing: Landing, message: str) -> Commit:
        """
        Put one commit without parents, with the same files, in the place of a branch's history.

        Raises RevisionNotFound, Contended where the branch moves meanwhile.
        """
        now = self._clock.now()
        async with self._database.write() as connection:
            head = await landing.head(connection)
            data = (await load(connection, repository.scope, [head], "commit"))[head]
            new = make_commit(tree_of(data), [], signature(caller), now, message, "")
            assert new.data is not None
            commit = parse_commit(new.id, new.data)
            if not await landing.land(connection, head, commit, now):
                raise Contended("The branch moved while it was squashed.", hint="Try again.")
            await store(connection, repository.scope, [new])
            await enqueue(connection, now, READ_REVISION, {"repository_id": repository.id, "commit": new.id})
        return commit

    async def _edited(
        self, connection: Connection, scope: int, root: str, prepared: _Prepared
    ) -> tuple[str, list[GitObject]]:
        """The id of the new root folder, and the objects that are new."""
        if not prepared.edits:
            return root, []
        parents = {one.path.rpartition("/")[0] for one in prepared.edits}
        edit = Edit(await load_folders(connection, scope, root, parents))
        for one in prepared.edits:
            if isinstance(one, _Put):
                edit.put(one.path, one.oid)
            else:
                edit.delete(one.path)
        rules = await self._missing_rules(connection, scope, edit, prepared)
        if rules is not None:
            edit.put(ATTRIBUTES, rules.id)
        new_root, trees = edit.trees()
        return new_root, [*trees, rules] if rules else trees

    async def _missing_rules(self, connection: Connection, scope: int, edit: Edit, prepared: _Prepared) -> GitObject | None:
        """A `.gitattributes` that covers all large files of the commit; None where it does so already."""
        if not prepared.large:
            return None
        oid = edit.folders[""].get(ATTRIBUTES, (0, ""))[1]
        sent = next((one.data for one in prepared.blobs if one.id == oid and one.data is not None), None)
        text = sent if sent is not None else await self._blobs.read(connection, scope, oid) or b""
        rules = with_rules_for(text, prepared.large)
        return make_blob(rules) if rules is not None else None

    async def _write(
        self, order: Order, head: str, new: GitObject, objects: Sequence[GitObject], shared: Sequence[LargeFile]
    ) -> Commit | None:
        repository, now = order.repository, self._clock.now()
        assert new.data is not None
        commit = parse_commit(new.id, new.data)
        async with self._database.write() as connection:
            if not await order.landing.land(connection, head, commit, now):
                return None
            if shared and not await self._storage.adopt_all(connection, repository.scope, shared):
                raise LargeFileMissing("What was uploaded for it was removed meanwhile.", hint="Upload it again.")
            await store(connection, repository.scope, objects)
            await enqueue(connection, now, READ_REVISION, {"repository_id": repository.id, "commit": commit.id})
        return commit


async def large_files_of(connection: Connection, scope: int, commit: str) -> set[str]:
    """The SHA-256 of every large file that stands in the files of a commit."""
    root = tree_of((await load(connection, scope, [commit], "commit"))[commit])
    items = await listing(connection, scope, root, "")
    infos = await blob_infos(connection, scope, [oid for _, mode, oid in items if mode != DIRECTORY])
    return {one.large_sha256 for one in infos.values() if one.large_sha256}


def _names_large(one: Change) -> str | None:
    """The SHA-256 of the large file that a change names, also by a pointer sent as text."""
    if isinstance(one, AddLarge):
        return one.sha256 if is_sha256(one.sha256) else None
    pointer = parse_pointer(one.content) if isinstance(one, AddFile) else None
    return pointer.sha256 if pointer else None


def _large_size(repository: Repository, one: AddLarge, held: Mapping[str, LargeFile]) -> int:
    """Raises LargeFileMissing."""
    large = held.get(one.sha256)
    if large is None:
        raise LargeFileMissing(
            f"{one.path!r} names the large file {one.sha256[:80]!r}, which {naming(repository)} does not hold.",
            hint="Upload its bytes first; an id alone gives no access to bytes kept elsewhere.",
        )
    if one.size is not None and one.size != large.size:
        raise LargeFileMissing(f"{one.path!r} was said to have {one.size} bytes; {one.sha256} has {large.size}.")
    return large.size


def naming(repository: Repository) -> str:
    return f"the {repository.kind} repository {repository.full_name}"


def check_parent(parent: str | None, head: str) -> None:
    """Raises StaleParent unless `parent` (5 to 40 digits) is the head."""
    if parent is not None and (len(parent) < LEAST_PARENT or not head.startswith(parent.lower())):
        raise StaleParent


def branch_name(repository: Repository, text: str) -> str:
    """The full name of the branch (or refs/pr/N) that a commit goes to. Raises RevisionNotFound for a tag or a commit id."""
    if text.startswith(("refs/heads/", "refs/pr/")):
        return text
    if text.startswith("refs/"):
        raise RevisionNotFound(f"{text!r} in {repository.full_name} is not a branch.", hint="Commit to a branch.")
    return f"refs/heads/{text}"
