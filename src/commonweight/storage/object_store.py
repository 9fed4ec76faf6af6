"""
Objects in an object store. Imported only where one is configured, since the library takes memory.

What the server acknowledges is durable: that is its promise, and `put` and `put_file` return after it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import obstore
import obstore.store
from obstore.exceptions import AlreadyExistsError, BaseError

from commonweight.storage.errors import DiskFull, NotStored, StorageUnavailable
from commonweight.storage.objects import Signer, checked_key
from commonweight.storage.s3_place import S3Place
from commonweight.storage.s3_problems import NotInRange, code_of, told
from commonweight.storage.s3_signing import S3Signer

PART_BYTES: Final = 8 << 20  # of an upload in parts; what is smaller goes in one request. S3's least is 5 MiB
MOST_PARTS: Final = 9_000  # S3 takes 10,000
PARTS_AT_ONCE: Final = 2  # of one upload
UPLOADS_AT_ONCE: Final = 8  # a client sends up to 64 xorbs at once; with two parts each, 128 MiB of memory
REQUEST_SECONDS: Final = 120  # a part over a line of 1 Mbit/s
CHECK_SECONDS: Final = 5.0  # /readyz must answer before who asks gives up
RETRIES: Final = 4  # a server that restarts is back after some seconds; a client waits as long
RETRY_SECONDS: Final = 20


class StoreObjects:
    """Objects in any store that obstore speaks to: S3, or `obstore.store.MemoryStore` in tests."""

    def __init__(self, store: Any, place: S3Place | None = None, signer: Signer | None = None) -> None:
        self.store = store
        self._place = place
        self._signer = signer
        self._conditional = True
        self._uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)

    async def put(self, key: str, data: bytes) -> None:
        checked_key(key)
        async with self._uploads:
            await self._put(key, data)

    async def _put(self, key: str, data: bytes) -> None:
        if not self._conditional:
            with told(self._place, key):
                await obstore.put_async(self.store, key, data)
            return
        with told(self._place, key):
            try:
                await obstore.put_async(self.store, key, data, mode="create")
                return
            except AlreadyExistsError:  # the server had it already when a first answer was lost, or it is put again
                there = True
            except BaseError as error:
                if code_of(error) != "NotImplemented":
                    raise
                there = False
        await self._settle(key, data, there)

    async def _settle(self, key: str, data: bytes, there: bool) -> None:
        """After a conditional write that was not done: the object is there, or the server knows no conditions."""
        if there:
            if await self.get(key) == data:
                return
            raise StorageUnavailable(
                f"Another object lies under the key {key!r}, which was never used here.",
                hint="Another installation writes there: give each a prefix of its own in COMMONWEIGHT_STORAGE.",
            )
        self._conditional = False
        await self._put(key, data)

    async def put_file(self, key: str, path: Path) -> None:
        checked_key(key)
        size = path.stat().st_size
        async with self._uploads:
            if size <= PART_BYTES:
                await self._put(key, await asyncio.to_thread(path.read_bytes))
            else:
                part = max(PART_BYTES, -(-size // MOST_PARTS))
                with told(self._place, key):
                    await obstore.put_async(self.store, key, path, chunk_size=part, max_concurrency=PARTS_AT_ONCE)
        await asyncio.to_thread(path.unlink)

    async def get(self, key: str) -> bytes:
        with told(self._place, key):
            return bytes(await (await obstore.get_async(self.store, checked_key(key))).bytes_async())

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        if end <= start:
            return b""
        try:
            with told(self._place, key):
                return bytes(await obstore.get_range_async(self.store, checked_key(key), start=start, end=end))
        except NotInRange:
            return b""

    async def pieces(self, key: str) -> AsyncGenerator[bytes, None]:
        with told(self._place, key):
            found = await obstore.get_async(self.store, checked_key(key))
            async for piece in found.stream():
                yield bytes(piece)

    async def delete(self, key: str) -> None:
        with suppress(NotStored), told(self._place, key):
            await obstore.delete_async(self.store, checked_key(key))

    async def check(self) -> None:
        try:
            await asyncio.wait_for(self.get("check/missing"), CHECK_SECONDS)
        except NotStored:
            return
        except TimeoutError:
            raise StorageUnavailable(f"The object store has not answered for {CHECK_SECONDS:.0f} seconds.") from None

    async def try_out(self) -> None:
        key = f"check/{secrets.token_hex(8)}"
        with suppress(DiskFull):  # what is stored can be read all the same
            await self.put(key, key.encode())
            if await self.get(key) != key.encode():
                raise StorageUnavailable("The object store gives back other bytes than were put there.")
            await self.delete(key)
        await self.check()

    def local_path(self, key: str) -> Path | None:
        checked_key(key)
        return None

    @property
    def name(self) -> str:
        return self._place.name if self._place else "memory"

    @property
    def signer(self) -> Signer | None:
        return self._signer


def open_s3(place: S3Place, *, direct: bool = True) -> StoreObjects:
    """
    Objects on an S3 server. `direct`: clients are given signed addresses there, where there is a key to sign with.

    Nothing is asked of the server yet; `try_out` does that.
    """
    key = {"access_key_id": place.key_id, "secret_access_key": place.secret_key, "session_token": place.session_token}
    store = obstore.store.S3Store(
        place.bucket,
        prefix=place.prefix or None,
        region=place.region,
        aws_endpoint_url_s3=place.reached_at,
        virtual_hosted_style_request=False,
        disable_bulk_delete=True,  # a request that not all servers know
        client_options={"allow_http": True, "connect_timeout": "5s", "timeout": f"{REQUEST_SECONDS}s"},
        retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        **{name: value for name, value in key.items() if value},  # type: ignore[arg-type]
    )
    return StoreObjects(store, place, S3Signer(place) if direct and place.key_id else None)
