"""
A signature of `recipe.json`, which holds the hash of every file: whoever has the public key of an installation can tell that
a model, its base and its data are those that it says (Ed25519, RFC 8032).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Final, Protocol

import orjson

from commonweight.tuning.publishing.recipe import PATH as RECIPE

PATH: Final = "recipe.sig.json"
FORMAT: Final = "commonweight.signature/1"
PURPOSE: Final = "tuned-models"  # of the key: what was signed for one purpose cannot pass for another


class Signs(Protocol):
    """`identity.Signer`."""

    @property
    def public_key(self) -> Mapping[str, str]: ...

    def sign(self, content: bytes) -> bytes: ...


def signature_of(recipe: bytes, signer: Signs) -> bytes:
    """The document beside the recipe; over the bytes of the recipe itself."""
    document = {
        "format": FORMAT,
        "of": RECIPE,
        "sha256": hashlib.sha256(recipe).hexdigest(),
        "algorithm": "Ed25519",
        "public_key": dict(signer.public_key),
        "signature": base64.b64encode(signer.sign(recipe)).decode(),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
