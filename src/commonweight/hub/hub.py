"""The hub room's one object."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.hub import guests, origins, proposed, refs, repositories, rights
from commonweight.hub.akin import Akin
from commonweight.hub.attributes import ATTRIBUTES, Candidate, LargeRules, default_attributes, ignored, is_large
from commonweight.hub.branches import Branches
from commonweight.hub.cards import CARD, space_card
from commonweight.hub.commits import make_commit, signature
from commonweight.hub.committing import READ_REVISION, Committer, Order, branch_name
from commonweight.hub.contents import Contents, ContentsMemory, ContentsReader, gguf_head_of, headers_of
from commonweight.hub.counting import Counting
from commonweight.hub.discussions import Discussions, OnPull, Opening, PullKeeper, PullRequests, pull_number
from commonweight.hub.discussions import room as discussions
from commonweight.hub.errors import EntryNotFound, IsDraft, MayNotWrite
from commonweight.hub.facts import FactsReader
from commonweight.hub.fetching import Fetching
from commonweight.hub.gating import Gates, TermsReader
from commonweight.hub.granted import gated_for, granted
from commonweight.hub.granting import Granting
from commonweight.hub.history import History, last_changes
from commonweight.hub.into_chunks import IntoChunks
from commonweight.hub.landing import OnBranch
from commonweight.hub.liking import Likes
from commonweight.hub.listing import Listings, index_name
from commonweight.hub.looking_up import look_up
from commonweight.hub.objects import REGULAR, make_blob, make_tree, store
from commonweight.hub.origins import Origin
from commonweight.hub.purging import LargeFilesOfHistory
from commonweight.hub.push_rules import PushRules
from commonweight.hub.pushing import Pushes
from commonweight.hub.reading import MAX_SMALL_BYTES, Reader, entry_missing
from commonweight.hub.remembered import FactsMemory, GitMemory, Memory
from commonweight.hub.repositories import Namespace, Query
from commonweight.hub.telling import described, tell
from commonweight.hub.values import (
    AddFile,
    AddStored,
    Change,
    Commit,
    Entry,
    Head,
    Ref,
    Repository,
    Revision,
    RevisionFacts,
)
from commonweight.identity import AccountMissing, Caller, Right, check_name, record
from commonweight.jobs import Progress, enqueue
from commonweight.rights.openness.gguf import GgufHead
from commonweight.storage import Storage

# `Hub.list` hides the name `list` inside the class.
_Repositories = list[Repository]
_Refs = list[Ref]
_Commits = list[Commit]
_Entries = list[Entry]
_Origins = list[Origin]

REPOSITORY_CHANGED = "repository_changed"  # the job after a change that is no commit
UNTITLED = "Update files"  # as the commit is called then
MAX_RULES_BYTES = 256 << 10  # of a .gitattributes or .gitignore; the default has 2 KiB


class Hub:
    """Repositories: git objects, refs, commits, and what they say about themselves."""

    def __init__(self, database: Database, storage: Storage, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        memory = Memory()
        self.akin = Akin(database, self)
        self.into_chunks = IntoChunks(storage, self.akin, clock)
        self._reader = Reader(database, storage, GitMemory(database, memory))
        self._committer = Committer(database, storage, clock)
        self._facts = FactsReader(database, self._reader, clock, FactsMemory(memory))
        self._contents = ContentsReader(database, self._reader, clock, ContentsMemory(memory))
        self.granting = Granting(database)
        self.listings = Listings(database, self._reader, self._facts, self._contents, clock)
        self.counting = Counting(database)
        self.branches = Branches(database, clock)
        self.large_files = LargeFilesOfHistory(database, clock)
        self.fetching = Fetching(database, storage)
        self.discussions = Discussions(database, clock)
        self.likes = Likes(database, clock)
        self.gates = Gates(database, clock, TermsReader(database, self._reader, self._facts))
        self.pulls = PullRequests(database, storage, clock)
        self.pushes = Pushes(database, storage, clock, PushRules([PullKeeper(database)]))

    # Repositories

    async def create(
        self,
        caller: Caller,
        kind: str,
        namespace: str | None,
        name: str,
        visibility: str | None = None,
        *,
        sdk: str = "static",
        draft: bool = False,
    ) -> Repository:
        """
        A new repository with one commit, `initial commit`. `namespace` None is the caller's own; `visibility` None is
        what the namespace prefers; `sdk` is written into the card of a space. A `draft` stays private until `accept`.

        Raises RepositoryExists, MayNotWrite, AccountMissing, InvalidName.
        """
        repositories.check_kind(kind)
        check_name(name, what="repository", reserved=False)
        now = self._clock.now()
        async with self._database.write() as connection:
            owner = await self._namespace_for(connection, caller, namespace)
            wanted = repositories.check_visibility(visibility or owner.default_visibility)
            chosen = repositories.DRAFT if draft else wanted
            maker = caller.account.id if caller.account else None
            made = await repositories.insert_repository(connection, kind, owner, name, chosen, now, maker)
            await index_name(connection, made)
            await self._first_commit(connection, caller, made, sdk)
            await record(connection, now, caller, "repository.create", f"{kind}s/{made.full_name}", visibility=chosen)
            await tell(connection, now, made, "repo", "create")
        return made

    async def _namespace_for(self, connection: Any, caller: Caller, name: str | None) -> Namespace:
        if caller.account is None:
            raise MayNotWrite("Creating a repository needs an account.", hint="Send a token with the role write.")
        found = await repositories.namespace(connection, name or caller.account.name)
        if found is None:
            raise AccountMissing(f"There is no namespace {name!r}.")
        if not caller.may(Right.CREATE, found.id):
            raise MayNotWrite(f"You may not create repositories in the namespace {found.name!r}.")
        return found

    async def _first_commit(self, connection: Any, caller: Caller, repository: Repository, sdk: str) -> None:
        now = self._clock.now()
        files = {ATTRIBUTES: make_blob(default_attributes(repository.kind))}
        if repository.kind == "space":  # clients count on a space's card: it names the sdk
            files[CARD] = make_blob(space_card(repository.name, sdk))
        tree = make_tree({path: (REGULAR, blob.id) for path, blob in files.items()})
        commit = make_commit(tree.id, [], signature(caller), now, "initial commit", "")
        await store(connection, repository.scope, [*files.values(), tree, commit])
        await refs.create(connection, repository, refs.MAIN, commit.id, commit.id, now, is_first=True)
        await enqueue(connection, now, READ_REVISION, {"repository_id": repository.id, "commit": commit.id})

    async def find(self, caller: Caller, kind: str, namespace: str, name: str) -> Repository:
        """
        By name, whatever its capitals; `moved` is set where it has left that name.

        Raises RepositoryNotFound, also where the caller may not see it.
        """
        async with self._database.read() as connection:
            found = await repositories.by_name(connection, repositories.check_kind(kind), namespace, name)
        if found is None or not repositories.may_see(caller, found):
            raise repositories.not_found(kind, f"{namespace}/{name}")
        return found

    async def find_revision(
        self, caller: Caller, kind: str, namespace: str, name: str, revision: str = "main"
    ) -> Revision | Repository:
        """
        As `find` and `resolve`, for callers in a hurry: one glance at the database. A repository that has moved is given
        alone, with no revision.

        Raises RepositoryNotFound, RevisionNotFound.
        """
        found = await look_up(self._database, repositories.check_kind(kind), namespace, name, revision)
        if found is None:
            return await self.find(caller, kind, namespace, name)  # under a former name, or not at all
        repository, meant = found
        if not repositories.may_see(caller, repository):
            raise repositories.not_found(kind, f"{namespace}/{name}")
        return meant or await self.resolve(repository, revision)

    async def by_id(self, repository_id: int) -> Repository | None:
        """For rooms that keep a repository's number; asks for no right."""
        async with self._database.read() as connection:
            return await repositories.by_id(connection, repository_id)

    async def list(
        self,
        caller: Caller,
        kind: str,
        search: str = "",
        author: str = "",
        limit: int = 100,
        after: int = 0,
        sort: str = "lastModified",
        descending: bool = True,
    ) -> _Repositories:
        """Those that the caller may see. `after` skips that many; `sort` is lastModified, createdAt or downloads."""
        query = Query(repositories.check_kind(kind), search, author, sort, descending, limit, after)
        async with self._database.read() as connection:
            return await repositories.listing(connection, caller, query)

    async def delete(self, caller: Caller, repository: Repository) -> None:
        """Raises MayNotWrite."""
        self.check_administers(caller, repository)
        async with self._database.write() as connection:
            now = self._clock.now()
            carried = await origins.leave(connection, repository, now)
            await repositories.delete_repository(connection, repository, self._clock, known_again=not carried)
            subject = f"{repository.kind}s/{repository.full_name}"
            await record(connection, now, caller, "repository.delete", subject)
            await tell(connection, now, repository, "repo", "delete")
            await _tell(connection, now, repository)

    async def update(
        self, caller: Caller, repository: Repository, visibility: str | None = None, gated: str | None = None
    ) -> Repository:
        """Open, close or gate it. Raises MayNotWrite, InvalidInput, IsDraft, CarriesPrivate."""
        self.check_administers(caller, repository)
        if visibility is not None and repository.is_draft:
            raise IsDraft(
                f"{repository.full_name} is a draft, and private until it is accepted.",
                hint="Accept it; what it is opened to is chosen then.",
            )
        columns: dict[str, Any] = {} if visibility is None else {"visibility": repositories.check_visibility(visibility)}
        columns |= {} if gated is None else {"gated": repositories.check_gated(gated)}
        if not columns:
            return repository
        async with self._database.write() as connection:
            await origins.check_opening(connection, caller, repository, visibility)
            changed = await repositories.change(connection, repository, **columns)
            subject = f"{repository.kind}s/{repository.full_name}"
            now = self._clock.now()
            await record(connection, now, caller, "repository.update", subject, **columns)
            await tell(connection, now, changed, "repo.config", "update")
            if visibility is not None:
                await _tell(connection, now, repository)
        return changed

    async def accept(self, caller: Caller, repository: Repository, visibility: str) -> Repository:
        """A draft is one no longer. Nothing for what is none. Raises MayNotWrite, InvalidInput, CarriesPrivate."""
        self.check_administers(caller, repository)
        columns = {"visibility": repositories.check_visibility(visibility)}
        if not repository.is_draft:
            return repository
        async with self._database.write() as connection:
            await origins.check_opening(connection, caller, repository, visibility)
            changed = await repositories.change(connection, repository, **columns)
            now = self._clock.now()
            await record(
                connection, now, caller, "repository.accept", f"{repository.kind}s/{repository.full_name}", **columns
            )
            await tell(connection, now, changed, "repo.config", "update")
            await _tell(connection, now, repository)
        return changed

    async def move(self, caller: Caller, repository: Repository, namespace: str, name: str) -> Repository:
        """Give it another name; the old one leads here. Raises RepositoryExists, MayNotWrite, InvalidName."""
        self.check_administers(caller, repository)
        check_name(name, what="repository", reserved=False)
        now = self._clock.now()
        async with self._database.write() as connection:
            target = await self._namespace_for(connection, caller, namespace)
            moved = await repositories.move_repository(connection, repository, target, name, now)
            await index_name(connection, moved)
            subject = f"{repository.kind}s/{repository.full_name}"
            await record(connection, now, caller, "repository.move", subject, to=moved.full_name)
            await tell(connection, now, repository, "repo", "move", moved_to=described(moved))
            await _tell(connection, now, repository, moved)
        return moved

    async def heads(self, found: Sequence[Repository]) -> Sequence[Head]:
        """The newest commit of `main` of each, with its facts: one query, and reading for those not read yet."""
        async with self._database.read() as connection:
            commits = await refs.commits_of(connection, [one.id for one in found], refs.MAIN)
        revisions = [Revision(one, commits[one.id], refs.MAIN) for one in found if one.id in commits]
        facts = await self._facts.of_all(revisions)
        return [Head(one.repository, one, facts[one.repository.id]) for one in revisions if one.repository.id in facts]

    async def heads_and_contents(self, found: Sequence[Repository]) -> Sequence[tuple[Head, Contents]]:
        """As `heads`, each with what its files hold."""
        heads = await self.heads(found)
        contents = await self._contents.of_all([head.revision for head in heads])
        return [(head, contents[head.repository.id]) for head in heads]

    async def readable(self, caller: Caller, ids: Collection[int]) -> set[int]:
        """Those of these repositories, by number, that are there and that the caller may see."""
        async with self._database.read() as connection:
            return await repositories.readable(connection, caller, ids)

    async def readable_ones(self, caller: Caller, ids: Collection[int]) -> Mapping[int, Repository]:
        """As `readable`, each with what it is."""
        async with self._database.read() as connection:
            return await repositories.readable_ones(connection, caller, ids)

    async def may_read_scope(self, caller: Caller, scope: int) -> bool:
        """
        Whether the caller may read all repositories of a network, and all whose weights these carry: what storage asks
        before it lets bytes be shared.
        """
        async with self._database.read() as connection:
            if not await repositories.readable_scope(connection, caller, scope):
                return False
            return caller.is_admin or await origins.gives_files_of_scope(connection, caller, scope)

    async def may_write_scope(self, caller: Caller, scope: int) -> bool:
        """Whether the caller may still send bytes into a network, or into this scope of his as a guest."""
        async with self._database.read() as connection:
            return await repositories.writable_scope(connection, caller, scope)

    # Weights of others

    async def carry(self, repository: Repository, parents: Sequence[tuple[Revision, str]]) -> None:
        """
        From now on a repository is known to carry weights of these revisions: its files are for those alone who may have
        theirs. Beside each the path of a file that is its weights unchanged, or "". To be said before the bytes come.
        """
        async with self._database.write() as connection:
            await origins.record(connection, repository, parents, self._clock.now())

    async def gate(self, repository: Repository) -> str:
        """How it is gated, by itself or by what it carries: "" | auto | manual."""
        closed = [one for one in await self.origins(repository) if not one.is_open]
        return repository.gated or ("manual" if closed else "")

    async def origins(self, repository: Repository) -> _Origins:
        """All whose weights it carries, the nearest first, over all steps; also those that the caller may not know of."""
        if not repository.carries:
            return []
        async with self._database.read() as connection:
            return await origins.above(connection, [repository.id])

    # Revisions

    async def resolve(self, repository: Repository, revision: str = "main") -> Revision:
        """A branch, a tag, refs/…, or a commit id of at least 7 digits. Raises RevisionNotFound."""
        async with self._database.read() as connection:
            return await refs.resolve(connection, repository, revision)

    async def is_proposed(self, revision: Revision) -> bool:
        """Whether a commit stands in a pull request alone: what its card says is not the owner's word."""
        async with self._database.read() as connection:
            return await proposed.is_proposed(connection, revision)

    async def refs(self, repository: Repository) -> _Refs:
        async with self._database.read() as connection:
            return await refs.listing(connection, repository)

    async def history(self, revision: Revision, limit: int = 50, after: str | None = None) -> _Commits:
        """Commits, newest first; those behind the commit `after`."""
        found: _Commits = []
        async with self._database.read() as connection:
            passed = after is None
            async for commit in History(connection, revision.repository.scope).walk(revision.commit):
                if passed:
                    found.append(commit)
                passed = passed or commit.id == after
                if len(found) >= limit:
                    break
        return found

    async def last_commits(self, revision: Revision, paths: Collection[str]) -> Mapping[str, Commit]:
        """The newest commit that changed each path; a path that none of the last few hundred changed is left out."""
        scope = revision.repository.scope
        async with self._database.read() as connection:
            return await last_changes(History(connection, scope), connection, scope, revision.commit, paths)

    # Files

    async def tree(
        self, revision: Revision, path: str = "", recursive: bool = False, after: str = "", limit: int | None = None
    ) -> _Entries:
        """
        Entries below a folder by path, at most `limit` behind `after`; recursive lists folders too; a file gives itself.

        Raises EntryNotFound.
        """
        return await self._reader.tree(revision, path, recursive, after, limit)

    async def entries(self, revision: Revision, paths: Sequence[str]) -> _Entries:
        """Those of the paths that exist."""
        return await self._reader.entries(revision, paths)

    async def entry(self, revision: Revision, path: str) -> Entry:
        """Raises EntryNotFound."""
        found = await self._reader.entries(revision, [path])
        if not found:
            raise entry_missing(revision, path)
        return found[0]

    def read(self, repository: Repository, entry: Entry, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes `start` to `end` (exclusive) of a file, in pieces of about 1 MiB. Raises RangeRefused, NotStored."""
        return self._reader.read(repository, entry, start, end)

    async def read_blob(self, repository: Repository, entry: Entry) -> bytes:
        """What git holds: of a large file, the pointer."""
        return await self._reader.blob(repository, entry)

    async def read_small(self, revision: Revision, path: str, limit: int = MAX_SMALL_BYTES) -> bytes:
        """All bytes of a file. Raises EntryNotFound, TooMuch beyond `limit`."""
        entry = await self.entry(revision, path)
        if not entry.is_file:
            raise entry_missing(revision, path)
        return await self._reader.read_small(revision, entry, limit)

    # Commits

    async def stage(
        self, caller: Caller, repository: Repository, path: str, content: bytes, *, spill: bool = False
    ) -> AddFile | AddStored:
        """
        A change that puts `content` at a path, without keeping much of it in memory; with `spill` hardly any.

        Raises MayNotWrite, InvalidPath.
        """
        rights.check_sends(caller, repository)
        return await self._committer.stage(repository, path, content, spill=spill)

    async def commit(
        self,
        caller: Caller,
        repository: Repository,
        ref: str,
        changes: Sequence[Change],
        title: str,
        description: str = "",
        parent: str | None = None,
    ) -> Commit:
        """
        Changes to a branch or to `refs/pr/N`, in order, all or none. With `parent` it must be the head; without, a commit
        that came in between is built upon. Changes that change nothing return the head.

        Raises MayNotWrite, StaleParent, RevisionNotFound, EntryNotFound, InvalidPath, LargeFileMissing, TooMuch,
        DiscussionState.
        """
        landing = self._landing(caller, repository, ref)
        guest = await self._guest_scope(caller, repository)
        order = Order(caller, repository, landing, changes, title, description, parent, guest)
        return await self._committer.commit(order)

    async def propose(
        self,
        caller: Caller,
        repository: Repository,
        base: str,
        changes: Sequence[Change],
        title: str,
        description: str = "",
        parent: str | None = None,
    ) -> tuple[Commit, int]:
        """
        As `commit`, into a new pull request against a branch, for whoever may take part; also its number. With `parent`, a
        commit in the history of the branch, that is built upon.
        """
        rights.check_contributes(caller, repository)
        asked, said = (
            discussions.check_title(title[: discussions.MAX_TITLE] or UNTITLED),
            discussions.check_text(description, least=0),
        )
        opening = Opening(caller, repository, branch_name(repository, base), asked, said, parent)
        guest = await self._guest_scope(caller, repository)
        order = Order(caller, repository, opening, changes, title, description, parent, guest)
        return await self._committer.commit(order), opening.number

    async def _guest_scope(self, caller: Caller, repository: Repository) -> int | None:
        scope = await self.upload_scope(caller, repository)
        return None if scope == repository.scope else scope

    async def squash(self, caller: Caller, repository: Repository, ref: str, message: str) -> Commit:
        """
        One commit without parents instead of the history of a branch or of `refs/pr/N`.

        Raises MayNotWrite, RevisionNotFound, Contended, DiscussionState.
        """
        return await self._committer.squash(caller, repository, self._landing(caller, repository, ref), message)

    async def upload_modes(
        self, revision: Revision, files: Sequence[Candidate], gitignore: str | None
    ) -> tuple[dict[str, bool], set[str]]:
        """For each path whether it must come as a large file, and the paths that a .gitignore leaves out."""
        rules = LargeRules.parse(await self._rules_file(revision, ATTRIBUTES))
        text = (
            gitignore if gitignore is not None else (await self._rules_file(revision, ".gitignore")).decode(errors="replace")
        )
        left_out = ignored(text, [one.path for one in files]) if text else set()
        return {one.path: is_large(rules, one) for one in files}, left_out

    async def _rules_file(self, revision: Revision, path: str) -> bytes:
        try:
            return await self.read_small(revision, path, MAX_RULES_BYTES)
        except EntryNotFound:
            return b""

    # What a commit says

    async def facts(self, revision: Revision) -> RevisionFacts:
        """What the card and the files say; read now where no job has read them yet."""
        return await self._facts.facts(revision)

    async def contents(self, revision: Revision) -> Contents:
        """What the headers of its files hold; read now where no job has read them yet."""
        return await self._contents.of(revision)

    async def safetensors_headers(self, revision: Revision, paths: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The whole headers of these files, by path. Raises EntryNotFound, Unreadable."""
        entries = await self.entries(revision, paths)
        there = {one.path for one in entries}
        for path in paths:
            if path not in there:
                raise entry_missing(revision, path)
        return await headers_of(self._reader, revision, entries)

    async def gguf_head(self, revision: Revision, entry: Entry) -> GgufHead:
        """The header of a GGUF file. Raises Unreadable."""
        return await gguf_head_of(self._reader, revision, entry)

    async def on_read_revision(self, payload: Mapping[str, Any], _progress: Progress | None = None) -> None:
        """The job `read_revision`."""
        async with self._database.read() as connection:
            repository = await repositories.by_id(connection, payload["repository_id"])
        if repository is not None:  # else it was deleted in the meantime
            revision = Revision(repository, payload["commit"])
            if await self._facts.facts_unless_deleted(revision) is not None:
                await self.listings.index(revision)

    # Rights

    def check_reads(self, caller: Caller, repository: Repository) -> None:
        """Raises RepositoryNotFound."""
        rights.check_reads(caller, repository)

    async def check_files(self, caller: Caller, repository: Repository) -> None:
        """
        Whether the caller may have the files: where access is asked for, that is who belongs to the namespace or was let
        in (`gates`); where it carries the weights of others, who may have theirs. All else, the card among it, is open
        (hub-http-contract, section 13). Raises GatedRepository, RepositoryNotFound.
        """
        above = await self.origins(repository)
        let_in = await self._let_in(caller, [repository, *(one.repository for one in above)])
        what = rights.check_files(caller, repository, let_in)
        origins.check_give_files(caller, what, above, let_in)

    async def _let_in(self, caller: Caller, found: Sequence[Repository | None]) -> Collection[int]:
        """Those of the gated ones that have let the caller in; asked anew each time, so that who is out is out at once."""
        gated = gated_for(caller, found)
        if not gated or caller.account is None:
            return ()
        async with self._database.read() as connection:
            return await granted(connection, caller, gated)

    def check_writes(self, caller: Caller, repository: Repository) -> None:
        """Raises MayNotWrite; RepositoryNotFound where the caller may not even see it."""
        rights.check_writes(caller, repository)

    def check_administers(self, caller: Caller, repository: Repository) -> None:
        """Raises MayNotWrite; RepositoryNotFound where the caller may not even see it."""
        rights.check_administers(caller, repository)

    def check_contributes(self, caller: Caller, repository: Repository) -> None:
        """Whether the caller may take part in discussions and open pull requests. Raises MayNotWrite, RepositoryNotFound."""
        rights.check_contributes(caller, repository)

    def check_sends(self, caller: Caller, repository: Repository) -> None:
        """Whether the caller may send bytes for a branch or a pull request. Raises MayNotWrite, RepositoryNotFound."""
        rights.check_sends(caller, repository)

    async def check_commits(self, caller: Caller, repository: Repository, ref: str) -> None:
        """
        Whether the caller may commit there: to a branch who may write, to `refs/pr/N` also the author of the pull request.

        Raises MayNotWrite, RevisionNotFound, DiscussionState, RepositoryNotFound.
        """
        landing = self._landing(caller, repository, ref)
        if isinstance(landing, OnPull):
            async with self._database.read() as connection:
                await landing.head(connection)

    def _landing(self, caller: Caller, repository: Repository, ref: str) -> OnBranch | OnPull:
        """Raises MayNotWrite, RevisionNotFound, RepositoryNotFound."""
        name = branch_name(repository, ref)
        number = pull_number(name)
        if number is not None:
            rights.check_contributes(caller, repository)
            return OnPull(caller, repository, number)
        rights.check_writes(caller, repository)
        return OnBranch(repository, name)

    async def upload_scope(self, caller: Caller, repository: Repository) -> int:
        """
        Where the large files go that the caller sends for this repository: into its own scope for who may write, for others
        who may take part into one of theirs. Raises MayNotWrite, RepositoryNotFound.
        """
        account = rights.check_sends(caller, repository)
        if rights.may_write(caller, repository):
            return repository.scope
        async with self._database.read() as connection:
            scope = await guests.guest_scope(connection, repository, account.id)
        if scope is not None:
            return scope
        async with self._database.write() as connection:
            return await guests.make_guest_scope(connection, repository, account.id)


async def _tell(connection: Any, now: datetime, *repositories: Repository) -> None:
    """A job for other rooms, which may stand on a repository that was opened, closed, moved or deleted."""
    names = [f"datasets/{one.full_name}" if one.kind == "dataset" else one.full_name for one in repositories]
    await enqueue(connection, now, REPOSITORY_CHANGED, {"repository_id": repositories[0].id, "names": names})
