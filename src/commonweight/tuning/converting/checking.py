"""Whether a model can become a GGUF file or a smaller one, told before anything is done. Quick: no weights are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from commonweight.tuning.converting.config import Config
from commonweight.tuning.converting.families import Family, family_of
from commonweight.tuning.converting.values import NotConvertible, Quantisation
from commonweight.tuning.converting.vocabulary import vocabulary_of


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
