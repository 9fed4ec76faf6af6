"""
A tokenizer.json as the vocabulary of a GGUF file. Pure.

Two kinds of tokenizers are known: byte-level BPE (GPT-2, Llama 3, Qwen, SmolLM, …) and SentencePiece's BPE with bytes for
what it does not know (Llama 2, Mistral, Phi-3, Gemma). Sources: the file format of Hugging Face tokenizers; `llama_vocab` in
llama.cpp.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commonweight.tuning.converting.pre_tokenizers import pre_tokenizer_name
from commonweight.tuning.converting.values import NotConvertible

SPACE: Final = "\u2581"  # what SentencePiece writes a space with
_BYTE: Final = re.compile(r"<0x[0-9A-F]{2}>")
_UNREACHED: Final = -1e6  # the score of a piece that no merge makes: last of all


class TokenKind(enum.IntEnum):
    """llama.cpp's `llama_token_type`."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclass(frozen=True)
class Vocabulary:
    """`model` gpt2: byte-level, with `merges`; llama: SentencePiece, with `scores`. One entry for each row of weights."""

    model: str
    pre: str
    tokens: Sequence[str]
    kinds: Sequence[TokenKind]
    merges: Sequence[str] = ()
    scores: Sequence[float] = ()
    add_bos: bool = False
    add_eos: bool = False
    space_before: bool | None = None  # SentencePiece's: whether a text begins as if a space stood before it


def vocabulary_of(tokenizer: Mapping[str, Any], rows: int, *, has_template: bool = False) -> Vocabulary:
    """
    `rows`: of the embeddings; what no token fills is marked unused.

    Raises NotConvertible for other kinds of tokenizers, unknown ways to cut a text, and more tokens than rows.
    """
    model = _model(tokenizer)
    tokens = {number: text for text, number in model["vocab"].items()}
    added = [one for one in tokenizer.get("added_tokens") or [] if isinstance(one, dict)]
    tokens |= {int(one["id"]): str(one["content"]) for one in added}
    if max(tokens, default=-1) >= rows:
        raise NotConvertible(
            f"The tokenizer has a token of the number {max(tokens)}, but the weights have {rows} rows.",
            hint="Tokens were added without growing the embeddings; save the model and its tokenizer together again.",
        )
    texts = [tokens.get(number, f"[PAD{number}]") for number in range(rows)]
    kinds = list(_kinds(model, tokens, added, rows))
    begins, ends = _around(tokenizer.get("post_processor"))
    if is_sentencepiece(tokenizer):
        before = _space_before(tokenizer, has_template)
        scores = _scores(model, texts)
        return Vocabulary("llama", "default", texts, kinds, (), scores, begins, ends, before)
    merges = [" ".join(pair) for pair in _merges(model)]
    return Vocabulary("gpt2", pre_tokenizer_name(tokenizer), texts, kinds, merges, (), begins, ends)


def is_sentencepiece(tokenizer: Mapping[str, Any]) -> bool:
    model = tokenizer.get("model")
    return isinstance(model, dict) and bool(model.get("byte_fallback")) and SPACE in str(tokenizer.get("decoder"))


def _model(tokenizer: Mapping[str, Any]) -> Mapping[str, Any]:
    model = tokenizer.get("model")
    if not isinstance(model, dict) or model.get("type", "BPE") != "BPE" or not isinstance(model.get("vocab"), dict):
        kind = model.get("type") if isinstance(model, dict) else None
        raise NotConvertible(
            f"tokenizer.json holds a model of the type {kind!r}; expected 'BPE'.",
            hint="Unigram and WordPiece tokenizers are not written here. Serve this model from its safetensors.",
        )
    return model


def _kinds(
    model: Mapping[str, Any], tokens: Mapping[int, str], added: Sequence[Mapping[str, Any]], rows: int
) -> Iterator[TokenKind]:
    special = {int(one["id"]): bool(one.get("special")) for one in added}
    unknown = model.get("unk_token")
    bytes_known = bool(model.get("byte_fallback"))
    for number in range(rows):
        text = tokens.get(number)
        if text is None:
            yield TokenKind.UNUSED
        elif bytes_known and _BYTE.fullmatch(text):
            yield TokenKind.BYTE
        elif bytes_known and text == unknown:
            yield TokenKind.UNKNOWN
        elif number in special:
            yield TokenKind.CONTROL if special[number] else TokenKind.USER_DEFINED
        else:
            yield TokenKind.NORMAL


def _merges(model: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for merge in model.get("merges") or []:
        left, right = merge.split(" ", 1) if isinstance(merge, str) else merge
        yield left, right


def _scores(model: Mapping[str, Any], texts: Sequence[str]) -> list[float]:
    """
    SentencePiece joins the pair whose piece has the highest score; tokenizer.json lists the pairs in that order. So minus
    the place of the first pair that makes a piece is as good as the score that was lost.
    """
    first: dict[str, int] = {}
    for place, (left, right) in enumerate(_merges(model)):
        first.setdefault(left + right, place)
    return [-float(first[text]) if text in first else _UNREACHED for text in texts]


def _around(step: Any) -> tuple[bool, bool]:
    """Whether a special token is put before, and after, a single text: of the step that follows the tokenizer."""
    if not isinstance(step, dict):
        return False, False
    if step.get("type") == "Sequence":
        found = [_around(one) for one in step.get("processors") or []]
        return any(before for before, _ in found), any(after for _, after in found)
    if step.get("type") != "TemplateProcessing":
        return False, False
    names = ["SpecialToken" in one for one in step.get("single") or []]
    return bool(names) and names[0], len(names) > 1 and names[-1]


def _space_before(tokenizer: Mapping[str, Any], has_template: bool) -> bool:
    """
    Some put a space before every stretch between special tokens, as llama.cpp does; some only before the first word of a
    text. llama.cpp cannot do the latter: where there is a chat template, prompts begin with a special token, so never a
    space is right; elsewhere a text begins with words, and the space is.
    """
    scheme = space_scheme(tokenizer)
    return scheme == "always" or (scheme == "first" and not has_template)


def space_scheme(tokenizer: Mapping[str, Any]) -> str:
    """Where SentencePiece's kind puts a space that was not there: always (before each stretch), first, never."""
    if "'Prepend'" in str(tokenizer.get("normalizer")):
        return "always"
    cutting = tokenizer.get("pre_tokenizer")
    if not isinstance(cutting, dict) or cutting.get("type") != "Metaspace":
        return "never"
    return str(cutting.get("prepend_scheme", "always"))
