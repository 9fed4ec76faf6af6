"""Files, uploads and batches of the fixed world of a test installation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from commonweight.batches import NewBatch
from commonweight.errors import InvalidInput
from commonweight.files import NewFile, Purpose
from commonweight.rooms import Rooms


class FileSeeder:
    """Each has an id and an `owner`, the name of an account. What was deleted, cancelled or changed is made anew."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def file(self, said: Mapping[str, Any]) -> None:
        """`{id, owner, filename, purpose, text | lines}`; lines are objects, or one with `times`."""
        owner = await self._rooms.identity.account(str(said["owner"]))
        await self._rooms.files.restore(owner.id, str(said["id"]), _new_file(said), _bytes_of(said))

    async def upload(self, said: Mapping[str, Any]) -> None:
        """`{id, owner, filename, purpose, bytes, parts: {id: text}}`, pending."""
        owner = await self._rooms.identity.account(str(said["owner"]))
        parts = {str(part_id): str(text).encode() for part_id, text in said.get("parts", {}).items()}
        await self._rooms.uploads.restore(owner.id, str(said["id"]), _new_file(said), int(said["bytes"]), parts)

    async def batch(self, said: Mapping[str, Any]) -> None:
        """`{id, owner, input_file_id, endpoint}`, in progress."""
        owner = await self._rooms.identity.account(str(said["owner"]))
        tokens = await self._rooms.identity.tokens_of(owner)
        if not tokens:
            raise InvalidInput(f"The batch {said['id']} needs a token of {owner.name}; there is none.")
        new = NewBatch(str(said["input_file_id"]), str(said["endpoint"]))
        await self._rooms.batch_work.batches.restore(owner.id, tokens[0].id, str(said["id"]), new)


def _new_file(said: Mapping[str, Any]) -> NewFile:
    return NewFile(str(said["filename"]), Purpose(said["purpose"]))


def _bytes_of(said: Mapping[str, Any]) -> bytes:
    if "text" in said:
        return str(said["text"]).encode()
    lines = list(said["lines"]) * int(said.get("times", 1))
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)
