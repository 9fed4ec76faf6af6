"""Xorbs on their way in: durable bytes first, then the row that makes them known."""

from __future__ import annotations

import asyncio
from pathlib import Path

from commonweight.storage.catalogue import Catalogue
from commonweight.storage.errors import TooManyBytes
from commonweight.storage.inventory import Inventory, new_key
from commonweight.storage.objects import Objects
from commonweight.storage.pool import WorkPool
from commonweight.storage.scratch import Scratch
from commonweight.storage.work import verify_xorb_file
from commonweight.storage.xet.hashes import hash_text, parse_hash
from commonweight.storage.xet.xorb import MAX_BODY_BYTES, XorbFacts


class XorbKeeper:
    def __init__(
        self, catalogue: Catalogue, inventory: Inventory, objects: Objects, workers: WorkPool, scratch: Scratch
    ) -> None:
        self._catalogue = catalogue
        self._inventory = inventory
        self._objects = objects
        self._workers = workers
        self._scratch = scratch

    async def put(self, scope: int, name: str, body: Path | bytes) -> bool:
        """
        Verify a xorb and keep it. A body given as a file is taken away. Whether it is new to the scope.

        Raises XorbRefused, FormatRefused for a name that is no hash, TooManyBytes.
        """
        expected = parse_hash(name)
        if isinstance(body, Path):
            new = await self._put_file(scope, expected, body)
            body.unlink(missing_ok=True)
            return new
        with self._scratch.path() as path:
            await asyncio.to_thread(path.write_bytes, body)
            return await self._put_file(scope, expected, path)

    async def _put_file(self, scope: int, expected: bytes, path: Path) -> bool:
        size = path.stat().st_size
        if size > MAX_BODY_BYTES:
            raise TooManyBytes(f"The xorb has {size} bytes; at most {MAX_BODY_BYTES} are accepted.")
        return await self.keep(scope, await self._workers.run(verify_xorb_file, path, expected), path)

    async def keep(self, scope: int, facts: XorbFacts, path: Path) -> bool:
        """Keep a file that is known to be this xorb. Whether it is new to the scope. Raises DiskFull."""
        name = hash_text(facts.xorb_hash)
        known = await self._catalogue.hold_xorb(scope, name)
        if known is not None:
            return known
        key = new_key(f"xorbs/{name[:2]}", name)
        await self._inventory.announce(key, facts.stored_bytes)
        await self._objects.put_file(key, path)
        new, in_force = await self._catalogue.add_xorb(scope, facts, key)
        if not in_force:  # another upload of this xorb was faster
            await self._inventory.remove(key)
        return new
