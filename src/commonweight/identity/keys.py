"""The installation's secret, from which every signing key is derived."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

KEY_BYTES = 32


class Keys:
    """Derives one key per purpose, so that what is signed for one is worth nothing for another."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def derive(self, purpose: str) -> bytes:
        """32 bytes for a purpose: HMAC-SHA256 of its name under the secret."""
        return hmac.new(self._secret, purpose.encode(), hashlib.sha256).digest()

    @classmethod
    def load(cls, home: Path, given: str = "") -> Keys:
        """The given secret, or HOME/secret-key, made at the first start with mode 600."""
        if given:
            return cls(given.encode())
        path = home / "secret-key"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls(path.read_bytes())
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(KEY_BYTES).encode())
            file.flush()
            os.fsync(file.fileno())
        return cls(path.read_bytes())
