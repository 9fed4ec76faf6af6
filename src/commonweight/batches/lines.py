"""One line of a batch: what is asked, what came of it, and who runs it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from commonweight.batches.values import Usage
from commonweight.identity import Caller

OUTPUT, ERROR = b"+", b"-"  # before each answer in a segment: which file it belongs to


@dataclass(frozen=True)
class Line:
    """A request of a batch. `address`: from where the batch was made."""

    number: int
    custom_id: str
    url: str
    body: Mapping[str, Any]
    address: str = ""

    @classmethod
    def parse(cls, number: int, text: bytes, address: str) -> Line:
        """From a line that was checked at its upload."""
        document = orjson.loads(text)
        return cls(number, document["custom_id"], document["url"], document["body"], address)


@dataclass(frozen=True)
class Outcome:
    """
    The answer to a line. `retry_after` in seconds, where the answer names it; `final`: another attempt gives the same.
    """

    status: int
    request_id: str
    body: Any
    retry_after: float | None = None
    final: bool = False

    @property
    def succeeded(self) -> bool:
        return self.status == 200

    @property
    def code(self) -> str | None:
        """The word of an error for programs."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return error.get("code") if isinstance(error, dict) else None


class RunLine(Protocol):
    async def __call__(self, caller: Caller, line: Line) -> Outcome:
        """
        Run a line as the route of its url would for this caller, with what that costs and may be refused for, behind
        all interactive requests. Never raises for what goes wrong with the request.
        """
        ...


def refusal(status: int, code: str, message: str) -> Outcome:
    """An outcome that no model was asked for."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    error = {"message": message, "type": kind, "param": None, "code": code}
    return Outcome(status, "", {"error": error}, final=True)


def answered(line: Line, outcome: Outcome) -> bytes:
    """A line of the output or error file, marked with the file that it belongs to."""
    response = {"status_code": outcome.status, "request_id": outcome.request_id, "body": outcome.body}
    return (OUTPUT if outcome.succeeded else ERROR) + _document(line.custom_id, response, None)


def not_run(custom_id: str, code: str, message: str) -> bytes:
    """A line of the error file for what was not asked."""
    return _document(custom_id, None, {"code": code, "message": message})


def _document(custom_id: str, response: Any, error: Any) -> bytes:
    document = {"id": f"batch_req_{secrets.token_hex(12)}", "custom_id": custom_id, "response": response, "error": error}
    return orjson.dumps(document) + b"\n"


def usage_of(outcome: Outcome) -> Usage:
    """What an answer says that it came to; nothing where it says nothing."""
    usage = outcome.body.get("usage") if isinstance(outcome.body, dict) else None
    if not outcome.succeeded or not isinstance(usage, dict):
        return Usage()
    prompt = _count(usage, "prompt_tokens") or _count(usage, "input_tokens")
    completion = _count(usage, "completion_tokens") or _count(usage, "output_tokens")
    before = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    after = usage.get("completion_tokens_details") or usage.get("output_tokens_details") or {}
    return Usage(prompt, _count(before, "cached_tokens"), completion, _count(after, "reasoning_tokens"))


def _count(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name)
    return value if isinstance(value, int) else 0
