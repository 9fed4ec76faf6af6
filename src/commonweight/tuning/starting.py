"""Whether a tuning may begin: what the base is, whether it may be derived from, trained and served here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from commonweight.files import File
from commonweight.hub import Hub, Repository, Revision
from commonweight.identity import Caller
from commonweight.serving import (
    Catalogue,
    FileChoiceError,
    ModelNotFound,
    ModelUnsupported,
    Offer,
    ServableModel,
    Source,
    Target,
    TunedName,
    is_checkpoint,
    parse_model_name,
)
from commonweight.tuning.asked import LICENCE
from commonweight.tuning.deriving import Deriving
from commonweight.tuning.errors import NotDerivable, TuningRefused
from commonweight.tuning.estimating import Learnt, check_fits, estimate, spec_of
from commonweight.tuning.names import TunedNames
from commonweight.tuning.reading import Reading
from commonweight.tuning.reading_length import Settled
from commonweight.tuning.sizing import Sizes
from commonweight.tuning.training.machine import Machine
from commonweight.tuning.values import Base, Method, NewTuning, Start

NEEDED: Final = ("torch", "transformers", "peft", "trl", "datasets", "accelerate")
MAX_FILES: Final = 2_000  # of one repository, looked through for safetensors
PREFERENCE: Final = "preference"  # as facts of files name it
INSTALL: Final = "pip install 'commonweight[tune]'"


def missing_packages(is_here: Callable[[str], object] = find_spec) -> Sequence[str]:
    """What the extra `tune` would bring and is not installed; looked up, not imported."""
    return [name for name in NEEDED if not is_here(name)]


def check_form(new: NewTuning, *files: File | None) -> None:
    """Whether the examples are of the form that the method learns from. Raises TuningRefused."""
    for param, file in zip(("training_file", "validation_file"), files, strict=True):
        form = None if file is None else file.facts.get("form")
        if form is None or (form == PREFERENCE) == (new.kind is Method.DPO):
            continue
        wanted = (
            "pairs of a preferred and a rejected answer" if new.kind is Method.DPO else "chats, or prompts with completions"
        )
        message = f"The method {new.kind.value!r} learns from {wanted}; the file holds {form} examples."
        raise TuningRefused(message, hint="Choose the other method, or another file.", param=param, kind="wrong_form")


@dataclass(frozen=True)
class Starting:
    """
    A `MayStart`. `home` is where tunings work; `missing` says what is not installed; `reading` looks whether the base reads
    the examples whole. `machine` is what trains, where that is not this one.
    """

    catalogue: Catalogue
    hub: Hub
    names: TunedNames
    deriving: Deriving
    home: Path
    reading: Reading | None = None
    missing: Callable[[], Sequence[str]] = missing_packages
    machine: Machine | None = None

    async def __call__(self, caller: Caller, new: NewTuning, training: File | None, validation: File | None) -> Start:
        """Raises TuningRefused, NotDerivable."""
        self._check_installed()
        check_form(new, training, validation)
        base, repository = await self._base(caller, new.model)
        verdict = await self.deriving.check(caller, Revision(repository, base.commit), str(new.options.get("use") or ""))
        base = replace(base, verdict=verdict)
        await self._check_data(caller, new)
        warnings = await self._check_judge(caller, str(new.options.get("judge_model") or ""))
        shape = await Sizes(self.hub).of(repository, Source.from_document(base.source))
        if shape is None:
            return Start(base, warnings=warnings)
        learnt, converts = Learnt.of(training), base.gguf is None
        settled = Settled(spec_of(new, shape, learnt, self.home))
        told = await estimate(settled.spec, shape, learnt, converts_base=converts, machine=self.machine)
        check_fits(told)
        if self.reading is not None:
            settled = await self.reading(caller, new, training, repository, base, shape, settled.spec)
            told = await estimate(settled.spec, shape, learnt, converts_base=converts, machine=self.machine)
        said = {**told, "max_tokens": settled.spec.max_tokens}
        sentences = (*told["warnings"], *settled.warnings)
        return Start(base, said, [*warnings, *({"message": sentence} for sentence in sentences)])

    async def _check_data(self, caller: Caller, new: NewTuning) -> None:
        """Raises TuningRefused, NotDerivable, RepositoryNotFound, RevisionNotFound, GatedRepository."""
        licence = str(new.options.get(LICENCE) or "")
        if licence:
            self.deriving.check_stated(licence)
        if new.dataset is None:
            return
        if licence:
            message = "options.licence states that of a training file; a data set of the hub says its own."
            raise TuningRefused(message, param="options.licence")
        namespace, _, name = str(new.dataset.get("repository", "")).removeprefix("datasets/").partition("/")
        repository = await self.hub.find(caller, "dataset", namespace, name)
        await self.hub.check_files(caller, repository)
        revision = await self.hub.resolve(repository, str(new.dataset.get("revision") or "main"))
        await self.deriving.check_data(caller, revision, str(new.options.get("use") or ""))

    def _check_installed(self) -> None:
        missing = self.missing()
        if missing:
            message = f"Tuning is not installed on this server: {', '.join(missing)} are missing."
            raise TuningRefused(message, hint=f"Its operator installs it with: {INSTALL}", kind="tuning_not_installed")

    async def _base(self, caller: Caller, name: str) -> tuple[Base, Repository]:
        try:
            offer = await self.catalogue.resolve(caller, name)
        except (ModelNotFound, ModelUnsupported, FileChoiceError) as error:
            raise TuningRefused(error.detail, hint=error.hint, param="model", kind="model_not_found") from None
        if offer.refused is not None:
            raise NotDerivable(offer.refused.message)
        if offer.servable.target is Target.REMOTE:
            message = f"{name[:200]!r} runs elsewhere: a model is tuned from weights that are here."
            raise TuningRefused(message, param="model", kind="model_not_available")
        return await self._found(caller, name, offer)

    async def _check_judge(self, caller: Caller, name: str) -> list[Mapping[str, str]]:
        """
        Whether the model that is to judge free texts can be asked, since it is asked at the very end; and what there is to
        know of it. Raises TuningRefused.
        """
        if not name:
            return []
        param = "options.judge_model"
        try:
            offer = await self.catalogue.resolve(caller, name)
        except (ModelNotFound, ModelUnsupported, FileChoiceError) as error:
            message = f"The model that is to judge: {error.detail}"
            raise TuningRefused(message, hint=error.hint, param=param, kind="model_not_found") from None
        if offer.refused is not None:
            raise TuningRefused(f"The model that is to judge: {offer.refused.message}", param=param)
        if offer.servable.target is not Target.REMOTE:
            return []
        return [{"message": f"{name[:200]} runs elsewhere: the examples that are held out are sent there to be judged."}]

    async def _found(self, caller: Caller, name: str, offer: Offer) -> tuple[Base, Repository]:
        tuned = await self.names.find(name) if isinstance(parse_model_name(name), TunedName) else None
        if tuned is not None:
            return await self._of_tuned(name, tuned.repository_id, tuned.commit, offer)
        model = offer.servable
        if model.adapters:
            message = f"{name[:200]!r} is an adapter that was not tuned here."
            raise TuningRefused(message, hint="Tune its base, or a merged model.", param="model", kind="unsupported_base")
        namespace, _, short = model.repository.partition("/")
        repository = await self.hub.find(caller, "model", namespace, short)
        base = Base(
            name=short,
            repository=model.repository,
            repository_id=repository.id,
            commit=model.commit,
            path=model.path,
            source=_as_source(await self._trained_from(repository, model)),
            gguf=_as_source(model) if model.target is Target.FILE else None,
            terms=offer.terms,
        )
        return base, repository

    async def _trained_from(self, repository: Repository, model: ServableModel) -> Source:
        """The floats where they lie beside a GGUF file, else the file."""
        if model.target is Target.SNAPSHOT:
            return model
        found = await self.hub.facts(Revision(repository, model.commit))
        paths = [entry.path for entry in await self.hub.tree(Revision(repository, model.commit), limit=MAX_FILES)]
        return _snapshot(repository, model.commit) if found.has_safetensors and is_checkpoint(paths) else model

    async def _of_tuned(self, name: str, repository_id: int, commit: str, offer: Offer) -> tuple[Base, Repository]:
        """One's own tuned model goes on from its merged weights."""
        repository = await self.hub.by_id(repository_id)
        if repository is None:
            raise TuningRefused(f"The repository of {name[:200]!r} is gone.", param="model", kind="model_not_found")
        base = Base(
            name=name.split(":")[1],
            repository=repository.full_name,
            repository_id=repository_id,
            commit=commit,
            source=_as_source(_snapshot(repository, commit)),
            terms=offer.terms,
            tuned=name,
        )
        return base, repository


def _snapshot(repository: Repository, commit: str) -> Source:
    """The safetensors of a repository; how many bytes they are is not asked here."""
    return Source(repository.full_name, commit, "", 0, str(repository.id), target=Target.SNAPSHOT)


def _as_source(source: Source) -> dict[str, Any]:
    """The file or the files alone, as JSON."""
    plain = Source(source.repository, source.commit, source.path, source.size, source.handle, target=source.target)
    return asdict(plain)
