"""Tokenizers of each kind, trained on the spot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from commonweight.tuning.converting.nasty import TEXTS
from commonweight.tuning.converting.pre_tokenizers import GPT4O, LLAMA3, QWEN2, TEKKEN
from tests.support.tools import library
from tests.tuning.converting.models import write_tokenizer

_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
_GPT2 = {**_BYTES, "use_regex": True}
_DIGITS = {"type": "Digits", "individual_digits": True}
LENGTH = 900  # tokens


def _split(regex: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False}


def _sequence(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Sequence", "pretokenizers": list(steps)}


BYTE_LEVEL: dict[str, tuple[dict[str, Any], bool]] = {
    "gpt-2": (_GPT2, False),
    "smollm": (_sequence(_DIGITS, _GPT2), False),
    "llama-bpe": (_sequence(_split(LLAMA3), _BYTES), True),
    "dbrx": (_sequence(_split(LLAMA3), _BYTES), False),
    "qwen2": (_sequence(_split(QWEN2), _BYTES), False),
    "gpt-4o": (_sequence(_split(GPT4O), _BYTES), False),
    "tekken": (_sequence(_split(TEKKEN), _BYTES), True),
}


def byte_level(folder: Path, name: str) -> int:
    """A trained byte-level tokenizer that cuts as `name`; the number of its tokens."""
    tokenizers = library("tokenizers")
    cutting, whole = BYTE_LEVEL[name]
    plain = tokenizers.Tokenizer(tokenizers.models.BPE())
    document = json.loads(plain.to_str()) | {"pre_tokenizer": cutting, "decoder": _BYTES}
    plain = tokenizers.Tokenizer.from_str(json.dumps(document))
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=LENGTH,
        special_tokens=specials,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    plain.train_from_iterator([*TEXTS] * 3, trainer)
    document = json.loads(plain.to_str())
    document["model"]["ignore_merges"] = whole
    write_tokenizer(folder, document, bos="<|endoftext|>", eos="<|im_end|>")
    return len(document["model"]["vocab"])


SPACE = "\u2581"
_REPLACE = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
_PREPEND = {"type": "Prepend", "prepend": SPACE}
#: normalizer, pre-tokenizer, and whether BOS is put before a text
SENTENCEPIECE: dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None]] = {
    "llama 2": ({"type": "Sequence", "normalizers": [_PREPEND, _REPLACE]}, None),
    "metaspace": (None, {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": False}),
    "first": (None, {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "first", "split": False}),
    "gemma": (_REPLACE, {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}),
}


def sentencepiece(folder: Path, name: str) -> int:
    """A trained tokenizer of SentencePiece's kind, with bytes for what it does not know; the number of its tokens."""
    tokenizers = library("tokenizers")
    normalizer, cutting = SENTENCEPIECE[name]
    specials = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    plain = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    document = json.loads(plain.to_str()) | {"normalizer": normalizer, "pre_tokenizer": cutting}
    plain = tokenizers.Tokenizer.from_str(json.dumps(document))
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=LENGTH, special_tokens=specials, limit_alphabet=90, show_progress=False, max_token_length=12
    )
    plain.train_from_iterator([text for text in TEXTS if "<s>" not in text] * 3, trainer)
    document = json.loads(plain.to_str())
    document["added_tokens"] = [one for one in document["added_tokens"] if not one["content"].startswith("<0x")]
    back = [{"type": "Replace", "pattern": {"String": SPACE}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]
    document["decoder"] = {"type": "Sequence", "decoders": back}
    bos = {"id": "<s>", "ids": [1], "tokens": ["<s>"]}
    document["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": bos},
    }
    write_tokenizer(folder, document, template="", bos="<s>", eos="</s>", unk="<unk>")
    return len(document["model"]["vocab"])
