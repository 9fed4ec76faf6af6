"""Which files are looked through, and as what. Pure."""

from __future__ import annotations

from typing import Final

PICKLE: Final = "pickle"  # what is only ever a pickle: where it cannot be read as one, it was not looked through
WEIGHTS: Final = "weights"  # by its content: a pickle, an archive of pickles, or neither
NUMPY: Final = "numpy"
KERAS: Final = "keras"
HDF5: Final = "hdf5"
GGUF: Final = "gguf"
SAFETENSORS: Final = "safetensors"
TEMPLATE: Final = "template"  # a chat template as a file
TOKENIZER: Final = "tokenizer"  # tokenizer_config.json, which holds chat templates

ALL: Final = (PICKLE, WEIGHTS, NUMPY, KERAS, HDF5, GGUF, SAFETENSORS, TEMPLATE, TOKENIZER)
BY_HEADER: Final = (GGUF, SAFETENSORS)  # of these the first bytes say all

_BY_NAME: Final = {"tokenizer_config.json": TOKENIZER}
_BY_ENDING: Final = {
    ".pkl": PICKLE, ".pickle": PICKLE, ".joblib": PICKLE, ".dill": PICKLE, ".pt": WEIGHTS, ".pth": WEIGHTS, ".pt2": WEIGHTS,
    ".ckpt": WEIGHTS, ".bin": WEIGHTS, ".npz": WEIGHTS, ".npy": NUMPY, ".keras": KERAS, ".h5": HDF5, ".hdf5": HDF5,
    ".gguf": GGUF, ".safetensors": SAFETENSORS, ".jinja": TEMPLATE, ".jinja2": TEMPLATE,
}  # fmt: skip


def kind_of(path: str) -> str:
    """As what a file is looked through; "" where it is not."""
    name = path.rpartition("/")[2].lower()
    return _BY_NAME.get(name) or _BY_ENDING.get(name[name.rfind(".") :] if "." in name else "", "")
