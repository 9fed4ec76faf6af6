"""What the inference wires ask: which model is meant by a name, whether it may run, and what to list."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from commonweight.hub import (
    Entry,
    EntryNotFound,
    GatedRepository,
    Hub,
    Repository,
    RepositoryNotFound,
    Revision,
    RevisionNotFound,
)
from commonweight.identity import Caller
from commonweight.policy import Admission, Policy
from commonweight.serving import (
    Alias,
    FileChoiceError,
    HubName,
    Listing,
    Mode,
    ModelNotFound,
    Offer,
    Refusal,
    ServableModel,
    TunedName,
    choose_file,
    parse_model_name,
)
from commonweight.storage import LargeFile, Storage

OFFER_SECONDS: Final = 2.0  # a new commit, a closed repository or a changed use reaches a running process after this
REMEMBERED: Final = 4_096  # pairs of caller and name; about a kilobyte each
MAX_LISTED: Final = 500  # repositories looked through for a list, and for an alias
MAX_FILES: Final = 2_000  # of one repository, looked through for model files
SUFFIXES: Final = ("-gguf",)  # an alias may leave out what only names the file format

_MODE_OF: Final = {
    "feature-extraction": Mode.EMBEDDINGS,
    "sentence-similarity": Mode.EMBEDDINGS,
    "text-ranking": Mode.RERANK,
}


class Offers:
    """Implements `serving.Catalogue` over the hub and the policy. Answers are kept for `OFFER_SECONDS`."""

    def __init__(self, hub: Hub, policy: Policy, storage: Storage) -> None:
        self._hub = hub
        self._policy = policy
        self._storage = storage
        self._kept: OrderedDict[tuple[object, ...], tuple[float, Offer]] = OrderedDict()

    async def resolve(self, caller: Caller, name: str) -> Offer:
        """See `serving.Catalogue.resolve`. Raises ModelNotFound, FileChoiceError, GatedRepository."""
        key = (*_who(caller), name)
        kept = self._kept.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        offer = await self._resolve(caller, name)
        self._kept[key] = (time.monotonic() + OFFER_SECONDS, offer)
        self._kept.move_to_end(key)
        if len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        return offer

    async def large_file(self, model: ServableModel) -> LargeFile:
        """The bytes behind a model that was resolved, for the worker. Raises ModelNotFound where they are gone."""
        found = await self._storage.large_file(*parse_handle(model.handle))
        if found is None:
            raise ModelNotFound(model.name, "Its file is no longer kept here.")
        return found

    async def _resolve(self, caller: Caller, name: str) -> Offer:
        parsed = parse_model_name(name)
        if isinstance(parsed, TunedName):
            raise ModelNotFound(name, "No model was tuned here under this name.")
        file = parsed.file if isinstance(parsed, HubName) else ""
        revision = await self._revision(caller, parsed, name)
        entry = await self._file(revision, file)
        facts = await self._hub.facts(revision)
        mode = _MODE_OF.get(facts.pipeline_tag, Mode.CHAT)
        return _offer(revision, entry, mode, await self._policy.admit(revision))

    async def _revision(self, caller: Caller, parsed: Alias | HubName, name: str) -> Revision:
        if isinstance(parsed, Alias):
            repository = await self._by_alias(caller, parsed.alias)
            self._hub.check_files(caller, repository)
            return await self._hub.resolve(repository)
        namespace, _, short = parsed.repository.partition("/")
        try:
            repository = await self._hub.find(caller, "model", namespace, short)
            self._hub.check_files(caller, repository)
            return await self._hub.resolve(repository, parsed.revision)
        except RepositoryNotFound:
            raise ModelNotFound(name) from None
        except RevisionNotFound:
            raise ModelNotFound(name, f"It has no revision {parsed.revision!r}.") from None

    async def _by_alias(self, caller: Caller, alias: str) -> Repository:
        """The one model with this bare name among those the caller may see; its format may be left out."""
        wanted = alias.lower()
        candidates = await self._hub.list(caller, "model", search=alias, limit=MAX_LISTED)
        exact = [one for one in candidates if one.name.lower() == wanted]
        found = exact or [one for one in candidates if _without_format(one.name.lower()) == wanted]
        if len(found) == 1:
            return found[0]
        names = ", ".join(sorted(one.full_name for one in found))
        raise ModelNotFound(alias, f"Several models have this name: {names}." if found else "")

    async def _file(self, revision: Revision, wanted: str) -> Entry:
        entries = {entry.path: entry for entry in await _files(self._hub, revision)}
        entry = entries[choose_file(entries, wanted)]
        if entry.large is None:
            raise FileChoiceError(f"{entry.path!r} is too small to be a model.", hint="Publish the model's own file.")
        return entry

    async def list(self, caller: Caller) -> Sequence[Listing]:
        """See `serving.Catalogue.list`: models with a file that an engine loads; by file where there are several."""
        listings: list[Listing] = []
        for repository in await self._hub.list(caller, "model", limit=MAX_LISTED):
            try:
                self._hub.check_files(caller, repository)
                revision = await self._hub.resolve(repository)
            except (RevisionNotFound, GatedRepository):
                continue
            if (await self._hub.facts(revision)).has_gguf:
                listings += await self._listings(revision)
        return sorted(listings, key=lambda listing: listing.id.lower())

    async def _listings(self, revision: Revision) -> Sequence[Listing]:
        repository = revision.repository
        terms = (await self._policy.admit(revision)).terms
        created = int(repository.created_at.timestamp())
        paths = [entry.path for entry in await _files(self._hub, revision)]
        return [Listing(repository.full_name + suffix, created, repository.namespace, terms) for suffix in _choices(paths)]


async def _files(hub: Hub, revision: Revision) -> list[Entry]:
    try:
        entries = await hub.tree(revision, recursive=True, limit=MAX_FILES)
    except EntryNotFound:
        return []
    return [entry for entry in entries if entry.is_file]


def _choices(paths: list[str]) -> list[str]:
    """What has to stand behind the repository's name: nothing where one file is meant, else each file that can be."""
    try:
        choose_file(paths)
    except FileChoiceError:
        return [f":{path}" for path in sorted(paths) if _can_be_chosen(paths, path)]
    return [""]


def _can_be_chosen(paths: list[str], path: str) -> bool:
    try:
        return choose_file(paths, path) == path
    except FileChoiceError:
        return False


def _offer(revision: Revision, entry: Entry, mode: Mode, admission: Admission) -> Offer:
    assert entry.large is not None, "checked where the file was chosen"
    servable = ServableModel(
        repository=revision.repository.full_name,
        commit=revision.commit,
        path=entry.path,
        size=entry.size,
        handle=make_handle(revision.repository.scope, entry.large.sha256),
        mode=mode,
    )
    refused = Refusal(admission.refusal.message) if admission.refusal else None
    return Offer(servable, admission.terms, admission.verdict_id, refused)


def make_handle(scope: int, sha256: str) -> str:
    """By what the worker finds the bytes."""
    return f"{scope}:{sha256}"


def parse_handle(handle: str) -> tuple[int, str]:
    """The inverse of `make_handle`: scope and SHA-256."""
    scope, _, sha256 = handle.partition(":")
    return int(scope), sha256


def _who(caller: Caller) -> tuple[object, ...]:
    """What decides which repositories a caller sees."""
    account = caller.account.id if caller.account else None
    return (account, caller.is_admin, tuple(sorted(caller.organisations)))


def _without_format(name: str) -> str:
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name
