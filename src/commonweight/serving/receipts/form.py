"""
What a receipt of an answer says (commonweight.inference-receipt/1, docs/receipts.md).

It never holds what was said: of prompts and answers it has hashes. Those of JSON are of its canonical form
(RFC 8785), so that spaces and the order of keys do not matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from commonweight.rights.receipts import canonical
from commonweight.serving.receipts.made import made_in

FORMAT: Final = "commonweight.inference-receipt/1"
#: Fields of a request that hold what is said to the model, in the APIs that we speak.
PROMPT_FIELDS: Final = ("system", "instructions", "messages", "prompt", "input", "query", "documents")
#: Fields that steer an answer and can say nothing.
_PARAMETERS: Final = frozenset({
    "temperature", "top_p", "top_k", "min_p", "repeat_penalty", "frequency_penalty", "presence_penalty", "seed", "n",
    "best_of", "max_tokens", "max_completion_tokens", "max_output_tokens", "logprobs", "top_logprobs", "echo", "stream",
    "parallel_tool_calls", "dimensions", "top_n", "return_documents",
})  # fmt: skip


@dataclass(frozen=True)
class WeightsFile:
    """A file that the engine loaded, by the hash of its bytes (64 hexadecimal digits)."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Served:
    """What answered: a model at a commit, the adapter and the draft used with it by their files, the engine's build."""

    model: str  # namespace/name@commit
    files: tuple[WeightsFile, ...]
    adapter: tuple[str, tuple[WeightsFile, ...]] | None  # name and files
    draft: tuple[str, tuple[WeightsFile, ...]] | None
    engine: str
    terms: tuple[str, ...]
    verdict_id: str
    verdict_value: str  # empty where there is none to be read

    def to_document(self) -> dict[str, Any]:
        return {
            "model": _named(self.model, self.files),
            "adapter": None if self.adapter is None else _named(*self.adapter),
            "draft": None if self.draft is None else _named(*self.draft),
            "engine": self.engine,
            "terms": list(self.terms),
            "verdict": {"id": self.verdict_id, "value": self.verdict_value or None},
        }


def _named(name: str, files: Iterable[WeightsFile]) -> dict[str, Any]:
    return {"name": name, "files": [asdict(file) for file in files]}


def digest_of_text(text: str) -> str:
    """`sha256:` and the hash of the text in UTF-8; a lone surrogate, which JSON can carry, counts as its three bytes."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_of_json(value: Any) -> str:
    """`sha256:` and the hash of the canonical form. Raises ReceiptError for what has none."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def receipt_digest(content: Mapping[str, Any]) -> str:
    """What the next receipt of a chain names. Raises ReceiptError."""
    return "sha256:" + hashlib.sha256(canonical(content)).hexdigest()


def prompt_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request that hold what was said to the model."""
    return {name: document[name] for name in PROMPT_FIELDS if document.get(name) is not None}


def parameters_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and switches of a request; nothing that could hold what was said."""
    return {name: document[name] for name in sorted(_PARAMETERS & document.keys()) if _is_plain(document[name])}


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float)


def request_of(path: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """What a receipt says of a request. Raises ReceiptError for numbers that have no canonical form."""
    prompt = prompt_of(document)
    return {
        "route": path,
        "sha256": digest_of_json(dict(document)),
        "prompt_fields": sorted(prompt),
        "prompt_sha256": digest_of_json(prompt),
        "parameters": parameters_of(document),
    }


def outputs_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """
    What an answer said, by hashes. Of chat, completions, responses and messages one entry per choice: of its text, and of
    the functions that it called. Of embeddings one per vector, of a rerank one of the ranking, of moderations one per
    result, of pictures one per picture.
    """
    return [_output(text, calls) for text, calls in said_in(document)] or made_in(document)


def _output(text: str, calls: list[tuple[str, Any]]) -> dict[str, Any]:
    called = {"calls_sha256": digest_of_json([list(call) for call in calls])} if calls else {}
    return {"text_sha256": digest_of_text(text), **called}


def said_in(document: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, Any]]]]:
    """The text of each choice, and name and arguments of the functions that it called."""
    if isinstance(document.get("choices"), list):
        return [_of_choice(choice) for choice in document["choices"]]
    blocks = document.get("content") if isinstance(document.get("content"), list) else document.get("output")
    if not isinstance(blocks, list):
        return []
    text = "".join(_text_of(block) for block in blocks)
    calls = [(str(block.get("name")), _arguments_of(block)) for block in blocks if _is_call(block)]
    return [(text, calls)]


def _of_choice(choice: Mapping[str, Any]) -> tuple[str, list[tuple[str, Any]]]:
    message = choice.get("message")
    if not isinstance(message, dict):
        return str(choice.get("text") or ""), []
    functions = [call["function"] for call in message.get("tool_calls") or () if isinstance(call.get("function"), dict)]
    return str(message.get("content") or ""), [(str(one.get("name")), one.get("arguments")) for one in functions]


def _is_call(block: Mapping[str, Any]) -> bool:
    return block.get("type") in ("tool_use", "function_call")


def _arguments_of(block: Mapping[str, Any]) -> Any:
    """A function of a response has its arguments as text, a tool of a message as an object."""
    if "arguments" in block:
        return block["arguments"]
    return json.dumps(block.get("input"), sort_keys=True, separators=(",", ":"))


def _text_of(block: Mapping[str, Any]) -> str:
    """Of a message's text block, or of an item of a response that holds such."""
    if block.get("type") in ("text", "output_text"):
        return str(block.get("text") or "")
    if block.get("type") == "message" and isinstance(block.get("content"), list):
        return "".join(_text_of(part) for part in block["content"])
    return ""
