"""
llama.cpp's C interface, as far as tests look into it: tokens and logits, by ctypes out of xllamacpp's library.

Structures are passed as blocks of bytes larger than they are: what their defaults say is taken whole, and nothing here
depends on where a field stands.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweight.tuning.converting.encoding import native_library

Floats = NDArray[np.float32]


class _Parameters(ctypes.Structure):
    _fields_ = [("block", ctypes.c_ubyte * 4096)]


class _Batch(ctypes.Structure):
    _fields_ = [("block", ctypes.c_ubyte * 512)]


def _library() -> Any:
    library = ctypes.CDLL(str(native_library()))
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "llama_model_default_params": (_Parameters, []),
        "llama_context_default_params": (_Parameters, []),
        "llama_model_load_from_file": (pointer, [text, _Parameters]),
        "llama_init_from_model": (pointer, [pointer, _Parameters]),
        "llama_model_get_vocab": (pointer, [pointer]),
        "llama_vocab_n_tokens": (number, [pointer]),
        "llama_tokenize": (number, [pointer, text, number, pointer, number, ctypes.c_bool, ctypes.c_bool]),
        "llama_batch_get_one": (_Batch, [pointer, number]),
        "llama_decode": (number, [pointer, _Batch]),
        "llama_get_logits_ith": (ctypes.POINTER(ctypes.c_float), [pointer, number]),
        "llama_get_memory": (pointer, [pointer]),
        "llama_memory_clear": (None, [pointer, ctypes.c_bool]),
        "llama_adapter_lora_init": (pointer, [pointer, text]),
        "llama_set_adapters_lora": (number, [pointer, pointer, ctypes.c_size_t, pointer]),
        "llama_model_meta_val_str": (number, [pointer, text, ctypes.c_char_p, ctypes.c_size_t]),
        "llama_free": (None, [pointer]),
        "llama_model_free": (None, [pointer]),
        "llama_log_set": (None, [pointer, pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Model:
    """A GGUF file in llama.cpp, on this process's only thread of it."""

    def __init__(self, path: Path) -> None:
        self._c = _library()
        self._quiet = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *told: None)
        self._c.llama_log_set(ctypes.cast(self._quiet, ctypes.c_void_p), None)
        self._model = self._c.llama_model_load_from_file(str(path).encode(), self._c.llama_model_default_params())
        assert self._model, f"llama.cpp does not load {path.name}"
        self._vocabulary = self._c.llama_model_get_vocab(self._model)
        self._context = self._c.llama_init_from_model(self._model, self._c.llama_context_default_params())
        assert self._context

    def tokens(self, text: str, *, special: bool = True) -> list[int]:
        """With what stands around a text (BOS), and names of special tokens taken as such."""
        raw = text.encode()
        room = (ctypes.c_int32 * (len(raw) + 16))()
        count = self._c.llama_tokenize(self._vocabulary, raw, len(raw), room, len(room), special, True)
        assert count >= 0
        return list(room[:count])

    def logits(self, tokens: Sequence[int]) -> Floats:
        """Of what follows each token: shape (tokens, vocabulary)."""
        size = self._c.llama_vocab_n_tokens(self._vocabulary)
        self._c.llama_memory_clear(self._c.llama_get_memory(self._context), True)
        rows = []
        for token in tokens:
            one = (ctypes.c_int32 * 1)(token)
            assert self._c.llama_decode(self._context, self._c.llama_batch_get_one(one, 1)) == 0
            rows.append(np.ctypeslib.as_array(self._c.llama_get_logits_ith(self._context, -1), (size,)).copy())
        return np.stack(rows)

    def adapt(self, adapters: Mapping[Path, float]) -> None:
        """Answer with these adapters, each with its scale; with none, as the base."""
        loaded = [self._c.llama_adapter_lora_init(self._model, str(path).encode()) for path in adapters]
        assert all(loaded), "llama.cpp does not load the adapter"
        pointers = (ctypes.c_void_p * len(loaded))(*loaded)
        scales = (ctypes.c_float * len(loaded))(*adapters.values())
        assert self._c.llama_set_adapters_lora(self._context, pointers, len(loaded), scales) == 0

    def close(self) -> None:
        self._c.llama_free(self._context)
        self._c.llama_model_free(self._model)


def farthest(ours: Floats, theirs: Floats) -> float:
    """The largest difference of logits, in standard deviations of the logits themselves."""
    return float(np.abs(ours - theirs).max() / theirs.std())
