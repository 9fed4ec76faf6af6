"""
The generation of a store: part of the address that clients are given, and by which they remember what is there.

After a restore from a backup, clients remember bytes that are no longer stored, would not send them again, and could not
upload for weeks (xet-protocol, section 9.3). In a new generation they remember nothing.
"""

from __future__ import annotations

import secrets
import time
from typing import Final

from commonweight.storage.notes import Notes

NAME: Final = "generation"
REMEMBERED_SECONDS: Final = 5.0  # until every process has seen a new one


class Generation:
    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._known = ""
        self._known_at = float("-inf")

    async def current(self) -> str:
        """Its name: "" for the first. Some seconds old at most."""
        if time.monotonic() - self._known_at > REMEMBERED_SECONDS:
            self._known = str((await self._notes.read(NAME)).get("name", ""))
            self._known_at = time.monotonic()
        return self._known

    async def renew(self) -> str:
        """Begin a new one, with a name that never was: a count would come again after another restore."""
        name = secrets.token_hex(8)
        await self._notes.write(NAME, {"name": name})
        self._known_at = float("-inf")
        return name
