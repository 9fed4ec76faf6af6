"""
An engine's answer as guardrails let it through.

It looks to a generation like the engine's own: the same documents, some later, some with less in them. Every text of it
(what was thought, what is said, the arguments of each call, for each choice) is held back by itself as long as it must be.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from commonweight.guarding import Action, Side, Thing, end_of_passage, passages_of
from commonweight.serving import Offer, Replica
from commonweight.wire.openai.answer import Document, finish_reason
from commonweight.wire.openai.composing import Answered
from commonweight.wire.openai.events import Said, event
from commonweight.wire.openai.screen import Screen

REFUSED: Final = "content_filter"
_TEXTS: Final = ("reasoning_content", "content")


@asynccontextmanager
async def guarded(
    asking: AbstractAsyncContextManager[Answered], screen: Screen, prompt_field: str
) -> AsyncIterator[Answered]:
    """What `asking` opens, through the screen."""
    async with asking as opened:
        if not screen.guard.looks_at(Side.ANSWER):
            yield opened
            return
        try:
            yield GuardedAnswer(opened, screen, prompt_field)
        finally:
            screen.told(Side.ANSWER, screen.answer)


class GuardedAnswer:
    """Implements `Answered` over another one."""

    def __init__(self, opened: Answered, screen: Screen, prompt_field: str) -> None:
        self._opened = opened
        self._screen = screen
        self._said = Said(prompt_field)
        self._ended = False
        self._choices: dict[int, _Choice] = {}

    @property
    def replica(self) -> Replica:
        return self._opened.replica

    @property
    def instead(self) -> Offer | None:
        return self._opened.instead

    async def readany(self) -> bytes:
        while not self._ended:
            self._said.check()
            piece = await self._opened.readany()
            self._ended = not piece
            out: list[bytes] = []
            for raw in self._said.take(piece):
                out += [event(document) for document in await self._through(raw)]
                if self._is_over():  # nothing more is wanted: leaving stops the engine
                    self._ended = True
                    return b"".join(out) + _last_count(raw)
            if out:
                return b"".join(out)
        self._said.check()
        return b""

    async def document(self) -> object:
        raw = await self._opened.document()
        if not isinstance(raw, dict):
            return raw
        choices = []
        for said in raw.get("choices") or ():
            choice = _Choice(self._screen)
            choices.append(await (choice.message(said) if "message" in said else choice.text(said)))
        return {**raw, "choices": choices}

    async def _through(self, raw: Document) -> list[Document]:
        """The documents in its place, of which the first has its counts."""
        said = [one for choice in raw.get("choices") or () for one in await self._choice(choice)]
        if not raw.get("choices"):
            return [raw]
        return [{**raw, "choices": said[:1]}, *({"choices": [one]} for one in said[1:])]

    async def _choice(self, said: Document) -> list[Document]:
        index = said.get("index", 0)
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _Choice(self._screen)
        out = [{**one, "index": index} for one in await choice.take(said)]
        return out or [{"index": index, "finish_reason": None, **({"text": ""} if "text" in said else {"delta": {}})}]

    def _is_over(self) -> bool:
        """Whether the engine need not go on. With several texts it does: it alone counts what each of them came to."""
        return self._screen.choices == 1 and any(choice.over for choice in self._choices.values())


class _Channel:
    """One text."""

    def __init__(self, screen: Screen, *, json: bool = False) -> None:
        self._screen = screen
        self._sieve = screen.guard.sieve(Side.ANSWER, screen.answer, json=json)
        self._topics = screen.guard.topics_of(Side.ANSWER)
        self._waiting = ""
        self.refused = False

    async def push(self, piece: str, *, last: bool = False) -> str:
        """What may go out."""
        out = self._sieve.push(piece) + (self._sieve.end() if last else "")
        if self._topics:
            out = await self._judged(out, last or self._sieve.refused)
        self.refused = self.refused or self._sieve.refused
        return out

    async def _judged(self, piece: str, last: bool) -> str:
        """Passages that are about none of the topics, once they are whole."""
        self._waiting += piece
        cut = len(self._waiting) if last else end_of_passage(self._waiting)
        passages, self._waiting = self._waiting[:cut], self._waiting[cut:]
        for rule in self._topics if passages else ():
            if await rule.is_about(self._screen.embed, passages_of(passages)):
                self._screen.answer.note(rule.guardrail, rule.action, Thing.TOPIC)
                self.refused = self.refused or rule.action is Action.REFUSE
        return "" if self.refused else passages


class _Choice:
    """One choice of an answer: its texts one after the other, since a held text must not come after what followed it."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._hides = screen.guard.hides(Side.ANSWER)
        self._channels: dict[Any, _Channel] = {}
        self._open: Any = None
        self.over = False

    async def take(self, said: Document) -> list[Document]:
        """What follows from a piece of it, streamed."""
        if self.over:
            return []
        out: list[Document] = []
        delta = said.get("delta") or {}
        if "text" in said:
            out += await self._say("text", said.get("text") or "", said)
        out += [one for name in _TEXTS if delta.get(name) for one in await self._say(name, delta[name], said)]
        for position, call in enumerate(delta.get("tool_calls") or ()):
            out += await self._call(call.get("index", position), call, said)
        if finish_reason(said.get("finish_reason")) and not self.over:
            out += [*await self._close(), {**_bare(said), "finish_reason": said["finish_reason"]}]
        return out

    async def _say(self, name: str, piece: str, said: Document) -> list[Document]:
        before = await self._switch(name)
        return before if self.over else [*before, *await self._pushed(name, piece, said)]

    async def _call(self, number: int, call: Document, said: Document) -> list[Document]:
        out = await self._switch(("call", number))
        function = call.get("function") or {}
        if not self.over and (call.get("id") or function.get("name")):  # its head; what it is called with follows
            opened = {**call, "index": number, "function": {**function, "arguments": ""}}
            out.append({**_bare(said), "delta": {"tool_calls": [opened]}})
        if not self.over:
            out += await self._pushed(("call", number), str(function.get("arguments") or ""), said)
        return out

    async def _switch(self, name: Any) -> list[Document]:
        """End the text before, where another one begins."""
        if self._open == name:
            return []
        closed = await self._close()
        self._open = name
        return closed

    async def _pushed(self, name: Any, piece: str, said: Document) -> list[Document]:
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = _Channel(self._screen, json=isinstance(name, tuple))
        text = await channel.push(piece)
        if not self._hides:  # it only counts: everything goes on as it came, with what belongs to it
            return [{**said, "finish_reason": None, **_piece(name, piece)}]
        return self._out(name, channel, text)

    async def _close(self) -> list[Document]:
        channel = self._channels.pop(self._open, None)
        if channel is None:
            return []
        name, text = self._open, await channel.push("", last=True)
        return self._out(name, channel, text) if self._hides else []

    def _out(self, name: Any, channel: _Channel, text: str) -> list[Document]:
        out = [{"finish_reason": None, **_piece(name, text)}] if text else []
        if channel.refused:
            self.over = True
            out.append(
                {**_piece(name, ""), "finish_reason": REFUSED} if name == "text" else {"delta": {}, "finish_reason": REFUSED}
            )
        return out

    # Whole

    async def message(self, said: Document) -> Document:
        """A whole choice of a chat."""
        message = dict(said.get("message") or {})
        for name in _TEXTS:
            if isinstance(message.get(name), str):
                message[name] = "" if self.over else await self._whole(message[name])
        calls = []
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            if not self.over:
                arguments = await self._whole(str(function.get("arguments") or ""), json=True)
                calls.append({**call, "function": {**function, "arguments": arguments}})
        if "tool_calls" in message:
            message["tool_calls"] = calls
        return {**said, "message": message, **({"finish_reason": REFUSED} if self.over else {})}

    async def text(self, said: Document) -> Document:
        """A whole choice of a completion."""
        text = await self._whole(said.get("text") or "")
        return {**said, "text": text, **({"finish_reason": REFUSED} if self.over else {})}

    async def _whole(self, text: str, *, json: bool = False) -> str:
        channel = _Channel(self._screen, json=json)
        out = await channel.push(text, last=True)
        self.over = self.over or channel.refused
        return out


def _bare(said: Document) -> Document:
    """A choice with nothing said in it."""
    return {"text": "", "finish_reason": None} if "text" in said else {"delta": {}, "finish_reason": None}


def _piece(name: Any, text: str) -> Document:
    if name == "text":
        return {"text": text}
    if isinstance(name, tuple):
        return {"delta": {"tool_calls": [{"index": name[1], "function": {"arguments": text}}]}}
    return {"delta": {name: text}}


def _last_count(raw: Document) -> bytes:
    """The usage so far, of an engine that is stopped before it says its own last word."""
    usage, timings = raw.get("usage"), raw.get("timings")
    if not usage and timings:
        prompt, said = timings["prompt_n"] + timings.get("cache_n", 0), timings["predicted_n"]
        usage = {"prompt_tokens": prompt, "completion_tokens": said, "total_tokens": prompt + said}
    return event({"choices": [], "usage": usage}) if usage else b""
