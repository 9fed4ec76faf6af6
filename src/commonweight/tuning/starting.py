"""Whether a tuning may begin: what the base is, whether it may be derived from, trained and served here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from commonweight.files import File
from commonweight.hub import Hub
from commonweight.identity import Caller
from commonweight.serving import (
    Catalogue,
    FileChoiceError,
    ModelNotFound,
    ModelUnsupported,
    Offer,
    Target,
    TunedName,
    parse_model_name,
)
from commonweight.tuning.errors import NotDerivable, TuningRefused
from commonweight.tuning.names import TunedNames
from commonweight.tuning.values import Base, NewTuning, Start

NEEDED: Final = ("torch", "transformers", "peft", "trl", "datasets", "accelerate")
INSTALL: Final = "pip install 'commonweight[tune]'"


def missing_packages(is_here: Callable[[str], object] = find_spec) -> Sequence[str]:
    """What the extra `tune` would bring and is not installed; looked up, not imported."""
    return [name for name in NEEDED if not is_here(name)]


@dataclass(frozen=True)
class Starting:
    """A `MayStart`. `missing` says what is not installed."""

    catalogue: Catalogue
    hub: Hub
    names: TunedNames
    missing: Callable[[], Sequence[str]] = missing_packages

    async def __call__(self, caller: Caller, new: NewTuning, training: File | None, validation: File | None) -> Start:
        """Raises TuningRefused, NotDerivable."""
        self._check_installed()
        return Start(await self._base(caller, new.model))

    def _check_installed(self) -> None:
        missing = self.missing()
        if missing:
            message = f"Tuning is not installed on this server: {', '.join(missing)} are missing."
            raise TuningRefused(message, hint=f"Its operator installs it with: {INSTALL}", kind="tuning_not_installed")

    async def _base(self, caller: Caller, name: str) -> Base:
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

    async def _found(self, caller: Caller, name: str, offer: Offer) -> Base:
        tuned = await self.names.find(name) if isinstance(parse_model_name(name), TunedName) else None
        if tuned is not None:
            return await self._of_tuned(name, tuned.repository_id, tuned.commit, offer)
        model = offer.servable
        if model.adapters:
            message = f"{name[:200]!r} is an adapter that was not tuned here."
            raise TuningRefused(message, hint="Tune its base, or a merged model.", param="model", kind="unsupported_base")
        namespace, _, short = model.repository.partition("/")
        repository = await self.hub.find(caller, "model", namespace, short)
        return Base(
            name=short,
            repository=model.repository,
            repository_id=repository.id,
            commit=model.commit,
            path=model.path,
            size=model.size,
            terms=offer.terms,
        )

    async def _of_tuned(self, name: str, repository_id: int, commit: str, offer: Offer) -> Base:
        """One's own tuned model goes on from its merged weights."""
        repository = await self.hub.by_id(repository_id)
        if repository is None:
            raise TuningRefused(f"The repository of {name[:200]!r} is gone.", param="model", kind="model_not_found")
        return Base(
            name=name.split(":")[1],
            repository=repository.full_name,
            repository_id=repository_id,
            commit=commit,
            terms=offer.terms,
            tuned=name,
        )
