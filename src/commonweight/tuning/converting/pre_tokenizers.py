"""
How a text is cut before its pieces are merged: the steps that tokenizer.json names, and llama.cpp's word for them.

The word is found by what the steps *are*, never by a hash of what they do to one text: a tokenizer with a vocabulary of its
own and known steps needs no entry. Every line of the table is held by a test that compares tokens over nasty texts.
Sources: `tokenizer.json` of the models named below; `llm_tokenizer_bpe` in llama.cpp's src/llama-vocab.cpp. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from commonweight.tuning.converting.values import NotConvertible

CONTRACTIONS: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST: Final = r"\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3: Final = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + _REST
QWEN2: Final = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + _REST
_UPPER: Final = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
_LOWER: Final = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
TEKKEN: Final = f"{_UPPER}|{_LOWER}" + r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + _REST
GPT4O: Final = f"{_UPPER}{CONTRACTIONS}?|{_LOWER}{CONTRACTIONS}?" + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + _REST
GPT2: Final = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"  # what ByteLevel does by itself

_BYTES: Final = "bytes"
#: Steps, and whether a word that is in the vocabulary is taken whole before any merging.
TABLE: Final[Mapping[tuple[tuple[str, ...], bool], str]] = {
    ((GPT2, _BYTES), False): "gpt-2",
    (("digits", GPT2, _BYTES), False): "smollm",  # SmolLM, StarCoder, Granite 3
    ((LLAMA3, _BYTES), True): "llama-bpe",  # Llama 3
    ((LLAMA3, _BYTES), False): "dbrx",  # Phi-4, Granite 4
    ((QWEN2, _BYTES), False): "qwen2",  # Qwen 2, 2.5 and 3
    ((GPT4O, _BYTES), False): "gpt-4o",  # Phi-4-mini
    ((TEKKEN, _BYTES), True): "tekken",  # Mistral from Nemo on
}


def pre_tokenizer_name(tokenizer: Mapping[str, Any]) -> str:
    """llama.cpp's word for the steps of a byte-level tokenizer.json. Raises NotConvertible where it has none."""
    steps = tuple(_steps(tokenizer.get("pre_tokenizer")))
    model = tokenizer.get("model")
    whole = bool(model.get("ignore_merges")) if isinstance(model, dict) else False
    name = TABLE.get((steps, whole))
    if name is None:
        ways = " then ".join(map(repr, steps)) or "nothing"
        raise NotConvertible(
            f"The tokenizer cuts texts by {ways}, which llama.cpp is not known to do.",
            hint=f"Known are the ways of {', '.join(sorted(set(TABLE.values())))}. Serve this model from its safetensors.",
        )
    return name


def _steps(step: Any) -> Iterator[str]:
    if not isinstance(step, dict):
        return
    kind = step.get("type")
    if kind == "Sequence":
        for one in step.get("pretokenizers") or []:
            yield from _steps(one)
    elif kind == "ByteLevel":
        yield from _byte_level(step)
    elif kind == "Digits":
        yield "digits" if step.get("individual_digits") else "numbers"
    elif kind == "Split":
        yield _split(step)
    else:
        yield str(kind)


def _byte_level(step: Mapping[str, Any]) -> Iterator[str]:
    if step.get("add_prefix_space"):
        yield "space before the text"
    if step.get("use_regex", True):
        yield GPT2
    yield _BYTES


def _split(step: Mapping[str, Any]) -> str:
    pattern = step.get("pattern")
    regex = str(pattern.get("Regex") or pattern.get("String")) if isinstance(pattern, dict) else str(pattern)
    # Removing all that a pattern does not match is the same as keeping its matches apart: these patterns match everything.
    keeps = (step.get("behavior"), bool(step.get("invert"))) in (("Isolated", False), ("Removed", True))
    return regex if keeps else f"{step.get('behavior')} {regex}"


def steps_of(name: str) -> tuple[dict[str, Any], bool, dict[str, Any] | None]:
    """
    The inverse: a `pre_tokenizer`, whether whole words go before merges, and the normalizer that comes with it.

    Raises NotConvertible for a word that is not in the table.
    """
    found = next(((steps, whole) for (steps, whole), known in TABLE.items() if known == name), None)
    if found is None:
        raise NotConvertible(
            f"The file cuts texts as {name!r}; expected one of {', '.join(sorted(set(TABLE.values())))}.",
            hint="Name the repository with the safetensors and tokenizer.json that it was made of.",
        )
    steps, whole = found
    normalizer = {"type": "NFC"} if name == "qwen2" else None
    return {"type": "Sequence", "pretokenizers": list(_written(steps))}, whole, normalizer


def _written(steps: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    own = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    for step in steps:
        if step == "digits":
            yield {"type": "Digits", "individual_digits": True}
        elif step == GPT2:
            yield {**own, "use_regex": True}
        elif step != _BYTES:
            yield {"type": "Split", "pattern": {"Regex": step}, "behavior": "Isolated", "invert": False}
            yield {**own, "use_regex": False}
