"""What we write computes what transformers computes: logits of every family, against llama.cpp itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonweight.tuning.converting import Quantisation
from commonweight.tuning.converting.to_gguf import to_gguf
from tests.tuning.converting.llama_cpp import Model, farthest
from tests.tuning.converting.models import FAMILIES, logits_of, make_model

TOKENS = [int(byte) for byte in b"The quick brown fox jumps over the lazy dog, twice."]
CLOSE = 0.02  # of a standard deviation: llama.cpp keeps keys and values in 16 bits


@pytest.mark.parametrize("family", FAMILIES)
def test_llama_cpp_computes_what_transformers_computes(family: str, tmp_path: Path) -> None:
    reference = logits_of(make_model(tmp_path / "hf", family), TOKENS)
    to_gguf(tmp_path / "hf", tmp_path / "model.gguf", {}, Quantisation.F32)
    model = Model(tmp_path / "model.gguf")
    try:
        assert farthest(model.logits(TOKENS), reference) < CLOSE
    finally:
        model.close()
