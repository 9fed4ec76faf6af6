"""The routes of pictures and of speech."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.types import ASGIApp, Send

from commonweight.asgi import Group, Needs, Route
from commonweight.errors import CommonweightError
from commonweight.identity import Caller
from commonweight.plans import Admitted, Demand
from commonweight.serving import EngineLost, Mode, ModelNotFound, Offer, Replica
from commonweight.wire.openai.answer import Document, failed_early
from commonweight.wire.openai.asked import read_document
from commonweight.wire.openai.call import Call
from commonweight.wire.openai.engine_talk import EngineTalk, WholeAnswer
from commonweight.wire.openai.errors import dress
from commonweight.wire.openai.images import draw, images_request
from commonweight.wire.openai.inference import Inference
from commonweight.wire.openai.screen import Screen
from commonweight.wire.openai.stream import EventStream, Patience
from commonweight.wire.openai.transcribing import TranscriptAsked, transcript_request
from commonweight.wire.openai.transcripts import SHAPES, events_of

TRANSCRIBE = "/v1/audio/transcriptions"


class MediaWire:
    """/v1/images and /v1/audio. What no engine here offers is a model that is not there: nobody repeats a 404."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def group(self) -> Group:
        """The routes, with the OpenAI shape for their errors."""
        absent = ("/v1/images/edits", "/v1/images/variations", "/v1/audio/speech")
        routes = (
            Route(("POST",), "/v1/images/generations", self.images, Needs.KEY),
            Route(("POST",), TRANSCRIBE, self.transcriptions, Needs.KEY),
            Route(("POST",), "/v1/audio/translations", self.translations, Needs.KEY),
            *(Route(("POST",), path, self.absent, Needs.KEY) for path in absent),
        )
        return Group("/v1/images", routes, dress)

    async def images(self, request: Request) -> ASGIApp:
        """`POST /v1/images/generations`."""
        caller = await self._inference.caller(request)
        document = await read_document(request)
        witness = await self._inference.witness(request, caller, document)
        body, screen = await self._inference.screened(caller, document)
        asked = images_request(body)
        offer = await self._inference.offer(caller, asked.model, Mode.IMAGES)
        at_most = len(asked.upstream["prompt"].encode())  # a token is a byte at least
        admitted = await self._inference.admit(caller, offer, Demand("images", at_most, 0, name=asked.model))
        talk = self._talk(offer, admitted, "prompt")
        return WholeAnswer("images", offer, talk, admitted, lambda: draw(talk, asked), screen, witness)

    async def transcriptions(self, request: Request) -> ASGIApp:
        """`POST /v1/audio/transcriptions`: a form with `file` and `model`."""
        caller = await self._inference.caller(request)
        await self._inference.without_witness(request, caller)
        return await self._write_down(caller, await transcript_request(request, "transcribe"), "audio.transcriptions")

    async def translations(self, request: Request) -> ASGIApp:
        """`POST /v1/audio/translations`: the same, in English."""
        caller = await self._inference.caller(request)
        await self._inference.without_witness(request, caller)
        return await self._write_down(caller, await transcript_request(request, "translate"), "audio.translations")

    async def _write_down(self, caller: Caller, asked: TranscriptAsked, route: str) -> ASGIApp:
        said = {"prompt": asked.upstream["prompt"]} if "prompt" in asked.upstream else {}
        looked, screen = await self._inference.screened(caller, {"model": asked.model, **said})
        asked = replace(asked, upstream={**asked.upstream, **{name: looked[name] for name in said}})
        offer = await self._inference.offer(caller, asked.model, Mode.TRANSCRIPTION)
        demand = Demand(route, asked.prompt_tokens, asked.written, name=asked.model)
        admitted = await self._inference.admit(caller, offer, demand)
        talk = self._talk(offer, admitted, "file")
        return Transcript(route, offer, talk, admitted, asked, self._inference.patience, screen)

    def _talk(self, offer: Offer, admitted: Admitted, prompt_field: str) -> EngineTalk:
        call = Call(offer.servable, "", _nothing, prompt_field, instead=offer.alternatives, ticket=admitted.ticket)
        return EngineTalk(self._inference.upstream, call, self._inference.patience.hold_stream)

    async def absent(self, request: Request) -> ASGIApp:
        """What no engine here offers."""
        await self._inference.caller(request)
        raise ModelNotFound("", f"No engine here offers {request.url.path}.")


class Transcript(WholeAnswer):
    """What was heard, in the shape that was asked for. A stream is kept awake by comments and has its events at the end."""

    def __init__(
        self,
        route: str,
        offer: Offer,
        talk: EngineTalk,
        admitted: Admitted,
        asked: TranscriptAsked,
        patience: Patience,
        screen: Screen | None,
    ) -> None:
        async def hear() -> Document:
            _, heard = await talk.ask(TRANSCRIBE, lambda _: dict(asked.upstream))
            if not isinstance(heard.get("text"), str) or not isinstance(heard.get("segments"), list):
                raise EngineLost("The engine's answer holds no text.")
            heard = heard if screen is None else await screen.transcript(heard)
            return {**heard, "task": asked.upstream["task"]}

        super().__init__(route, offer, talk, admitted, hear, screen)
        self._asked = asked
        self._patience = patience

    async def _answer(self, send: Send) -> None:
        if self._asked.stream:
            await self._stream(send)
            return
        kind, written = SHAPES[self._asked.shape]
        await self._send_whole(send, kind, written(await self._finished()))

    async def _stream(self, send: Send) -> None:
        out = EventStream(send, self._headers(), self._patience)
        try:
            async with out:
                heard = await self._finished()
            out.announce(self._headers())
            await out.finish(events_of(heard))
        except CommonweightError as error:
            if not out.begun:
                raise
            await out.finish(failed_early(error))


def _nothing(replica: Replica) -> bytes:
    """A request of a talk has a body of its own."""
    return b""
