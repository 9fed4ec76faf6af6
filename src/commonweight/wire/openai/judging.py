"""The vectors by which guardrails tell topics: of an embedding model that this installation serves, charged to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from commonweight.errors import CommonweightError
from commonweight.guarding import GuardUnavailable
from commonweight.identity import on_nobodys_behalf
from commonweight.serving import Catalogue, Mode, Offer, Replica, addressing
from commonweight.wire.openai.call import Call
from commonweight.wire.openai.embeddings import EmbeddingAsked, embed
from commonweight.wire.openai.engine_talk import EngineTalk
from commonweight.wire.openai.upstream import Upstream

_NOBODY: Final = on_nobodys_behalf("guarding")


class Judge:
    """An `Embed`. `wait`: seconds for a model that has to be loaded first."""

    def __init__(self, catalogue: Catalogue, upstream: Upstream, wait: float) -> None:
        self._catalogue = catalogue
        self._upstream = upstream
        self._wait = wait

    async def __call__(self, model: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row for each text. Raises GuardUnavailable."""
        try:
            offer = await self._catalogue.resolve(_NOBODY, model)
            _check(offer, model)
            call = Call(offer.servable, "", _nothing, "input", instead=offer.alternatives)
            talk = EngineTalk(self._upstream, call, self._wait, address=partial(_address, offer))
            document = await embed(talk, offer, EmbeddingAsked(model, list(texts)))
        except GuardUnavailable:
            raise
        except CommonweightError as error:
            hint = "Whoever runs this server can look at it on the page of the engines."
            raise GuardUnavailable(f"The model that tells topics does not answer: {error.code}.", hint=hint) from None
        return np.stack([one["embedding"] for one in document["data"]])


def _check(offer: Offer, model: str) -> None:
    if offer.refused is not None or offer.servable.mode is not Mode.EMBEDDINGS:
        raise GuardUnavailable(f"The guardrail's model {model!r} makes no embeddings here.")


def _address(offer: Offer, replica: Replica) -> dict[str, object]:
    return addressing(replica.traits, offer.adapter)


def _nothing(replica: Replica) -> bytes:
    """Each request of a talk has a body of its own."""
    return b""
