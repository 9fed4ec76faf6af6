"""What the lines of a batch file must hold (OpenAI's contract, section 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from commonweight.files.lines import Finding

ENDPOINTS = ("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/moderations")
MAX_LINES = 50_000
MAX_INPUTS = 50_000  # texts to embed, over all lines
MAX_CUSTOM_ID = 512  # characters; all of a file are held in memory while it is checked
_NO_MODEL = ("/v1/moderations",)  # a default model answers where a line names none


class BatchLines:
    """A `LineCheck`: unique `custom_id`s, `POST`, one known url and one model for all lines, within the counts."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._lines = 0
        self._inputs = 0
        self._url: str | None = None
        self._model: tuple[str | None, int] | None = None  # and the line that said it first

    def line(self, number: int, document: Mapping[str, Any]) -> Iterable[Finding]:
        self._lines += 1
        if self._lines == MAX_LINES + 1:
            yield Finding(None, "too_many_requests", f"The file has more than {MAX_LINES} requests.")
        yield from self._custom_id(number, document.get("custom_id"))
        if document.get("method") != "POST":
            yield _wrong(number, "invalid_method", "method", f"{document.get('method')!r}; expected 'POST'")
        yield from self._address(number, document.get("url"))
        body = document.get("body")
        if not isinstance(body, dict):
            yield _wrong(number, "invalid_body", "body", "it is missing or no object")
            return
        yield from self._body(number, document.get("url"), body)

    def _custom_id(self, number: int, value: Any) -> Iterable[Finding]:
        if not isinstance(value, str) or not 0 < len(value) <= MAX_CUSTOM_ID:
            message = f"expected a string of 1 to {MAX_CUSTOM_ID} characters"
            yield _wrong(number, "invalid_custom_id", "custom_id", message)
        elif value in self._ids:
            message = f"{value[:80]!r} stands in line {self._ids[value]} already"
            yield _wrong(number, "duplicate_custom_id", "custom_id", message)
        else:
            self._ids[value] = number

    def _address(self, number: int, url: Any) -> Iterable[Finding]:
        if url not in ENDPOINTS:
            yield _wrong(number, "invalid_url", "url", f"{str(url)[:80]!r}; expected one of {', '.join(ENDPOINTS)}")
        elif self._url not in (None, url):
            yield _wrong(number, "mismatched_url", "url", f"{url!r}; the lines before are for {self._url}")
        else:
            self._url = url

    def _body(self, number: int, url: Any, body: Mapping[str, Any]) -> Iterable[Finding]:
        model = body.get("model")
        if not isinstance(model, str) and (model is not None or url not in _NO_MODEL):
            yield _wrong(number, "missing_model", "body.model", "it is missing or no string")
            return
        if self._model is None:
            self._model = model, number
        elif model != self._model[0]:
            message = f"{model!r}; line {self._model[1]} asks {self._model[0]!r}, and a file is for one model"
            yield _wrong(number, "mismatched_model", "body.model", message)
        if body.get("stream"):
            yield _wrong(number, "unsupported_parameter", "body.stream", "a batch answers whole; leave it out")
        if url == "/v1/embeddings":
            before, self._inputs = self._inputs, self._inputs + _inputs(body.get("input"))
            if before <= MAX_INPUTS < self._inputs:
                yield Finding(None, "too_many_inputs", f"The file has more than {MAX_INPUTS} texts to embed.")

    def end(self) -> Iterable[Finding]:
        return ()

    def facts(self) -> Mapping[str, Any]:
        return {"lines": self._lines, "url": self._url, "model": self._model[0] if self._model else None}


def _wrong(number: int, code: str, param: str, message: str) -> Finding:
    return Finding(number, code, f"'{param}': {message}.", param)


def _inputs(value: Any) -> int:
    """How many texts an `input` holds: a string or a list of token ids is one."""
    return len(value) if isinstance(value, list) and value and not isinstance(value[0], int) else 1
