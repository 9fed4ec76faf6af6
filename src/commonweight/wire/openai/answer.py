"""What every kind of answer shares: its head, its usage, and how an engine's chunks become ours."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from commonweight.serving import Replica

Document = dict[str, Any]

FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
_OTHER_FINISHES = {"tool_call": "tool_calls", "max_tokens": "length", "limit": "length"}
_USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")
_USAGE_DETAILS = ("prompt_tokens_details", "completion_tokens_details")


@dataclass(frozen=True)
class Head:
    """What each document of an answer repeats."""

    id: str
    created: int
    model: str
    fingerprint: str

    @classmethod
    def new(cls, prefix: str, replica: Replica) -> Head:
        """The fingerprint changes with the engine, the commit and the file, hence with weights and quantisation."""
        build = hashlib.sha256(f"{replica.engine}|{replica.model.key}".encode()).hexdigest()[:12]
        return cls(prefix + secrets.token_hex(15), int(time.time()), replica.model.name, f"fp_{build}")

    def document(self, kind: str, choices: Sequence[Document]) -> Document:
        """`kind` is the `object` of the document."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
            "choices": list(choices),
        }


class Answer(Protocol):
    """One answer in the making, of one kind: engine documents in, documents of the contract out."""

    @property
    def chunk_kind(self) -> str:
        """The `object` of a chunk."""
        ...

    @property
    def finished(self) -> bool:
        """Whether every choice that began has ended with a reason."""
        ...

    def choices(self, raw: Document) -> list[list[Document]]:
        """The choices of the chunks that follow from one chunk of the engine. Also folds them for `whole`."""
        ...

    def whole(self) -> Document:
        """The document of everything that `choices` has seen."""
        ...

    def take_whole(self, raw: Document) -> Document:
        """The document that follows from an engine's unstreamed answer."""
        ...


def finish_reason(raw: Any) -> str | None:
    """One of the five that clients know; null while a choice goes on."""
    if raw is None:
        return None
    return raw if raw in FINISH_REASONS else _OTHER_FINISHES.get(raw, "stop")


class Tally:
    """
    The usage of one request.

    Engines report it once for everything, or (llama.cpp) once for each choice; then each of the `n` choices of a prompt
    counts that prompt again.
    """

    def __init__(self, choices_per_prompt: int) -> None:
        self._n = choices_per_prompt
        self._reports: list[Document] = []

    def add(self, raw: Document) -> None:
        """Note what a document of the engine reports, if it does."""
        said = raw.get("usage")
        if isinstance(said, dict) and all(isinstance(said.get(name), int) for name in _USAGE):
            self._reports.append(said)

    def total(self) -> Document | None:
        """The usage as the contract has it; None where the engine reported none."""
        if len(self._reports) <= 1:
            return _known_usage(self._reports[0]) if self._reports else None
        prompt = sum(report["prompt_tokens"] for report in self._reports) // self._n
        completion = sum(report["completion_tokens"] for report in self._reports)
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _known_usage(report: Document) -> Document:
    details = {name: report[name] for name in _USAGE_DETAILS if isinstance(report.get(name), dict)}
    return {**{name: report[name] for name in _USAGE}, **details}
