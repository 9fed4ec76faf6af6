"""Whether a model can become a GGUF file or a smaller one, told before anything is done. Quick: no weights are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from commonweight.tuning.converting.config import Config
from commonweight.tuning.converting.families import Family, family_of
from commonweight.tuning.converting.pre_tokenizers import steps_of
from commonweight.tuning.converting.values import NotConvertible, Quantisation
from commonweight.tuning.converting.vocabulary import vocabulary_of

#: Architectures of GGUF files that are read back into floats.
READ_BACK: Final = ("llama", "qwen2", "qwen3")
_FLOATS: Final = "Name the repository with the safetensors that it was made of."


class HeadCut(Exception):
    """More bytes of the file are needed to see all of its head."""


def check_convertible(config: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> Family:
    """
    The family of a model, from its config.json and tokenizer.json. Raises NotConvertible with what is in the way: a family
    that is not known, a variant of one that llama.cpp computes in another way, a tokenizer that it does not have.
    """
    family = family_of(config)
    vocabulary_of(tokenizer, Config(config).count("vocab_size"))
    return family


def check_readable(pairs: Mapping[str, Any]) -> None:
    """
    Whether a GGUF file whose header says this can be read back into floats that are trained. What is not said is not asked.

    Raises NotConvertible.
    """
    architecture = str(pairs.get("general.architecture", ""))
    if architecture not in READ_BACK:
        raise NotConvertible(
            f"The file is of the architecture {architecture!r}; expected one of {', '.join(READ_BACK)}.", hint=_FLOATS
        )
    stretched = pairs.get(f"{architecture}.rope.scaling.type", "none")
    if stretched not in ("none", "linear"):
        raise NotConvertible(f"The file stretches positions by {stretched!r}, which is not read back here.", hint=_FLOATS)
    kind = pairs.get("tokenizer.ggml.model", "gpt2")
    if kind not in ("gpt2", "llama"):
        raise NotConvertible(f"The file has a tokenizer of the kind {kind!r}; expected 'gpt2' or 'llama'.", hint=_FLOATS)
    if kind == "gpt2" and "tokenizer.ggml.pre" in pairs:
        steps_of(str(pairs["tokenizer.ggml.pre"]))


def check_shrinkable(name: str, head: bytes, size: int, kinds: Iterable[Quantisation]) -> str:
    """
    Whether a GGUF file of `size` bytes that begins with `head` can be made as small as each of these. Gives what to warn of:
    "" for a file of floats.

    Raises NotConvertible, HeadCut.
    """
    # Only where it is needed: an idle server should not hold the package in memory.
    from commonweight.tuning.converting.gguf_reading import READING_ERRORS, FileCut, GgufHead
    from commonweight.tuning.converting.quantising import check_smaller, requantised

    try:
        source = GgufHead(head, size)
    except READING_ERRORS as error:
        if len(head) < size and head.startswith(b"GGUF") and not isinstance(error, FileCut):
            raise HeadCut from None
        raise NotConvertible(f"{name} is no GGUF file that can be read: {error}.") from None
    check_smaller(source, kinds)
    return requantised(source)
