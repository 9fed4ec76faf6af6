"""Whether a model can become a GGUF file, told before anything is trained. Pure, and quick: no weights are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonweight.tuning.converting.config import Config
from commonweight.tuning.converting.families import Family, family_of
from commonweight.tuning.converting.vocabulary import vocabulary_of


def check_convertible(config: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> Family:
    """
    The family of a model, from its config.json and tokenizer.json. Raises NotConvertible with what is in the way: a family
    that is not known, a variant of one that llama.cpp computes in another way, a tokenizer that it does not have.
    """
    family = family_of(config)
    vocabulary_of(tokenizer, Config(config).count("vocab_size"))
    return family
