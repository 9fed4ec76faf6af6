"""Whether a prompt or an output at hand is the one that a receipt speaks of. Pure; needs no server."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator, Mapping
from typing import Any

from commonweight.serving.receipts.form import digest_of_json, digest_of_text, outputs_of, prompt_of


class Match(enum.StrEnum):
    SAME = "same"
    OTHER = "other"


def match_prompt(content: Mapping[str, Any], text: str) -> Match:
    """
    `text` is the request as JSON, its messages (or input) as JSON, or a prompt that was the only message of a user.
    """
    wanted = content["request"]["prompt_sha256"]
    fields = list(content["request"]["prompt_fields"])
    return _answer(any(digest_of_json(prompt) == wanted for prompt in _prompts(text, fields)))


def _prompts(text: str, fields: list[str]) -> Iterator[dict[str, Any]]:
    document = _json(text)
    if isinstance(document, dict):
        yield prompt_of(document)
    if len(fields) != 1:
        return
    if isinstance(document, list):
        yield {fields[0]: document}
    for words in (text, text.removesuffix("\n")):
        yield {fields[0]: [{"role": "user", "content": words}] if fields[0] == "messages" else words}


def match_output(content: Mapping[str, Any], text: str) -> Match:
    """`text` is the whole answer as JSON, or the words of the one choice that there was."""
    wanted = content["answer"]["outputs"]
    document = _json(text)
    if isinstance(document, dict) and (said := outputs_of(document)):
        return _answer(said == wanted)
    texts = [one["text_sha256"] for one in wanted]
    return _answer(any([digest_of_text(words)] == texts for words in (text, text.removesuffix("\n"))))


def _answer(holds: bool) -> Match:
    return Match.SAME if holds else Match.OTHER


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
