"""
Objects in an object store. Imported only where one is configured, since the library takes memory.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError, NotFoundError

from commonweight.storage.errors import NotStored, StorageUnavailable
from commonweight.storage.objects import checked_key


class StoreObjects:
    """Objects in any store that obstore speaks to: S3, or `obstore.store.MemoryStore` in tests."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def put(self, key: str, data: bytes) -> None:
        await obstore.put_async(self._store, checked_key(key), data)

    async def put_file(self, key: str, path: Path) -> None:
        await obstore.put_async(self._store, checked_key(key), path)
        await asyncio.to_thread(path.unlink)

    async def get(self, key: str) -> bytes:
        try:
            return bytes(await (await obstore.get_async(self._store, checked_key(key))).bytes_async())
        except (FileNotFoundError, NotFoundError):
            raise NotStored(f"There is no object {key!r}.") from None

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        if end <= start:
            return b""
        try:
            return bytes(await obstore.get_range_async(self._store, checked_key(key), start=start, end=end))
        except (FileNotFoundError, NotFoundError):
            raise NotStored(f"There is no object {key!r}.") from None

    async def delete(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, checked_key(key))
        except (FileNotFoundError, NotFoundError):
            return

    async def check(self) -> None:
        try:
            await self.get("check/missing")
        except NotStored:
            return
        except BaseError as error:
            raise StorageUnavailable(f"The object store does not answer: {error}.") from None

    def local_path(self, key: str) -> Path | None:
        checked_key(key)
        return None
