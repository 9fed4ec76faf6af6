"""Signatures that others can check: a key pair derived from the installation's secret (Ed25519, RFC 8032)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cached_property

from commonweight.identity.keys import Keys

PURPOSE = "verdict-receipts"


class Signer:
    """Signs bytes. The private key follows from HOME/secret-key: it changes with it, and stands nowhere else."""

    def __init__(self, keys: Keys, purpose: str = PURPOSE) -> None:
        """Each purpose has a key of its own, so that what was signed for one cannot pass for another."""
        self._seed = keys.derive(purpose)

    def sign(self, content: bytes) -> bytes:
        """64 bytes."""
        signature: bytes = self._private.sign(content)
        return signature

    @cached_property
    def public_key(self) -> Mapping[str, str]:
        """The public key as a JWK (RFC 8037)."""
        raw = self._private.public_key().public_bytes_raw()
        return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).decode().rstrip("=")}

    @cached_property
    def _private(self):  # type: ignore[no-untyped-def]  # the library is loaded where something is signed
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._seed)
