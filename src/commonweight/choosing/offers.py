"""What the inference wires ask: which model is meant by a name, whether it may run, and what to list."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from commonweight.choosing.adapters import Adapters
from commonweight.choosing.checkpoints import Checkpoints
from commonweight.choosing.heads import GgufHeads
from commonweight.choosing.sources import files_of, make_handle
from commonweight.choosing.tuned import TunedOffers
from commonweight.hub import Entry, GatedRepository, Hub, Repository, RepositoryNotFound, Revision, RevisionNotFound
from commonweight.identity import Caller
from commonweight.policy import Policy
from commonweight.remembering import Remembered
from commonweight.serving import (
    About,
    Alias,
    FileChoiceError,
    HubName,
    Listing,
    Mode,
    ModelNotFound,
    ModelUnsupported,
    Offer,
    Refusal,
    ServableModel,
    Source,
    Target,
    TunedName,
    check_installed,
    checkpoint_files,
    choose_file,
    choose_projector,
    choose_target,
    fits,
    installed_engines,
    is_pipeline,
    parse_model_name,
)
from commonweight.tuning import TunedNames

log = logging.getLogger(__name__)

OFFER_SECONDS: Final = 2.0  # a new commit, a closed repository or a changed use reaches a running process after this
REMEMBERED: Final = 4_096  # pairs of caller and name; about a kilobyte each
MAX_LISTED: Final = 500  # repositories looked through for a list, and for an alias
SUFFIXES: Final = ("-gguf",)  # an alias may leave out what only names the file format

_MODE_OF: Final = {
    "feature-extraction": Mode.EMBEDDINGS,
    "sentence-similarity": Mode.EMBEDDINGS,
    "text-ranking": Mode.RERANK,
    "text-to-image": Mode.IMAGES,
    "automatic-speech-recognition": Mode.TRANSCRIPTION,
}


UseOf = Callable[[Caller], Awaitable[int | None]]


class Offers:
    """Implements `serving.Catalogue` over the hub and the policy. Answers are kept for `OFFER_SECONDS`."""

    def __init__(
        self,
        hub: Hub,
        policy: Policy,
        engines: Collection[str] | None = None,
        drafts: Sequence[tuple[str, str]] = (),
        use_of: UseOf | None = None,
        tuned: TunedNames | None = None,
    ) -> None:
        """
        `engines` are those that hosts of this installation have; None: what is installed on this one. `drafts` are pairs
        of a pattern for repositories and the model that guesses ahead for them. `use_of` says for which use somebody calls,
        by the key; without it for the default one. `tuned` knows what was tuned here.
        """
        self._use_of = use_of or _default_use
        self._tuned = TunedOffers(hub, tuned, self._offer, self._servable) if tuned else None
        self._drafts = drafts
        self._hub = hub
        self._policy = policy
        self._heads = GgufHeads(hub)
        self._checkpoints = Checkpoints(hub)
        self._engines = installed_engines() if engines is None else engines
        self._adapters = Adapters(hub)
        self._kept: Remembered[tuple[object, ...], Offer] = Remembered(OFFER_SECONDS, REMEMBERED)

    async def resolve(self, caller: Caller, name: str) -> Offer:
        """See `serving.Catalogue.resolve`. Raises ModelNotFound, FileChoiceError, ModelUnsupported, GatedRepository."""
        use = await self._use_of(caller)
        key = (caller.standing, name, use)
        return self._kept.fresh(key) or await self._kept.get(key, lambda: self._resolve(caller, name, use))

    async def _resolve(self, caller: Caller, name: str, use: int | None) -> Offer:
        parsed = parse_model_name(name)
        if isinstance(parsed, TunedName):
            if self._tuned is None:
                raise ModelNotFound(name, "No model was tuned here under this name.")
            return await self._tuned.resolve(caller, name, use)
        file = parsed.file if isinstance(parsed, HubName) else ""
        revision = await self._revision(caller, parsed, name)
        base_name = await self._adapters.base_of(revision)
        if base_name:
            return await self._adapted(caller, revision, base_name, use)
        servable = await self._servable(revision, file)
        draft = await self._draft(caller, servable, use)
        return await self._offer(caller, revision, replace(servable, draft=draft), use)

    async def _draft(self, caller: Caller, model: ServableModel, use: int | None) -> Source | None:
        """The model that guesses ahead, where a setting names one that is here and may run."""
        name = next((draft for pattern, draft in self._drafts if fits(pattern, model.repository)), "")
        if not name or model.mode is not Mode.CHAT or model.target is not Target.FILE or name == model.repository:
            return None
        try:
            revision = await self._revision(caller, HubName(name), name)
            draft = await self._servable(revision, "")
        except (ModelNotFound, FileChoiceError, GatedRepository) as error:
            log.warning("no draft for %s: %s", model.repository, error)
            return None
        if (await self._policy.admit(revision, use, caller)).refusal:
            return None
        return Source(draft.repository, draft.commit, draft.path, draft.size, draft.handle, target=draft.target)

    async def _offer(
        self, caller: Caller, revision: Revision, servable: ServableModel, use: int | None, adapter: str = ""
    ) -> Offer:
        admission = await self._policy.admit(revision, use, caller)
        refused = Refusal(admission.refusal.message) if admission.refusal else None
        if servable.path and servable.repository == revision.repository.full_name:
            refused = refused or await self._refused_as(await self._policy.unchanged(revision, servable.path), use, caller)
        created, about = int(revision.repository.created_at.timestamp()), await self._about(revision, servable)
        said, verdict = (admission.terms, admission.verdict_id), admission.value
        return Offer(servable, *said, refused, created, about, verdict, adapter=adapter)

    async def _refused_as(self, others: Sequence[Revision], use: int | None, caller: Caller) -> Refusal | None:
        """What the terms of those say whose weights a file is."""
        for one in others:
            refusal = (await self._policy.admit(one, use, caller)).refusal
            if refusal is not None:
                return Refusal(refusal.message)
        return None

    async def _adapted(self, caller: Caller, revision: Revision, base_name: str, use: int | None) -> Offer:
        """An adapter, served by its base; both have to be allowed. Raises ModelNotFound where the base is not here."""
        try:
            base_revision = await self._revision(caller, HubName(base_name), base_name)
        except ModelNotFound:
            name = revision.repository.full_name
            raise ModelNotFound(name, f"It adapts {base_name!r}, which is not served here.") from None
        base = await self._offer(caller, base_revision, await self._servable(base_revision, ""), use)
        servable = await self._adapters.with_adapters(caller, revision, base_name, base.servable)
        offer = await self._offer(caller, revision, servable, use, f"{revision.repository.full_name}@{revision.commit}")
        return replace(offer, refused=offer.refused or base.refused)

    async def _about(self, revision: Revision, servable: ServableModel) -> About:
        facts = await self._hub.facts(revision)
        context, vision, is_base = 0, servable.projector is not None, servable.repository == revision.repository.full_name
        if servable.target is Target.FILE and is_base:
            context = (await self._heads.of(revision, await self._hub.entry(revision, servable.path))).context_tokens
        elif servable.target is Target.SNAPSHOT and is_base:
            known = await self._checkpoints.of(revision)
            context, vision = known.context_tokens, known.vision
        return About(context, tuple(base.id for base in facts.base_models), facts.tags, vision)

    async def _revision(self, caller: Caller, parsed: Alias | HubName, name: str) -> Revision:
        if isinstance(parsed, Alias):
            repository = await self._by_alias(caller, parsed.alias)
            await self._hub.check_files(caller, repository)
            return await self._hub.resolve(repository)
        namespace, _, short = parsed.repository.partition("/")
        try:
            repository = await self._hub.find(caller, "model", namespace, short)
            await self._hub.check_files(caller, repository)
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

    async def _servable(self, revision: Revision, wanted: str) -> ServableModel:
        """What an engine loads of a revision. Raises FileChoiceError."""
        entries = {entry.path: entry for entry in await files_of(self._hub, revision)}
        chosen = choose_target(entries, wanted)
        tag = (await self._hub.facts(revision)).pipeline_tag
        mode = _mode(tag, entries)
        name, commit = revision.repository.full_name, revision.commit
        if chosen.target is Target.SNAPSHOT:
            if tag not in _MODE_OF:
                mode = (await self._checkpoints.of(revision)).mode or mode
            size = sum(entries[path].size for path in checkpoint_files(entries))
            model = ServableModel(name, commit, "", size, str(revision.repository.id), mode, target=chosen.target)
            check_installed(model, self._engines)
            return model
        entry = entries[chosen.path]
        if entry.large is None:
            raise FileChoiceError(f"{entry.path!r} is too small to be a model.", hint="Publish the model's own file.")
        handle, head = make_handle(revision.repository.scope, entry.large.sha256), await self._heads.of(revision, entry)
        if head.is_adapter:
            hint = "Call it by its fine-tuned model name, or by a repository whose card names its base."
            raise FileChoiceError(f"{entry.path!r} is an adapter, which runs on its base.", hint=hint)
        if tag not in _MODE_OF:  # a card that says nothing, or that it generates text: the file's own word counts
            mode = head.mode or mode
        projector = self._projector(revision, entries, entry.path) if mode is Mode.CHAT else None
        return ServableModel(name, commit, entry.path, entry.size, handle, mode=mode, projector=projector)

    def _projector(self, revision: Revision, entries: Mapping[str, Entry], model: str) -> Source | None:
        """By what the model in that file sees, where a projector lies beside it."""
        entry = entries.get(choose_projector(entries, model))
        if entry is None or entry.large is None:
            return None
        handle = make_handle(revision.repository.scope, entry.large.sha256)
        return Source(revision.repository.full_name, revision.commit, entry.path, entry.size, handle)

    async def list(self, caller: Caller) -> Sequence[Listing]:
        """See `serving.Catalogue.list`: models with a file that an engine loads; by file where there are several."""
        listings: list[Listing] = []
        for repository in await self._hub.list(caller, "model", limit=MAX_LISTED):
            try:
                await self._hub.check_files(caller, repository)
                revision = await self._hub.resolve(repository)
            except (RevisionNotFound, GatedRepository):
                continue
            facts = await self._hub.facts(revision)
            if facts.has_gguf or (facts.has_safetensors and await self._runs(revision)):
                listings += await self._listings(revision)
        return [*await self._tuned_listings(caller), *sorted(listings, key=lambda listing: listing.id.lower())]

    async def _tuned_listings(self, caller: Caller) -> Sequence[Listing]:
        """What the caller's account tuned here, newest first."""
        found = []
        for tuned in await self._tuned.of(caller) if self._tuned else ():
            try:
                offer = await self.resolve(caller, tuned.name)
            except (ModelNotFound, FileChoiceError, GatedRepository, ModelUnsupported):
                continue
            created, owner = int(tuned.created_at.timestamp()), offer.name.partition("/")[0]
            found.append(Listing(tuned.name, created, owner, offer.terms, offer.servable.mode, offer.about))
        return found

    async def _runs(self, revision: Revision) -> bool:
        """Whether an engine here loads it as a whole."""
        try:
            await self._servable(revision, "")
        except (FileChoiceError, ModelUnsupported):
            return False
        return True

    async def _listings(self, revision: Revision) -> Sequence[Listing]:
        repository = revision.repository
        terms = (await self._policy.admit(revision)).terms
        created = int(repository.created_at.timestamp())
        paths = [entry.path for entry in await files_of(self._hub, revision)]
        listings = []
        for suffix in _choices(paths):
            try:
                servable = await self._servable(revision, suffix.removeprefix(":"))
            except (FileChoiceError, ModelUnsupported):
                continue
            name, about = repository.full_name + suffix, await self._about(revision, servable)
            listings.append(Listing(name, created, repository.namespace, terms, servable.mode, about))
        return listings


def _choices(paths: list[str]) -> list[str]:
    """What has to stand behind the repository's name: nothing where one thing is meant, else each file that can be."""
    try:
        choose_target(paths)
    except FileChoiceError:
        return [f":{path}" for path in sorted(paths) if _can_be_chosen(paths, path)]
    return [""]


def _can_be_chosen(paths: list[str], path: str) -> bool:
    try:
        return choose_file(paths, path) == path
    except FileChoiceError:
        return False


def _mode(pipeline_tag: str, paths: Iterable[str]) -> Mode:
    return Mode.IMAGES if is_pipeline(paths) else _MODE_OF.get(pipeline_tag, Mode.CHAT)


async def _default_use(caller: Caller) -> int | None:
    return None


def _without_format(name: str) -> str:
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name
