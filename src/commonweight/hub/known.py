"""Models and data sets that are known but not kept here: metadata only, from the packaged catalogues."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database, insert_ignoring
from commonweight.db.tables.hub import known_models as table
from commonweight.errors import NotFound
from commonweight.hub.catalogue import Catalogue, KnownModel, packaged_catalogues, read_known

CACHE_SECONDS: Final = 60.0  # the catalogue changes with an upgrade only, and an upgrade restarts the processes


class KnownModelNotFound(NotFound):
    code = "known_model_not_found"

    def __init__(self, id: str) -> None:
        super().__init__(f"Nothing is known of {id!r}.", hint="GET /cw/v1/market lists the models known here.")


@dataclass(frozen=True)
class _Index:
    """The whole catalogue in memory: some hundred entries."""

    models: tuple[KnownModel, ...]
    by_id: Mapping[str, KnownModel]
    patterns: tuple[tuple[str, KnownModel], ...]
    loaded: float

    def find(self, name: str) -> KnownModel | None:
        wanted = name.lower()
        exact = self.by_id.get(wanted)
        if exact is not None:
            return exact
        return next((model for pattern, model in self.patterns if fnmatch.fnmatchcase(wanted, pattern)), None)


def _indexed(models: Iterable[KnownModel]) -> _Index:
    ordered = tuple(sorted(models, key=lambda model: model.name.lower()))
    patterns = [(pattern.lower(), model) for model in ordered for pattern in model.repositories]
    # The longest pattern is the most particular one: it wins.
    patterns.sort(key=lambda pair: (-len(pair[0]), pair[0]))
    return _Index(ordered, {model.id.lower(): model for model in ordered}, tuple(patterns), time.monotonic())


class PackagedModels:
    """The packaged catalogues without a database, for whoever asks without a server."""

    def __init__(self, catalogues: Iterable[Catalogue] | None = None) -> None:
        given = packaged_catalogues() if catalogues is None else catalogues
        self._index = _indexed(model for catalogue in given for model in catalogue.models)

    async def find(self, name: str) -> KnownModel | None:
        """As `KnownModels.find`."""
        return self._index.find(name)


class KnownModels:
    """The catalogue in the database, read through a cache in memory."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._index: _Index | None = None

    async def load_catalogue(self, catalogues: tuple[Catalogue, ...] | None = None) -> int:
        """
        Bring the database to what the packaged catalogues (or those given) say; how many entries changed.

        Entries that stand as they should are left alone, so a second start writes nothing. A catalogue older than the
        one loaded before is passed over. Raises CatalogueError.
        """
        changed = 0
        for catalogue in packaged_catalogues() if catalogues is None else catalogues:
            changed += await self._load(catalogue)
        self._index = None
        return changed

    async def _load(self, catalogue: Catalogue) -> int:
        async with self._database.read() as connection:
            changes, gone = await _difference(connection, catalogue)
        if not changes and not gone:
            return 0
        async with self._database.write() as connection:
            changes, gone = await _difference(connection, catalogue)  # another process may have been here in between
            stale = [*gone, *(model.id for model in changes)]
            await connection.execute(delete(table).where(table.c.id.in_(stale)))
            await insert_ignoring(connection, table, [self._row(model, catalogue) for model in changes])
        return len(changes) + len(gone)

    def _row(self, model: KnownModel, catalogue: Catalogue) -> dict[str, Any]:
        return {
            "id": model.id,
            "kind": model.kind,
            "publisher": model.publisher,
            "document": dict(model.document),
            "source": f"{catalogue.name} {catalogue.version}",
            "updated_at": self._clock.now(),
        }

    async def get(self, id: str) -> KnownModel:
        """The entry by its id, in any case. Raises KnownModelNotFound."""
        found = (await self._loaded()).by_id.get(id.lower())
        if found is None:
            raise KnownModelNotFound(id)
        return found

    async def find(self, name: str) -> KnownModel | None:
        """The entry that a name on a public hub means: by id, else by the patterns of an entry's repositories."""
        return (await self._loaded()).find(name)

    async def list(self, kind: str | None = "model", search: str = "") -> tuple[KnownModel, ...]:
        """Entries in the order of their names; of all kinds where `kind` is None. All words of `search` must occur."""
        words = search.lower().split()
        models = (await self._loaded()).models
        return tuple(
            model for model in models if kind in (None, model.kind) and all(word in searchable_text(model) for word in words)
        )

    async def _loaded(self) -> _Index:
        index = self._index
        if index is None or time.monotonic() - index.loaded > CACHE_SECONDS:
            index = self._index = await self._read()
        return index

    async def _read(self) -> _Index:
        async with self._database.read() as connection:
            documents = (await connection.scalars(select(table.c.document).order_by(table.c.id))).all()
        return _indexed(read_known(document, "known_models") for document in documents)


def searchable_text(model: KnownModel) -> str:
    """What a search looks into, in lower case."""
    parts = (model.id, model.name, *model.names, model.publisher, model.licence, *model.modality, *model.tags)
    return " ".join(parts).lower()


async def _difference(connection: Connection, catalogue: Catalogue) -> tuple[list[KnownModel], list[str]]:
    """Entries to write and ids to drop. Nothing where a newer version of this catalogue is in the database."""
    rows = (await connection.execute(select(table.c.id, table.c.document, table.c.source))).all()
    ours = {row.id: row.document for row in rows if row.source.rpartition(" ")[0] == catalogue.name}
    versions = [int(row.source.rpartition(" ")[2]) for row in rows if row.id in ours]
    if max(versions, default=0) > catalogue.version:
        return [], []
    there = {row.id: row.document for row in rows}
    changes = [model for model in catalogue.models if there.get(model.id) != dict(model.document)]
    kept = {model.id for model in catalogue.models}
    return changes, [name for name in ours if name not in kept]
