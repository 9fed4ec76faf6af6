"""Old-style completions, streamed and whole (contract, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from commonweight.wire.openai.answer import Chunked, Document, Head, finish_reason


@dataclass
class _Choice:
    """One choice, folded."""

    text: list[str] = field(default_factory=list)
    logprobs: list[Mapping[str, Any]] = field(default_factory=list)
    finish: str | None = None


class CompletionAnswer(Chunked):
    """The `Answer` for /v1/completions. `echo` is put before the first piece of each choice."""

    kind = chunk_kind = "text_completion"

    def __init__(self, head: Head, echo: str = "", include_usage: bool = False, top: int | None = None) -> None:
        """`top` is how many likely tokens are shown beside each; None: as many as the engine told."""
        super().__init__(head, include_usage)
        self._echo = echo
        self._top = top
        self._choices: dict[int, _Choice] = {}

    @property
    def finished(self) -> bool:
        return bool(self._choices) and all(choice.finish for choice in self._choices.values())

    def choices(self, raw: Document) -> list[list[Document]]:
        chunks = []
        for said in raw.get("choices") or ():
            index = said.get("index", 0)
            before = "" if index in self._choices else self._echo
            choice = self._choices.setdefault(index, _Choice())
            text = before + (said.get("text") or "")
            tokens = _tokens(said.get("logprobs"))
            reason = finish_reason(said.get("finish_reason"))
            if not (text or tokens or reason):
                continue
            old_shape = _old_logprobs(tokens, len("".join(choice.text)), self._top) if tokens else None
            choice.text.append(text)
            choice.logprobs.extend(tokens)
            choice.finish = choice.finish or reason
            chunks.append([{"index": index, "text": text, "logprobs": old_shape, "finish_reason": reason}])
        return chunks

    def whole_choices(self) -> list[Document]:
        return [self._whole_choice(i) for i in sorted(self._choices)]

    def _whole_choice(self, index: int) -> Document:
        choice = self._choices[index]
        logprobs = _old_logprobs(choice.logprobs, 0, self._top) if choice.logprobs else None
        return {"index": index, "text": "".join(choice.text), "logprobs": logprobs, "finish_reason": choice.finish or "stop"}

    def take_whole(self, raw: Document) -> None:
        for said in raw.get("choices") or ():  # llama.cpp answers a single prompt in the shape of chat
            text = said.get("text") if "text" in said else (said.get("message") or {}).get("content")
            self.choices({"choices": [{**said, "text": text}]})


def _tokens(said: Any) -> list[Mapping[str, Any]]:
    content = said.get("content") if isinstance(said, Mapping) else None
    return list(content or ())


def _old_logprobs(tokens: list[Mapping[str, Any]], offset: int, top: int | None) -> Document:
    """Four lists side by side, from one list of tokens in the shape of chat. A token after nothing has no probability."""
    shape: Document = {"tokens": [], "token_logprobs": [], "top_logprobs": [], "text_offset": []}
    for token in tokens:
        text, likely = token["token"], (token.get("top_logprobs") or ())[:top]
        shape["tokens"].append(text or _as_bytes(token.get("bytes")))
        shape["token_logprobs"].append(token["logprob"])
        shape["top_logprobs"].append({one["token"]: one["logprob"] for one in likely})
        shape["text_offset"].append(offset)
        offset += len(text)
    return shape


def _as_bytes(numbers: Any) -> str:
    """How OpenAI writes a token that is no whole character; empty for one that stands for no text."""
    return "bytes:" + "".join(f"\\x{number:02x}" for number in numbers) if numbers else ""
