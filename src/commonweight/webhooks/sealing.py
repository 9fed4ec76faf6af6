"""Secrets of webhooks: needed as they are for each delivery, so kept under a key and not as a hash."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken


class Sealing:
    """`key` has 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._seal = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, secret: str) -> str:
        return self._seal.encrypt(secret.encode()).decode() if secret else ""

    def open(self, sealed: str) -> str:
        """ "" where it was sealed under another key."""
        try:
            return self._seal.decrypt(sealed.encode()).decode() if sealed else ""
        except InvalidToken:
            return ""
