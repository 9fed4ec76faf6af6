"""What the wires ask the house: which models a caller may use, under which terms."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from commonweight.identity import Caller
from commonweight.serving.errors import ModelNotFound
from commonweight.serving.models import Mode, ServableModel

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refusal:
    """Why a model may not run here: a sentence that cites the clause."""

    message: str


@dataclass(frozen=True)
class About:
    """What is known of a model without running it."""

    context_tokens: int = 0  # that it was trained for; 0 where nobody says
    base_models: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # of its card
    vision: bool = False  # it takes pictures beside text


@dataclass(frozen=True)
class Offer:
    """A model by the name that was asked for, and what the house says about it."""

    servable: ServableModel
    terms: tuple[str, ...]
    verdict_id: str
    refused: Refusal | None = None
    created: int = 0  # Unix seconds of the repository; 0 where it is not known
    about: About = About()
    verdict: str = ""  # the value for the use of the caller's key: allowed, …
    alternatives: tuple[Offer, ...] = ()  # what else an alias stands for and may run, in order
    adapter: str = ""  # the name of the adapter that is meant, one of those of `servable`

    @functools.cached_property
    def name(self) -> str:
        """`namespace/name@commit` of what was asked for: the adapter where there is one, else the model."""
        return self.adapter or self.servable.name

    @property
    def tags(self) -> tuple[str, ...]:
        """Of its card."""
        return self.about.tags


@dataclass(frozen=True)
class Listing:
    """One line of `GET /v1/models`."""

    id: str
    created: int  # Unix seconds
    owned_by: str
    terms: tuple[str, ...] = ()
    mode: Mode = Mode.CHAT
    about: About = About()
    leaves_house: bool = False  # what is asked of it goes to somebody else


class Catalogue(Protocol):
    """Which models there are for a caller."""

    async def resolve(self, caller: Caller, name: str) -> Offer:
        """The model by that name. Raises ModelNotFound, also where the caller may not know of it, or FileChoiceError."""
        ...

    async def list(self, caller: Caller) -> Sequence[Listing]:
        """All models that the caller may know of and an engine here can load."""
        ...


class MemoryCatalogue:
    """A catalogue from a dictionary, for tests, benchmarks and demonstrations: everybody may see everything in it."""

    def __init__(self, offers: Mapping[str, Offer], created: int = 0) -> None:
        log.warning("serving from a catalogue in memory: no hub, no policy")
        self._offers = dict(offers)
        self._created = created

    async def resolve(self, caller: Caller, name: str) -> Offer:
        if name not in self._offers:
            raise ModelNotFound(name)
        return self._offers[name]

    async def list(self, caller: Caller) -> Sequence[Listing]:
        return [
            Listing(
                name,
                self._created,
                offer.servable.repository.partition("/")[0],
                offer.terms,
                offer.servable.mode,
                offer.about,
            )
            for name, offer in self._offers.items()
        ]
