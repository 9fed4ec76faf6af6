"""The routes of pictures and of speech."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.plans import Demand
from commonweight.serving import Mode, ModelNotFound, Replica
from commonweight.wire.openai.asked import read_document
from commonweight.wire.openai.call import Call
from commonweight.wire.openai.engine_talk import EngineTalk, WholeAnswer
from commonweight.wire.openai.errors import dress
from commonweight.wire.openai.images import draw, images_request
from commonweight.wire.openai.inference import Inference


class MediaWire:
    """/v1/images and /v1/audio. What no engine here offers is a model that is not there: nobody repeats a 404."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def group(self) -> Group:
        """The routes, with the OpenAI shape for their errors."""
        absent = ("/v1/images/edits", "/v1/images/variations", "/v1/audio/speech", "/v1/audio/translations")
        routes = (
            Route(("POST",), "/v1/images/generations", self.images, Needs.KEY),
            Route(("POST",), "/v1/audio/transcriptions", self.absent, Needs.KEY),
            *(Route(("POST",), path, self.absent, Needs.KEY) for path in absent),
        )
        return Group("/v1/images", routes, dress)

    async def images(self, request: Request) -> ASGIApp:
        """`POST /v1/images/generations`."""
        caller = await self._inference.caller(request)
        asked = images_request(await read_document(request))
        offer = await self._inference.offer(caller, asked.model, Mode.IMAGES)
        at_most = len(asked.upstream["prompt"].encode())  # a token is a byte at least
        admitted = await self._inference.admit(caller, offer, Demand("images", at_most, 0, name=asked.model))
        call = Call(offer.servable, "", _nothing, "prompt", instead=offer.alternatives, ticket=admitted.ticket)
        talk = EngineTalk(self._inference.upstream, call, self._inference.patience.hold_stream)
        return WholeAnswer("images", offer, talk, admitted, lambda: draw(talk, asked))

    async def absent(self, request: Request) -> ASGIApp:
        """What no engine here offers."""
        await self._inference.caller(request)
        raise ModelNotFound("", f"No engine here offers {request.url.path}.")


def _nothing(replica: Replica) -> bytes:
    """A request of a talk has a body of its own."""
    return b""
