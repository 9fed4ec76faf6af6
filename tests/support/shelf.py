"""What lies in a store, seen and touched from outside: as an operator sees it, or as a broken disk harms it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import obstore
import obstore.store

from commonweight.storage import DiskObjects, Objects, S3Place
from commonweight.storage.object_store import open_s3


class Shelf:
    """All objects of one store, on a disk or on an S3 server."""

    def __init__(self, objects: Objects, store: Any, through_us: Objects | None = None) -> None:
        """`through_us`: the same, where clients are given no addresses of the store itself."""
        self.objects = objects
        self.through_us = through_us or objects
        self._store = store

    @classmethod
    def on_disk(cls, folder: Path) -> Shelf:
        return cls(DiskObjects(folder), obstore.store.LocalStore(folder, mkdir=True))

    @classmethod
    def on_s3(cls, place: S3Place) -> Shelf:
        objects = open_s3(place)
        return cls(objects, objects.store, open_s3(place, direct=False))

    def lying(self, part: str = "") -> list[str]:
        """The keys that have this word among the names between their slashes, in order."""
        found = [str(one["path"]) for some in obstore.list(self._store) for one in some]
        return sorted(key for key in found if not part or part in key.split("/"))

    def total_bytes(self) -> int:
        return sum(one["size"] for some in obstore.list(self._store) for one in some)

    def read(self, key: str) -> bytes:
        return bytes(obstore.get(self._store, key).bytes())

    def write(self, key: str, data: bytes) -> None:
        """Also where something lies already."""
        obstore.put(self._store, key, data)

    def remove(self, key: str) -> None:
        obstore.delete(self._store, key)
