"""The vocabulary of a GGUF file as a tokenizer.json: the inverse of `vocabulary`. Pure but for the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.tuning.converting.gguf_reading import GgufHead
from commonweight.tuning.converting.pre_tokenizers import steps_of
from commonweight.tuning.converting.values import NotConvertible
from commonweight.tuning.converting.vocabulary import SPACE, TokenKind

_BYTES: Final = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
_SPECIAL: Final = {"bos": "bos", "eos": "eos", "pad": "padding", "unk": "unknown"}
MAX_PIECE: Final = 64  # signs of a piece whose ways to be joined are looked at


def tokenizer_of(source: GgufHead) -> dict[str, Any]:
    """Raises NotConvertible for kinds of tokenizers, and ways to cut a text, that are not known."""
    kind, tokens = source.value("tokenizer.ggml.model"), source.value("tokenizer.ggml.tokens")
    if kind not in ("gpt2", "llama") or not isinstance(tokens, list):
        raise NotConvertible(
            f"The file has a tokenizer of the kind {kind!r}; expected 'gpt2' or 'llama'.",
            hint="Name the repository with the safetensors and tokenizer.json that it was made of.",
        )
    kinds = [TokenKind(number) for number in source.value("tokenizer.ggml.token_type") or [1] * len(tokens)]
    parts = _byte_level(source, tokens, kinds) if kind == "gpt2" else _sentencepiece(source, tokens, kinds)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added(tokens, kinds),
        **parts,
        "post_processor": _around(source, tokens, kind),
    }


def special_words(source: GgufHead) -> dict[str, str]:
    """`bos`, `eos`, `pad`, `unk`, as words of the vocabulary."""
    tokens = source.value("tokenizer.ggml.tokens")
    numbers = {name: source.value(f"tokenizer.ggml.{key}_token_id") for name, key in _SPECIAL.items()}
    return {name: tokens[number] for name, number in numbers.items() if isinstance(number, int) and number < len(tokens)}


def _added(tokens: Sequence[str], kinds: Sequence[TokenKind]) -> list[dict[str, Any]]:
    ways = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return [
        {"id": number, "content": token, "special": kind is not TokenKind.USER_DEFINED, **ways}
        for number, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
        if kind in (TokenKind.CONTROL, TokenKind.USER_DEFINED, TokenKind.UNKNOWN)
    ]


def _words(tokens: Sequence[str], kinds: Sequence[TokenKind]) -> dict[str, int]:
    return {token: number for number, token in enumerate(tokens) if kinds[number] is not TokenKind.UNUSED}


def _byte_level(source: GgufHead, tokens: Sequence[str], kinds: Sequence[TokenKind]) -> dict[str, Any]:
    pre = str(source.value("tokenizer.ggml.pre", "default"))
    cutting, whole, normalizer = steps_of(pre)
    merges = [merge.split(" ", 1) for merge in source.value("tokenizer.ggml.merges") or []]
    words = _words(tokens, kinds)
    model = {
        "type": "BPE",
        "vocab": words,
        "merges": [pair for pair in merges if all(side in words for side in pair)],
        "ignore_merges": whole,
        "byte_fallback": False,
        "fuse_unk": False,
    }
    return {"normalizer": normalizer, "pre_tokenizer": cutting, "decoder": _BYTES, "model": model}


def _sentencepiece(source: GgufHead, tokens: Sequence[str], kinds: Sequence[TokenKind]) -> dict[str, Any]:
    scores = source.value("tokenizer.ggml.scores") or [0.0] * len(tokens)
    words = _words(tokens, kinds)
    unknown = next((token for token, kind in zip(tokens, kinds, strict=True) if kind is TokenKind.UNKNOWN), None)
    model = {
        "type": "BPE",
        "vocab": words,
        "merges": _merges(tokens, kinds, scores, words),
        "unk_token": unknown,
        "byte_fallback": True,
        "fuse_unk": True,
        "ignore_merges": False,
    }
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    before = bool(source.value("tokenizer.ggml.add_space_prefix", True))
    steps = [{"type": "Prepend", "prepend": SPACE}] if before else []
    back: list[dict[str, Any]] = [
        {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    if before:
        back.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    return {
        "normalizer": {"type": "Sequence", "normalizers": [*steps, replace]},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": back},
        "model": model,
    }


def _merges(
    tokens: Sequence[str], kinds: Sequence[TokenKind], scores: Sequence[float], words: Mapping[str, int]
) -> list[list[str]]:
    """Every way to join two pieces to a third, the best third first: as transformers reads SentencePiece's own files."""
    found: list[tuple[float, list[str]]] = []
    for number, token in enumerate(tokens):
        if kinds[number] is TokenKind.NORMAL and 1 < len(token) <= MAX_PIECE:
            ways = [[token[:at], token[at:]] for at in range(1, len(token))]
            both = sorted((way for way in ways if way[0] in words and way[1] in words), key=lambda way: words[way[0]])
            found += [(scores[number], way) for way in both]
    found.sort(key=lambda one: -one[0])
    return [way for _, way in found]


def _around(source: GgufHead, tokens: Sequence[str], kind: str) -> dict[str, Any] | None:
    """BOS and EOS around a text, where the file says so; llama.cpp's own habits where it does not."""
    habit = kind == "llama" or source.value("tokenizer.ggml.pre") in ("llama-bpe", "tekken")
    before = bool(source.value("tokenizer.ggml.add_bos_token", habit))
    after = bool(source.value("tokenizer.ggml.add_eos_token", False))
    bos, eos = (source.value(f"tokenizer.ggml.{name}_token_id") for name in ("bos", "eos"))
    used = [number for number, is_used in ((bos, before), (eos, after)) if is_used and number is not None]
    if not used:
        return None
    first = [_piece(tokens[bos])] if before and bos is not None else []
    last = [_piece(tokens[eos])] if after and eos is not None else []
    text, other = ({"Sequence": {"id": name, "type_id": 0}} for name in ("A", "B"))
    named = {tokens[number]: {"id": tokens[number], "ids": [number], "tokens": [tokens[number]]} for number in used}
    return {
        "type": "TemplateProcessing",
        "single": [*first, text, *last],
        "pair": [*first, text, *last, *first, other, *last],
        "special_tokens": named,
    }


def _piece(token: str) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": 0}}
