"""What the files of one commit say: the card, licence files, declared lineage, formats. Kept in `revision_facts`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError

from commonweight.clock import Clock
from commonweight.db import Connection, Database, upsert
from commonweight.db.tables import hub as tables
from commonweight.errors import NotFound
from commonweight.hub.card_licence import text_oid
from commonweight.hub.cards import CARD, MAX_CARD_BYTES, Card, read_card, word, words
from commonweight.hub.descent import keep_steps
from commonweight.hub.licence_files import licence_files
from commonweight.hub.objects import IDS_AT_ONCE
from commonweight.hub.reading import Reader
from commonweight.hub.remembered import FactsMemory
from commonweight.hub.repositories import by_id
from commonweight.hub.steps import steps_of
from commonweight.hub.values import BaseModel, Entry, LicenceFile, Revision, RevisionFacts

_table = tables.revision_facts

MAX_BASE_MODELS = 64  # the largest real merges name about a dozen

_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")


class FactsReader:
    """Reads facts once per commit; what has been read is taken from the table."""

    def __init__(self, database: Database, reader: Reader, clock: Clock, memory: FactsMemory) -> None:
        self._database = database
        self._reader = reader
        self._clock = clock
        self._memory = memory

    async def facts(self, revision: Revision) -> RevisionFacts:
        found = self._memory.get(revision.repository.id, revision.commit)
        if found is None:
            async with self._database.read() as connection:
                found = await _kept(connection, revision)
            found = found or await self.read(revision)
            self._memory.put(found)
        return found

    async def of_all(self, revisions: Sequence[Revision]) -> dict[int, RevisionFacts]:
        """
        Facts by repository number: one query for what has been read, one reading each for the rest. Repositories that were
        deleted meanwhile are left out.
        """
        remembered = [self._memory.get(one.repository.id, one.commit) for one in revisions]
        found = {one.repository_id: one for one in remembered if one is not None}
        missing = [one for one in revisions if one.repository.id not in found]
        wanted = {(one.repository.id, one.commit): one for one in missing}
        async with self._database.read() as connection:
            for at in range(0, len(missing), IDS_AT_ONCE):
                some = missing[at : at + IDS_AT_ONCE]
                these = _table.c.repository_id.in_([one.repository.id for one in some])
                at_these = _table.c.commit.in_([one.commit for one in some])
                rows = await connection.execute(select(_table).where(these, at_these))
                found.update(
                    {
                        row.repository_id: _facts(row)
                        for row in rows
                        if (row.repository_id, row.commit) in wanted and _is_whole(row)
                    }
                )
        for one in missing:
            if one.repository.id in found:
                self._memory.put(found[one.repository.id])
            elif facts := await self.facts_unless_deleted(one):
                found[one.repository.id] = facts
        return found

    async def facts_unless_deleted(self, revision: Revision) -> RevisionFacts | None:
        """As `facts`; None where the repository is gone, perhaps only since the reading began."""
        try:
            return await self.facts(revision)
        except (NotFound, IntegrityError):
            async with self._database.read() as connection:
                if await by_id(connection, revision.repository.id) is None:
                    return None
            raise

    async def read(self, revision: Revision) -> RevisionFacts:
        """Read the files and keep what they say. Harmless to repeat."""
        entries = [one for one in await self._reader.tree(revision, "", True, "", None) if one.is_file]
        facts = gather(revision, entries, await self._card(revision, entries))
        async with self._database.write() as connection:
            row = row_of(facts) | {"read_at": self._clock.now()}
            await upsert(connection, _table, row, keys=["repository_id", "commit"])
            await keep_steps(connection, revision, steps_of(facts))
        return facts

    async def _card(self, revision: Revision, entries: Sequence[Entry]) -> Card:
        entry = next((one for one in entries if one.path == CARD), None)
        if entry is None:
            return Card({}, has_block=False)
        if entry.size > MAX_CARD_BYTES or entry.large is not None:
            return Card({}, f"README.md has {entry.size} bytes; cards of at most {MAX_CARD_BYTES} are read.")
        return read_card(await self._reader.read_small(revision, entry, MAX_CARD_BYTES))


def gather(revision: Revision, entries: Sequence[Entry], card: Card) -> RevisionFacts:
    """Pure: facts from a listing and a card."""
    names = [one.path.lower() for one in entries]
    data = card.data
    found, elsewhere = licence_files(entries, revision.repository.kind)
    return RevisionFacts(
        repository_id=revision.repository.id,
        commit=revision.commit,
        card=data,
        card_error=card.error,
        licences=words(data, "license"),
        licence_name=word(data, "license_name"),
        licence_link=word(data, "license_link"),
        base_models=_base_models(data, names),
        datasets=words(data, "datasets"),
        tags=words(data, "tags"),
        languages=words(data, "language"),
        pipeline_tag=word(data, "pipeline_tag"),
        library_name=word(data, "library_name"),
        licence_files=found,
        licence_section=LicenceFile(CARD, text_oid(card.licence), len(card.licence.encode())) if card.licence else None,
        elsewhere=elsewhere,
        has_gguf=_any_ends(names, ".gguf"),
        has_safetensors=_any_ends(names, ".safetensors"),
        has_pickle=_any_ends(names, *_PICKLES),
        has_config="config.json" in names,
        has_tokenizer=any(name in _TOKENIZERS for name in names),
        has_training_code=any(name.endswith(".py") and "train" in name for name in names),
        files=len(entries),
        bytes=sum(one.size for one in entries),
    )


def _any_ends(names: Sequence[str], *endings: str) -> bool:
    return any(name.endswith(endings) for name in names)


def _base_models(data: Mapping[str, Any], names: Sequence[str]) -> tuple[BaseModel, ...]:
    """
    Parents with their relation: the card's word, else what the files show.

    The rule where the card is silent is the public hub's: several parents are a merge, an adapter configuration an
    adapter, GGUF files a quantisation, anything else a fine-tune.
    """
    parents = words(data, "base_model")[:MAX_BASE_MODELS]
    declared = word(data, "base_model_relation")
    if declared:
        return tuple(BaseModel(parent, declared, declared=True) for parent in parents)
    return tuple(BaseModel(parent, _inferred(parents, names), declared=False) for parent in parents)


def _inferred(parents: Sequence[str], names: Sequence[str]) -> str:
    if len(parents) > 1:
        return "merge"
    if "adapter_config.json" in names:
        return "adapter"
    return "quantized" if _any_ends(names, ".gguf") else "finetune"


def row_of(facts: RevisionFacts) -> dict[str, Any]:
    """Its row in the table, but for when it was read."""
    document = dataclasses.asdict(facts)
    row = {key: document.pop(key) for key in ("repository_id", "commit", "card", "card_error")}
    return {**row, "facts": document}


async def _kept(connection: Connection, revision: Revision) -> RevisionFacts | None:
    mine = and_(_table.c.repository_id == revision.repository.id, _table.c.commit == revision.commit)
    row = (await connection.execute(select(_table).where(mine))).first()
    return _facts(row) if row and _is_whole(row) else None


def _is_whole(row: Any) -> bool:
    """Whether it says what lies in folders that have a licence of their own; an earlier version did not look."""
    return "elsewhere" in row.facts or not any("/" in one["path"] for one in row.facts["licence_files"])


def _facts(row: Any) -> RevisionFacts:
    document = {key: _frozen(value) for key, value in row.facts.items()}
    document["base_models"] = tuple(BaseModel(**one) for one in row.facts["base_models"])
    section = row.facts.get("licence_section")
    document["licence_section"] = _licence_file(section) if section else None
    document["licence_files"] = tuple(_licence_file(one) for one in row.facts["licence_files"])
    return RevisionFacts(row.repository_id, row.commit, row.card, row.card_error, **document)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _licence_file(document: Mapping[str, Any]) -> LicenceFile:
    return LicenceFile(**{key: _frozen(value) for key, value in document.items()})
