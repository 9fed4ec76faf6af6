"""Components and releases in a few words."""

from __future__ import annotations

import json
import struct

from commonweight.rights import (
    COMPONENTS,
    Component,
    Openness,
    Release,
    ReleaseFile,
    grade_openness,
    load_licence_classes,
    load_records,
)

CLASSES = load_licence_classes(load_records())
CLASS_3 = ("weights", "architecture_code", "technical_report", "evaluation_results", "model_card", "data_information")
CLASS_2 = (*CLASS_3, "training_code", "inference_code", "evaluation_code", "evaluation_data")
CLASS_1 = (*CLASS_2, "data", "preprocessing_code", "intermediate_checkpoints", "paper")

CARD = """
# Tiny

## Intended use
Short answers to questions in English, as a study object for people who learn how models work.

## Limitations
It is small and makes things up; do not rely on it for anything that matters to anybody.

## Training data
Collected by crawling public sites, among them wikipedia; 3 billion tokens in two languages. Pages were sampled by
language, filtered for quality, deduplicated and cleaned. All of it is at https://example.org/datasets/pages; no private
data and nothing licensed from third parties was used.

## Evaluation
| test | score |
| --- | --- |
| one | 41.2 |
"""


def released(*names: str, evidence: str = "A") -> dict[str, Component]:
    return {name: Component("released", evidence) for name in names}


def said(*names: str) -> dict[str, Component]:
    return {name: Component("claimed", "C") for name in names}


def everything() -> dict[str, Component]:
    return released(*COMPONENTS)


def grade(parts: dict[str, Component], licence: str = "apache-2.0", access: str = "open") -> Openness:
    return grade_openness(parts, {"*": licence}, access, CLASSES)


def file(path: str, content: bytes | str | None = None, size: int | None = None, *, stored: bool = True) -> ReleaseFile:
    data = content.encode() if isinstance(content, str) else content
    length = size if size is not None else len(data or b"")
    return ReleaseFile(path, length, f"sha256:{path}", stored, data)


def release(*files: ReleaseFile | str, text: str = "", refs: tuple[str, ...] = (), **card: object) -> Release:
    """Files by path alone, or made by `file`; a text is that of the card."""
    made = [file(one) if isinstance(one, str) else one for one in files]
    if text:
        made.append(file("README.md", text))
    return Release(tuple(made), card, text, refs)


def safetensors(*tensors: str) -> bytes:
    """A file with tensors of one byte each."""
    entries = {name: {"dtype": "U8", "shape": [1], "data_offsets": [n, n + 1]} for n, name in enumerate(tensors)}
    header = json.dumps(entries).encode()
    return struct.pack("<Q", len(header)) + header + bytes(len(tensors))


def gguf(architecture: str = "llama", file_type: int = 2) -> bytes:
    """The head of a GGUF file with two values."""
    text = architecture.encode()
    name = b"general.architecture"
    kind = b"general.file_type"
    first = struct.pack("<Q", len(name)) + name + struct.pack("<IQ", 8, len(text)) + text
    second = struct.pack("<Q", len(kind)) + kind + struct.pack("<II", 4, file_type)
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 2) + first + second
