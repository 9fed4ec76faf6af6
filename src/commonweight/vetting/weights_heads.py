"""
Claims out of the first bytes of files: GGUF (`general.*`), safetensors (`__metadata__`), config.json, adapter_config.json.

Formats: the GGUF specification of ggml; safetensors (metadata is a map of texts); the model metadata specification
`modelspec.*` of Stability AI; configurations as transformers and peft write them. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from commonweight.rights.openness.gguf import GgufHead, read_gguf
from commonweight.rights.openness.heads import header_length, safetensors_header
from commonweight.vetting.weights_values import FileClaims

FIRST_BYTES: Final = 64 << 10  # what a header says of itself stands before its vocabulary and its tensors
MAX_HEADER_BYTES: Final = 4 << 20  # of a safetensors file read for its claims; a header has 100 bytes for each tensor
MAX_CONFIG_BYTES: Final = 1 << 20  # configurations have some kilobytes
MAX_WORDS: Final = 200  # characters of a licence or a name; a longer value is a text, which belongs into a file
MAX_BASES: Final = 16  # of one file; the largest real merges name about a dozen
CONFIG: Final = "config.json"
ADAPTER: Final = "adapter_config.json"

_FULL_BITS: Final = frozenset({0, 1, 32})  # general.file_type: all F32, mostly F16, mostly BF16
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
#: First parts of paths that look like a namespace, as trainers and notebooks name their folders.
_FOLDERS: Final = frozenset({
    "checkpoint", "checkpoints", "ckpt", "ckpts", "content", "data", "exp", "experiments", "finetuned", "home", "hub",
    "input", "local", "logs", "lora", "merged", "mnt", "model", "models", "opt", "out", "output", "outputs", "pretrained",
    "result", "results", "root", "runs", "save", "saved", "saves", "scratch", "tmp", "train", "training", "weights", "work",
    "workspace",
})  # fmt: skip
_CHECKPOINT: Final = re.compile(r"(?:checkpoint|ckpt|epoch|step|iter)[-_]?\d+", re.IGNORECASE)
_METADATA: Final = b'{"__metadata__":'


def is_read(path: str) -> bool:
    """Whether a file of that name is one whose header says something."""
    return path in (CONFIG, ADAPTER) or path.lower().endswith((".gguf", ".safetensors"))


def wanted_bytes(path: str, size: int, first: bytes) -> int:
    """How much of a file to read for its claims, after its first bytes; no more than `len(first)` where those are enough."""
    if path in (CONFIG, ADAPTER):
        return min(size, MAX_CONFIG_BYTES)
    if path.lower().endswith(".safetensors") and not first[8:].startswith(_METADATA):
        return min(8 + (header_length(first, size) or 0), MAX_HEADER_BYTES)
    return len(first)


def claims_of(path: str, content: bytes, size: int) -> FileClaims:
    """What a file of `size` bytes claims, of which `content` is the beginning. Never fails: what is broken has a note."""
    if path == CONFIG:
        return _of_json(path, content, size, _of_config)
    if path == ADAPTER:
        return _of_json(path, content, size, _of_adapter)
    if path.lower().endswith(".gguf"):
        head = read_gguf(content, size)
        return FileClaims(note="It is no GGUF file.") if head is None else _of_gguf(head)
    return _of_safetensors(content, size)


def _of_json(path: str, content: bytes, size: int, read: Any) -> FileClaims:
    if size > MAX_CONFIG_BYTES:
        return FileClaims(note="It is larger than any configuration, and was not read.")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return FileClaims(note="It is no JSON.")
    found: FileClaims = read(document) if isinstance(document, dict) else FileClaims(note="It is no JSON object.")
    return found


def _of_config(config: Mapping[str, Any]) -> FileClaims:
    names = config.get("architectures")
    named = names[0] if isinstance(names, list) and names else config.get("model_type")
    relation = "quantise" if isinstance(config.get("quantization_config"), dict) else "finetune"
    return _claims(base=[config.get("_name_or_path")], relation=relation, architecture=named)


def _of_adapter(config: Mapping[str, Any]) -> FileClaims:
    return _claims(base=[config.get("base_model_name_or_path")], relation="adapter", architecture=config.get("peft_type"))


def _of_gguf(head: GgufHead) -> FileClaims:
    pairs = head.pairs
    count = pairs.get("general.base_model.count", MAX_BASES)
    numbers = range(min(count, MAX_BASES) if isinstance(count, int) else MAX_BASES)
    bases = [pairs.get(f"general.base_model.{number}.repo_url") for number in numbers]
    return _claims(
        licence=pairs.get("general.license"), licence_name=pairs.get("general.license.name"), base=bases,
        relation=_of_file_type(pairs), title=pairs.get("general.name"), architecture=pairs.get("general.architecture"),
        note="Its header is broken: what stands before the break was read." if head.note == "broken" else "",
    )  # fmt: skip


def _of_file_type(pairs: Mapping[str, Any]) -> str:
    if pairs.get("general.finetune"):
        return "finetune"
    return "convert" if pairs.get("general.file_type") in _FULL_BITS else "quantise"


def _of_safetensors(content: bytes, size: int) -> FileClaims:
    if header_length(content, size) is None:
        return FileClaims(note="It is no safetensors file.")
    metadata = _metadata(content, size)
    if metadata is None:
        return FileClaims(note="Its header is broken, or larger than what is read.")
    bases = [metadata.get("base_model"), metadata.get("base_model_name_or_path"), metadata.get("modelspec.base_model")]
    return _claims(
        licence=metadata.get("license") or metadata.get("modelspec.license"), licence_name=metadata.get("license_name"),
        base=bases, relation="finetune", title=metadata.get("modelspec.title"),
        architecture=metadata.get("modelspec.architecture"),
    )  # fmt: skip


def _metadata(content: bytes, size: int) -> Mapping[str, Any] | None:
    header = safetensors_header(content, size)
    if header is not None:
        found = header.get("__metadata__")
    elif content[8:].startswith(_METADATA):
        try:
            text = content[8 + len(_METADATA) :].decode("utf-8", errors="replace")
            found, _ = json.JSONDecoder().raw_decode(text.lstrip())
        except (ValueError, RecursionError):
            return None
    else:
        return None
    return found if isinstance(found, dict) else {}


def _claims(
    *,
    licence: Any = None,
    licence_name: Any = None,
    base: list[Any],
    relation: str,
    title: Any = None,
    architecture: Any = None,
    note: str = "",
) -> FileClaims:
    """Words of plausible length only; a licence that is a whole text is left out, and said so."""
    bases = tuple(dict.fromkeys(name for name in map(repository_named, base[:MAX_BASES]) if name))
    if isinstance(licence, str) and len(licence) > MAX_WORDS:
        note = note or "Its licence is a text rather than a name, and was not read."
    return FileClaims(
        _word(licence), _word(licence_name), bases, relation if bases else "", _word(title), _word(architecture), note
    )


def _word(value: Any) -> str:
    """A text of plausible length, without what no name has (control characters, halves of pairs: databases refuse them)."""
    if not isinstance(value, str) or len(value) > MAX_WORDS:
        return ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())


def repository_named(value: Any) -> str:
    """
    `namespace/name` out of a name or an address; "" for a folder of whoever trained it.

    "meta-llama/Llama-3.2-1B"                          -> "meta-llama/Llama-3.2-1B"
    "https://huggingface.co/meta-llama/Llama-3.2-1B"   -> "meta-llama/Llama-3.2-1B"
    "/home/ada/out", "./out", "results/checkpoint-500" -> ""
    """
    text = _word(value)
    if "://" in text:
        text = "/".join(text.partition("://")[2].split("?")[0].split("#")[0].strip("/").split("/")[1:3])
    if not _REPOSITORY.fullmatch(text):
        return ""
    namespace, _, name = text.partition("/")
    return "" if namespace.lower() in _FOLDERS or _CHECKPOINT.fullmatch(name) else text
