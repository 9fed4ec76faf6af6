"""From what a tuning made to a draft in the hub, from a report to its card, from a draft to a model that others may use."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from commonweight.errors import Conflict, NotFound, Unprocessable
from commonweight.hub import (
    CARD,
    AddFile,
    Change,
    Commit,
    DeleteFile,
    EntryNotFound,
    Hub,
    Repository,
    RepositoryExists,
    RepositoryNotFound,
    Revision,
    StaleParent,
    Step,
    stated_data,
)
from commonweight.identity import Caller
from commonweight.policy import Packs, Parent
from commonweight.rights.pack import Pack
from commonweight.storage import Storage
from commonweight.tuning.judging import Report, Result
from commonweight.tuning.publishing import recipe
from commonweight.tuning.publishing.artefacts import Artefact, artefacts_of, change_for, hashes
from commonweight.tuning.publishing.card import Terms, card_of, without_files
from commonweight.tuning.publishing.naming import planned_name
from commonweight.tuning.publishing.requiring import Reports, Requirement
from commonweight.tuning.publishing.scores import with_scores
from commonweight.tuning.publishing.signing import PATH as SIGNATURE
from commonweight.tuning.publishing.signing import Signs, signature_of
from commonweight.tuning.publishing.values import BaseUsed, DataUsed, Draft, Made

EVALUATION: Final = "evaluation.json"
MAX_CARD: Final = 2 << 20
_KNOWN: Final = "whoever sees this model comes to know its name and its licence."
_FOLLOWS: Final = "is not open to everybody: only who may have its files can download or call this model."
TRIES: Final = 3  # names: another tuning with the same suffix may publish in the same moment


class MustNotBePublished(Unprocessable):
    code = "must_not_be_published"


class NotGoodEnough(Conflict):
    code = "not_good_enough"


class NoDraft(Conflict):
    code = "no_draft"


@dataclass(frozen=True)
class _Plan:
    """A name that keeps what the terms ask, and what publishing under it owes."""

    name: str
    terms: Terms
    base: Revision
    told: tuple[str, ...] = ()  # what publishing this beside its parents means


class Publisher:
    """
    Makes drafts, finishes them with their scores, and accepts or refuses them. `public_url`: this server's address, for
    links; `signer` signs recipes.
    """

    def __init__(
        self, hub: Hub, storage: Storage, packs: Packs, reports: Reports,
        must_be: Requirement = Requirement.ANYTHING, public_url: str = "", signer: Signs | None = None,
    ) -> None:  # fmt: skip
        self._hub = hub
        self._storage = storage
        self._packs = packs
        self._reports = reports
        self._must_be = must_be
        self._public_url = public_url
        self._signer = signer

    async def draft(self, caller: Caller, made: Made) -> Draft:
        """
        The draft of a tuning, made where it is missing: all files in one commit. Doing it again changes nothing, also after
        `finish`.

        Raises RepositoryNotFound (base or data set), MayNotWrite, FileNotFoundError.
        """
        artefacts = await asyncio.to_thread(artefacts_of, made)
        content = recipe.recipe_of(made, hashes(artefacts))
        for attempt in range(TRIES):
            plan = await self._plan(caller, made, with_id=attempt > 0)
            repository = await self._repository(caller, made, plan.name)
            if repository is None:
                continue
            head = await self._hub.resolve(repository)
            there = await self._read(head, recipe.PATH)
            if not _is_free(there, made.tuning):
                continue
            await self._hub.carry(repository, [(plan.base, made.base.converted)])
            if there == content:
                return _draft(head, plan)
            try:
                commit = await self._publish(caller, head, made, plan, artefacts, (there, content))
            except StaleParent:  # somebody was faster; whose it is now shows when it is looked at again
                continue
            return _draft(Revision(repository, commit.id), plan)
        raise Conflict(f"The names for the model of {made.tuning} are taken.", hint="Tune again with another suffix.")

    async def finish(self, caller: Caller, draft: Draft, report: Report) -> Draft:
        """
        Scores onto the card and into `evaluation.json`, without examples. Files of artefacts that lost too much by
        quantising go. Doing it again changes nothing. Raises RepositoryNotFound, MayNotWrite.
        """
        head = await self._head(draft)
        card = (await self._read(head, CARD) or b"").decode(errors="replace")
        left_out = [result for result in report.results if result.too_far]
        gone = await self._paths_of(head, left_out)
        scored = with_scores(
            without_files(card, gone), report, tuple(result.label for result in left_out if result.artefact)
        )
        evaluation = orjson.dumps(report.to_json(examples=False), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        changes: list[Change] = [AddFile(CARD, scored.encode()), AddFile(EVALUATION, evaluation + b"\n")]
        changes += [DeleteFile(path) for path in gone]
        commit = await self._hub.commit(caller, head.repository, "main", changes, title="Say how it was judged")
        return Draft(draft.repository_id, head.repository.full_name, commit.id, draft.public_refused, draft.to_do)

    async def accept(self, caller: Caller, repository: Repository, visibility: str = "private") -> Repository:
        """
        A draft becomes a model like any other, for its namespace or, `public`, for everybody.

        Raises MayNotWrite (only who administers the namespace may), NoDraft, NotGoodEnough (the installation asks for more),
        MustNotBePublished (public, and the terms of base or data withhold that, or ask for another name), InvalidInput.
        """
        if not repository.is_draft:
            self._hub.check_writes(caller, repository)
            raise NoDraft(f"{repository.full_name} is no draft.")
        self._hub.check_administers(caller, repository)
        await self._check_good_enough(repository)
        if visibility == "public":
            refused = await self.public_refused(caller, repository)
            if refused:
                hint = "Accept it as private, or settle what stands against it."
                raise MustNotBePublished(f"{repository.full_name} must not be opened to everybody: {refused}", hint=hint)
        return await self._hub.accept(caller, repository, visibility)

    async def refuse(self, caller: Caller, repository: Repository) -> None:
        """A draft goes, with all its files. Raises NoDraft, MayNotWrite."""
        if not repository.is_draft:
            self._hub.check_writes(caller, repository)
            raise NoDraft(f"{repository.full_name} is no draft; delete it as any other repository.")
        await self._hub.delete(caller, repository)

    async def public_refused(self, caller: Caller, repository: Repository) -> str:
        """Why a tuned model must not be opened to everybody, as things stand now; "" where nothing speaks against it."""
        closed = next((one for one in await self._hub.origins(repository) if one.is_private), None)
        if closed is not None:
            return f"It carries the weights of {closed.name_now}, which is private. Open that one first."
        head = await self._hub.resolve(repository)
        try:
            base, data = recipe.parents_in(recipe.read_recipe(await self._read(head, recipe.PATH) or b""))
            parents = await self._parents(caller, base, data)
        except (KeyError, TypeError):
            return f"Its {recipe.PATH} does not say what it was made from."
        except NotFound as error:
            return f"What it was made from cannot be read: {error.detail}"
        stated = _stated(data)
        return public_refusal(await self._packs.planned(caller, repository.name, parents, self._public_url, stated))

    # What a draft is made of

    async def _plan(self, caller: Caller, made: Made, *, with_id: bool) -> _Plan:
        parents = await self._parents(caller, made.base, made.data)
        wanted = planned_name(made.base.repository, made.suffix, made.tuning, with_id=with_id)
        stated = _stated(made.data)
        pack = await self._packs.planned(caller, wanted, parents, self._public_url, stated)
        if pack.naming.proposal and not pack.naming.is_settled:
            wanted = planned_name(pack.naming.proposal, "", "")
            pack = await self._packs.planned(caller, wanted, parents, self._public_url, stated)
        repositories = [one.revision.repository for one in parents]
        base = parents[0].revision
        told = [f"{one.full_name} is private: {_KNOWN}" for one in dict.fromkeys(repositories) if one.is_private]
        told += [f"{base.repository.full_name} {_FOLLOWS}"] if base.repository.is_private or base.repository.gated else []
        return _Plan(wanted, Terms(pack, await self._hub.facts(base)), base, tuple(told))

    async def _parents(self, caller: Caller, base: BaseUsed, data: DataUsed) -> list[Parent]:
        """The base first, as what goes along itself too where it does. Raises RepositoryNotFound, RevisionNotFound."""
        found = [Parent(await self._revision(caller, "model", base.repository, base.commit), "finetune")]
        found += [Parent(found[0].revision, "convert")] if base.converted else []
        if data.repository:
            revision = await self._revision(caller, "dataset", data.repository, data.commit)
            found.append(Parent(revision, "trained_on_data"))
        return found

    async def _revision(self, caller: Caller, kind: str, full_name: str, commit: str) -> Revision:
        namespace, _, name = full_name.partition("/")
        return await self._hub.resolve(await self._hub.find(caller, kind, namespace, name), commit)

    async def _repository(self, caller: Caller, made: Made, name: str) -> Repository | None:
        """The draft of this name; None where something else has it."""
        namespace = made.namespace or (caller.account.name if caller.account else "")
        try:
            return await self._hub.create(caller, "model", namespace, name, draft=True)
        except RepositoryExists as error:
            return error.repository if error.repository.is_draft else None

    async def _publish(
        self, caller: Caller, head: Revision, made: Made, plan: _Plan, artefacts: Sequence[Artefact],
        recipes: tuple[bytes | None, bytes],
    ) -> Commit:  # fmt: skip
        """`recipes`: the one that is there, of an earlier attempt, and the one that comes."""
        repository, (there, content) = head.repository, recipes
        card = card_of(repository.name, repository.full_name, made, plan.terms, hashes(list(artefacts)))
        changes: list[Change] = [await change_for(one, repository.scope, self._storage) for one in artefacts]
        changes += [AddFile(file.path, file.content) for file in plan.terms.pack.files if file.along]
        changes += [AddFile(CARD, card), AddFile(recipe.PATH, content)]
        if self._signer is not None:
            changes.append(AddFile(SIGNATURE, signature_of(content, self._signer)))
        former = set(recipe.read_recipe(there or b"").get("artefacts", {})) - {one.path for one in artefacts}
        changes += [DeleteFile(entry.path) for entry in await self._hub.entries(head, sorted(former))]
        title = f"Publish the draft of {made.tuning}"
        return await self._hub.commit(caller, repository, "main", changes, title=title, parent=head.commit)

    # What is there already

    async def _head(self, draft: Draft) -> Revision:
        repository = await self._hub.by_id(draft.repository_id)
        if repository is None:
            raise RepositoryNotFound(f"The draft {draft.repository} was deleted.")
        return await self._hub.resolve(repository)

    async def _read(self, revision: Revision, path: str) -> bytes | None:
        try:
            return await self._hub.read_small(revision, path, MAX_CARD)
        except EntryNotFound:
            return None

    async def _paths_of(self, head: Revision, results: Sequence[Result]) -> list[str]:
        """Where the artefacts of these results lie, by their hashes."""
        gone = {result.artefact for result in results if result.artefact}
        if not gone:
            return []
        entries = await self._hub.tree(head, recursive=True)
        return [entry.path for entry in entries if entry.large is not None and entry.large.sha256 in gone]

    async def _check_good_enough(self, repository: Repository) -> None:
        report: Mapping[str, Any] | None = await self._reports.report_of(repository.id)
        verdict = str(report["verdict"]) if report else None
        if self._must_be.met_by(verdict):
            return
        found = "was not judged" if report is None else f"was judged {verdict}: {report.get('sentence', '')}"
        raise NotGoodEnough(
            f"This installation accepts tuned models that are {self._must_be.value.replace('_', ' ')}; "
            f"{repository.full_name} {found}",
            hint="Tune with more or other examples, or have an administrator change the setting TUNED_MUST_BE.",
        )


def _stated(data: DataUsed) -> list[Step]:
    """A file whose licence somebody stated; a data set of the hub says it itself."""
    return [stated_data(data.name, data.sha256, data.licence)] if data.licence and not data.repository else []


def _draft(head: Revision, plan: _Plan) -> Draft:
    pack = plan.terms.pack
    owed = [f"{item.duty.licence} {item.duty.clause}: {item.left}" for item in pack.duties if item.left]
    return Draft(head.repository.id, head.repository.full_name, head.commit, public_refusal(pack), (*owed, *plan.told))


def public_refusal(pack: Pack) -> str:
    """Why what owes this must not be opened to everybody; "" where nothing speaks against it."""
    if pack.refusal:
        return pack.refusal
    naming = pack.naming
    if naming.state in ("fails", "impossible"):
        proposal = f" {naming.proposal} would do." if naming.proposal else ""
        return f"Its terms ask for a name that begins with {', '.join(naming.prefixes)}.{proposal}"
    return ""


def _is_free(there: bytes | None, tuning: str) -> bool:
    """Whether a draft is this tuning's: it holds nothing yet, or what this tuning made before."""
    return there is None or recipe.read_recipe(there).get("tuning") == tuning
