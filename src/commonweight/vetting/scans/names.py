"""
What a name that a pickle asks Python for can do. Pure.

The lists of dangerous and of harmless names are those of picklescan (MIT), asked by its public function with a pickle that
asks for this one name; nothing is imported by it. Beside them stand the names that `torch.load(weights_only=True)` allows.
"""

from __future__ import annotations

import io
import logging
from functools import cache
from itertools import pairwise
from typing import Final

from commonweight.vetting.scans.values import DANGEROUS, INNOCUOUS, SUSPICIOUS

MAX_NAME: Final = 1_000  # characters; longer ones are no names

_NUMPY: Final = (
    "scalar",
    "_frombuffer",
    "_reconstruct",
    "dtype",
    "ndarray",
    "float64",
    "float32",
    "int64",
    "int32",
    "bool_",
)
_PLAIN: Final = ("set", "frozenset", "list", "dict", "tuple", "int", "float", "str", "bytes", "bytearray", "bool",
                 "complex", "object", "slice", "range")  # fmt: skip
_DTYPES: Final = ("float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16",
                  "uint32", "uint64", "bool", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2")  # fmt: skip
_TORCH: Final = ("Size", "device", "Tensor", "FloatTensor", "HalfTensor", "DoubleTensor", "LongTensor", "IntTensor",
                 "BFloat16Tensor", "ByteTensor", "BoolTensor", "UntypedStorage")  # fmt: skip
_REBUILD: Final = ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter",
                   "_rebuild_parameter_with_state", "_rebuild_qtensor", "_rebuild_sparse_tensor",
                   "_rebuild_device_tensor_from_numpy", "_rebuild_meta_tensor_no_storage")  # fmt: skip
#: By module. Constructors of plain values and of tensors: they call nothing that they are given.
_HARMLESS: Final[dict[str, frozenset[str]]] = {
    "builtins": frozenset(_PLAIN),
    "__builtin__": frozenset((*_PLAIN, "unicode", "long", "xrange")),
    "collections": frozenset(["OrderedDict", "Counter", "deque"]),
    "copy_reg": frozenset(["_reconstructor"]),
    "copyreg": frozenset(["_reconstructor"]),
    "_codecs": frozenset(["encode"]),
    "torch": frozenset((*_DTYPES, *_TORCH)),
    "torch._utils": frozenset(_REBUILD),
    "torch._tensor": frozenset(["_rebuild_from_type_v2"]),
    "torch.nn.parameter": frozenset(["Parameter", "Buffer"]),
    "torch.storage": frozenset(["TypedStorage", "UntypedStorage"]),
    "torch.serialization": frozenset(["_get_layout"]),
    "numpy": frozenset(_NUMPY),
    "numpy.core.multiarray": frozenset(_NUMPY),
    "numpy._core.multiarray": frozenset(_NUMPY),
    "numpy.core.numeric": frozenset(_NUMPY),
    "numpy._core.numeric": frozenset(_NUMPY),
    "joblib.numpy_pickle": frozenset(["NumpyArrayWrapper"]),
}


def safety_of(module: str, name: str) -> str:
    """innocuous, suspicious (on no list) or dangerous."""
    if len(module) > MAX_NAME or len(name) > MAX_NAME:
        return DANGEROUS
    if any(_listed(*one) == DANGEROUS for one in _ways_to(module, name)):
        return DANGEROUS
    listed = _listed(module, name)
    harmless = name in _HARMLESS.get(module, ())
    return INNOCUOUS if harmless and listed == SUSPICIOUS else listed


def _ways_to(module: str, name: str) -> list[tuple[str, str]]:
    """What a name with dots leads through: `os.system` of some module is os.system, and a module may lie in another."""
    parts = name.split(".")[:20]
    within = [(".".join([module, *parts[:at]]), parts[at]) for at in range(1, len(parts))]
    return [*within, *pairwise(parts)]


@cache
def _quiet() -> None:
    logging.getLogger("picklescan").setLevel(logging.CRITICAL)  # it reports to a log what we are about to be told


def _listed(module: str, name: str) -> str:
    from picklescan.scanner import scan_pickle_bytes  # in child processes only

    _quiet()
    try:
        asking = b"\x80\x04" + _text(module) + _text(name) + b"\x93."
    except UnicodeEncodeError:
        return DANGEROUS
    found = scan_pickle_bytes(io.BytesIO(asking), "name").globals
    return found[0].safety.value if len(found) == 1 else DANGEROUS


def _text(text: str) -> bytes:
    content = text.encode()
    return b"X" + len(content).to_bytes(4, "little") + content
