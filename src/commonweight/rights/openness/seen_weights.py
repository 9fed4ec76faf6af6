"""Weights in a release: final, intermediate, in fewer bits, in pieces, or only pointed to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from commonweight.rights.openness.component import Component, SeenAt
from commonweight.rights.openness.heads import gguf_head, safetensors_head
from commonweight.rights.openness.release import Release, ReleaseFile
from commonweight.rights.openness.usability import Check
from commonweight.rights.said import mark, say

MAX_SHOWN: Final = 8  # files named as evidence of one component; a page cannot show hundreds of shards

_WEIGHTS: Final = re.compile(
    r"(?:^|/)(?!adapter_)(?:[^/]+\.(?:safetensors|gguf|onnx|npz)"
    r"|(?:pytorch_model|model|diffusion_pytorch_model|consolidated)[^/]*\.(?:bin|pt|pth|ckpt)|[^/]+\.ckpt"
    r"|tf_model\.h5|flax_model\.msgpack)$",
    re.IGNORECASE,
)
_ADAPTER: Final = re.compile(r"(?:^|/)adapter_(?:model|config)[^/]*$|lora[^/]*\.safetensors$", re.IGNORECASE)
_CHECKPOINT: Final = re.compile(
    r"(?:^|/)(?:checkpoints?|ckpt|step|iter|epoch)[-_/]?\d+[^/]*/|(?:^|/)checkpoints/", re.IGNORECASE
)
_CHECKPOINT_REF: Final = re.compile(
    r"(?:checkpoint|ckpt|step|iter|tokens)[-_]?\d+|\d+[-_]?(?:b|k)?[-_]?tokens", re.IGNORECASE
)
_PICKLE: Final = re.compile(r"\.(?:bin|pt|pth|ckpt|pkl)$", re.IGNORECASE)
_SHARD: Final = re.compile(r"^(?P<stem>.*)-(?P<number>\d{5})-of-(?P<of>\d{5})(?P<end>\.[a-z]+)$", re.IGNORECASE)
_FEWER_BITS: Final = re.compile(
    r"(?:^|[-_.])(?:i?q[1-8](?:_[a-z0-9]+)*|int[48]|[48]-?bit|gptq|awq|exl[23]|tq[12]_0)(?=[-_.]|$)", re.IGNORECASE
)
_FULL_BITS: Final = re.compile(r"(?:^|[-_.])(?:f32|fp32|f16|fp16|bf16)(?=[-_.]|$)", re.IGNORECASE)
_QUANTISERS: Final = frozenset({
    "aqlm", "autoround", "awq", "bitsandbytes", "eetq", "exl2", "exl3", "gptq", "higgs", "hqq", "quanto", "quip", "spqr",
    "vptq",
})  # fmt: skip
_GGUF_FULL: Final = frozenset({0, 1, 32})  # general.file_type: all F32, mostly F16, mostly BF16


@dataclass(frozen=True, slots=True)
class Weights:
    """Final and intermediate weights, with what was checked."""

    final: Component
    intermediate: Component
    checks: tuple[Check, ...] = ()
    gguf: Mapping[str, Any] = field(default_factory=dict)


def see_weights(release: Release) -> Weights:
    """What the files show. A pointer without its bytes is no file."""
    there = [one for one in release.files if _WEIGHTS.search(one.path)]
    stored = [one for one in there if one.is_stored]
    final = [one for one in stored if not _CHECKPOINT.search(one.path)]
    heads = {one.path: gguf_head(one.content) for one in final if one.path.lower().endswith(".gguf") and one.content}
    checks = [*_pointers(there), *_heads(final, heads), *_pickles(final)]
    found = _final(release, final, heads, pointed=len(there) > len(stored))
    pieces, more = _pieces(release, final) if final else ((), ())
    if pieces:
        found = replace(found, whole=False, form="incomplete", lacks=pieces)
    gguf = next((head for head in heads.values() if head), {})
    return Weights(found, _intermediate(release, stored), (*checks, *more), gguf)


def _final(
    release: Release, files: Sequence[ReleaseFile], heads: Mapping[str, Mapping[str, Any] | None], *, pointed: bool
) -> Component:
    if not files:
        return Component(detail=_why_none(release, pointed=pointed))
    seen = _shown(files)
    if all(_in_fewer_bits(one, release, heads.get(one.path)) for one in files):
        detail = mark("Only weights in fewer bits are here; the original is elsewhere or withheld.")
        lack = mark("the weights as they were trained")
        return Component("released", "A", detail, seen, whole=False, form="quantised", lacks=(lack,))
    return Component("released", "A", "", seen)


def _why_none(release: Release, *, pointed: bool) -> str:
    if pointed:
        return mark("Pointers to weights are here, the bytes are not.")
    if any(_ADAPTER.search(one.path) for one in release.files):
        return mark("Only an adapter is here: no model by itself.")
    return mark("No file of weights is here.")


def _in_fewer_bits(file: ReleaseFile, release: Release, head: Mapping[str, Any] | None) -> bool:
    """By the head of the file, its name, or the configuration beside it. What was trained in few bits is the original."""
    kind = (head or {}).get("general.file_type")
    if isinstance(kind, int):
        return kind not in _GGUF_FULL
    if _FULL_BITS.search(file.name):
        return False
    if _FEWER_BITS.search(file.name):
        return True
    config = release.file("config.json")
    method = (config.json() if config else {}).get("quantization_config", {})
    return isinstance(method, dict) and str(method.get("quant_method", "")).lower() in _QUANTISERS


def _shown(files: Iterable[ReleaseFile]) -> tuple[SeenAt, ...]:
    return tuple(one.seen for one in sorted(files, key=lambda one: (one.path.count("/"), one.path))[:MAX_SHOWN])


def _pointers(files: Sequence[ReleaseFile]) -> list[Check]:
    lost = [one.path for one in files if not one.is_stored]
    return [Check("bytes_stored", False, say("{count} files are only pointed to.", count=str(len(lost))))] if lost else []


def _pickles(files: Sequence[ReleaseFile]) -> list[Check]:
    """A format that can run code when it is loaded: no lack of openness, and worth knowing."""
    only = bool(files) and all(_PICKLE.search(one.path) for one in files)
    return [Check("safe_format", False, mark("The weights are pickled: loading them can run code."))] if only else []


def _heads(files: Sequence[ReleaseFile], heads: Mapping[str, Mapping[str, Any] | None]) -> list[Check]:
    """Whether the files are what their names say, as far as their first bytes were read."""
    found = []
    for file in files:
        if not file.content:
            continue
        if file.path.endswith(".safetensors") and not safetensors_head(file.content, file.size).is_valid:
            found.append(Check("readable", False, say("{file} is no safetensors file.", file=file.path)))
        if file.path in heads and heads[file.path] is None:
            found.append(Check("readable", False, say("{file} is no GGUF file.", file=file.path)))
    return found or ([Check("readable", True)] if any(file.content for file in files) else [])


def _pieces(release: Release, files: Sequence[ReleaseFile]) -> tuple[tuple[str, ...], tuple[Check, ...]]:
    """What is missing of files in several pieces, by an index or by their numbers; and the checks that say so."""
    there = {one.path for one in files}
    expected = _by_index(release) or _by_number(files)
    lost = sorted(path for path in expected if path not in there)
    if lost and not _another_format(files, expected):
        said = say("{count} of {all} files of the weights", count=str(len(lost)), all=str(len(expected)))
        return (said,), (Check("complete", False, say("Missing: {file} and others of its set.", file=lost[0])),)
    tensors = _tensors(release, files)
    if tensors is not None:
        return (), (tensors,)
    return (), ((Check("complete", True),) if expected else ())


def _another_format(files: Sequence[ReleaseFile], expected: frozenset[str]) -> bool:
    """Whole weights in another format beside an index whose files were left out."""
    return not any(one.path in expected for one in files)


def _by_index(release: Release) -> frozenset[str]:
    found: set[str] = set()
    for file in release.files:
        if file.path.endswith(".index.json"):
            folder = file.path.rpartition("/")[0]
            shards = file.json().get("weight_map", {})
            names = set(map(str, shards.values())) if isinstance(shards, dict) else set()
            found |= {f"{folder}/{name}" if folder else name for name in names}
    return frozenset(found)


def _by_number(files: Sequence[ReleaseFile]) -> frozenset[str]:
    """`a-00001-of-00003.gguf` says that there are three."""
    found: set[str] = set()
    for file in files:
        shard = _SHARD.match(file.path)
        if shard and int(shard["of"]) <= MAX_SHARDS:
            found |= {f"{shard['stem']}-{n:05d}-of-{shard['of']}{shard['end']}" for n in range(1, int(shard["of"]) + 1)}
    return frozenset(found)


MAX_SHARDS: Final = 2_000  # the largest models have some hundred files


def _tensors(release: Release, files: Sequence[ReleaseFile]) -> Check | None:
    """Whether the files' headers name the tensors that the index names, where all of them were read."""
    heads = [safetensors_head(one.content or b"", one.size) for one in files if one.path.endswith(".safetensors")]
    indexed: set[str] = set()
    for file in release.files:
        if file.path.endswith(".safetensors.index.json"):
            shards = file.json().get("weight_map", {})
            indexed |= set(shards) if isinstance(shards, dict) else set()
    names = [head.names for head in heads if head.names is not None]
    if not indexed or len(names) < len(heads) or not heads:
        return None
    same = frozenset().union(*names) == indexed
    told = mark("{count} tensors, as the index says.") if same else mark("The files hold other tensors than the index says.")
    return Check("tensors", same, say(told, count=str(len(indexed))))


def _intermediate(release: Release, files: Sequence[ReleaseFile]) -> Component:
    """Checkpoints in folders of their own, or as branches and tags."""
    found = [one for one in files if _CHECKPOINT.search(one.path)]
    refs = [ref for ref in release.refs if _CHECKPOINT_REF.search(ref)]
    if found:
        return Component("released", "A", "", _shown(found))
    if refs:
        seen = tuple(SeenAt(ref, where="ref") for ref in sorted(refs)[:MAX_SHOWN])
        return Component("released", "A", say("{count} branches or tags.", count=str(len(refs))), seen)
    return Component(detail=mark("No checkpoint of its training is here."))
