"""
Whether the header of a file of weights fits the file: every tensor within it, none in the bytes of another. Pure.

Formats: https://github.com/huggingface/safetensors (Format), the GGUF specification of ggml.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeGuard

from commonweight.rights.openness.gguf import GgufHead, read_gguf
from commonweight.rights.openness.heads import header_length
from commonweight.vetting.scans.templates import template_findings
from commonweight.vetting.scans.values import SUSPICIOUS, Scan, ScanFinding

MAX_HEADER: Final = 32 << 20  # as the hub reads them
MAX_TEMPLATE: Final = 1 << 20
TEMPLATE_KEY: Final = "tokenizer.chat_template"

NOT_ONE: Final = "It is no %(kind)s file, whatever its name says."
BROKEN: Final = "Its header is broken, announces more than any model has, or leads beyond the end of the file."
TOO_LONG: Final = "Its header is longer than what is looked through."
TWICE: Final = "Its header names %(tensor)s twice."
SHAPE: Final = "The tensor %(tensor)s has a type or a shape that there is not."
LENGTH: Final = "The tensor %(tensor)s has %(bytes)s bytes; its type and shape make %(expected)s."
OVERLAP: Final = "The tensor %(tensor)s lies in the bytes of another, or in none."
HOLE: Final = "Between byte %(start)s and byte %(end)s of its data lies something that is no tensor."
REASONS: Final = (NOT_ONE, BROKEN, TOO_LONG, TWICE, SHAPE, LENGTH, OVERLAP, HOLE)

#: Bits of one element, by the name in a safetensors header.
_BITS: Final = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
                "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64,
                "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}  # fmt: skip
#: Elements and bytes of a block, by the number of the type (ggml.h).
_BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip


def scan_safetensors(content: bytes, size: int) -> Scan | int:
    """Of a file of `size` bytes, of which `content` is the beginning; or how many bytes of it are needed."""
    length = header_length(content, size)
    if length is None:
        return Scan.of([ScanFinding(SUSPICIOUS, NOT_ONE, {"kind": "safetensors"})])
    if length > MAX_HEADER:
        return Scan.of([ScanFinding(SUSPICIOUS, TOO_LONG)])
    if len(content) < 8 + length:
        return 8 + length
    found: list[ScanFinding] = []
    try:
        header = json.loads(content[8 : 8 + length], object_pairs_hook=lambda pairs: _once(pairs, found))
    except (ValueError, RecursionError):
        return Scan.of([ScanFinding(SUSPICIOUS, BROKEN)])
    return Scan.of([*found, *_laid_out(header, size - 8 - length)])


def _once(pairs: Sequence[tuple[str, Any]], found: list[ScanFinding]) -> dict[str, Any]:
    """Readers differ in which of two equal keys they take."""
    made = dict(pairs)
    if len(made) != len(pairs) and len(found) < 10:
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        found.append(_about(twice, TWICE))
    return made


def _laid_out(header: Any, data: int) -> list[ScanFinding]:
    """Tensors follow one another from the first byte behind the header to the last."""
    spans: list[tuple[int, int, str]] = []
    for name, tensor in header.items() if isinstance(header, dict) else ():
        if name != "__metadata__":
            span = _span(tensor)
            if span is None:
                return [_about(name, SHAPE)]
            start, end, expected = span
            if end - start != expected:
                return [_about(name, LENGTH, bytes=end - start, expected=expected)]
            spans.append((start, end, name))
    at = 0
    for start, end, name in sorted(spans):
        if start < at or end > data:
            return [_about(name, OVERLAP)]
        if start > at:
            return [ScanFinding(SUSPICIOUS, HOLE, {"start": at, "end": start})]
        at = end
    return [ScanFinding(SUSPICIOUS, HOLE, {"start": at, "end": data})] if at < data else []


def _span(tensor: Any) -> tuple[int, int, int] | None:
    """Start, end, and the bytes that type and shape make; None where it says no such thing."""
    if not isinstance(tensor, dict):
        return None
    bits, shape, offsets = _BITS.get(str(tensor.get("dtype"))), tensor.get("shape"), tensor.get("data_offsets")
    if bits is None or not _numbers(shape, 32) or not _numbers(offsets, 2) or len(offsets) != 2:
        return None
    total = math.prod(shape) * bits
    return (offsets[0], offsets[1], total // 8) if total % 8 == 0 and offsets[0] <= offsets[1] else None


def _numbers(values: Any, most: int) -> TypeGuard[list[int]]:
    return (
        isinstance(values, list)
        and len(values) <= most
        and all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 1 << 63 for one in values)
    )


def scan_gguf(content: bytes, size: int) -> Scan | int:
    """As `scan_safetensors`. Its template is looked at too."""
    head = read_gguf(content, size, longest=MAX_TEMPLATE)
    if head is None:
        return Scan.of([ScanFinding(SUSPICIOUS, NOT_ONE, {"kind": "GGUF"})])
    if head.note == "short" and len(content) < size:
        return len(content) * 8 if len(content) < MAX_HEADER else Scan.of([ScanFinding(SUSPICIOUS, TOO_LONG)])
    found = [] if head.is_whole else [ScanFinding(SUSPICIOUS, BROKEN)]
    return Scan.of([*found, *_tensors(head), *_templates(head.pairs)])


def _tensors(head: GgufHead) -> list[ScanFinding]:
    """`size` of a tensor reaches to the next one that begins elsewhere: it has to hold what type and shape make."""
    found: list[ScanFinding] = []
    names, starts = set[str](), set[int]()
    for tensor in head.tensors:
        elements, block = math.prod(tensor.shape), _BLOCKS.get(int(tensor.kind.removeprefix("ggml-")))
        if tensor.name in names:
            found.append(_about(tensor.name, TWICE))
        elif block is None or elements % block[0]:
            found.append(_about(tensor.name, SHAPE))
        elif elements and (elements // block[0] * block[1] > tensor.size or tensor.start in starts):
            found.append(_about(tensor.name, OVERLAP))
        names.add(tensor.name)
        starts |= {tensor.start} if elements else set()
        if len(found) >= 20:
            break
    return found


def _templates(pairs: Mapping[str, Any]) -> list[ScanFinding]:
    texts = [(key, value) for key, value in pairs.items() if key.startswith(TEMPLATE_KEY) and isinstance(value, str)]
    return [one for key, text in texts for one in template_findings(text, key)]


def _about(tensor: str, reason: str, **values: Any) -> ScanFinding:
    shown = "".join(one if one.isprintable() else "?" for one in tensor[:200])
    return ScanFinding(SUSPICIOUS, reason, {"tensor": shown, **values})
