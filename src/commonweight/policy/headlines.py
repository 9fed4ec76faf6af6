"""One sentence of many verdicts, without putting the whole of each together."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select

from commonweight.db import Connection
from commonweight.db.tables import standing as tables
from commonweight.policy.deciding import PART_DIGITS
from commonweight.policy.shaping import Filling, pack, unpack, unpack_filled
from commonweight.policy.shelf import pieces
from commonweight.rights import render

_subjects, _verdicts = tables.subjects, tables.shape_verdicts


async def headlines(connection: Connection, ids: Collection[str], language: str) -> Mapping[str, str]:
    """By id of a verdict that stands or stood, its headline in a language. Raises UnknownLanguage."""
    halves = {one: (one[:PART_DIGITS], one[PART_DIGITS:]) for one in ids if len(one) == 2 * PART_DIGITS}
    fillings: dict[str, bytes] = {}
    documents: dict[str, bytes] = {}
    for some in pieces(sorted({first for first, _ in halves.values()})):
        query = select(_subjects.c.part, _subjects.c.filling).where(_subjects.c.part.in_(some))
        fillings |= {row.part: row.filling for row in await connection.execute(query)}
    for some in pieces(sorted({second for _, second in halves.values()})):
        query = select(_verdicts.c.part, _verdicts.c.document).where(_verdicts.c.part.in_(some))
        documents |= {row.part: row.document for row in await connection.execute(query)}
    sentences = {part: pack(unpack(document)["headline"]) for part, document in documents.items()}
    found = {}
    for one, (first, second) in halves.items():
        if first in fillings and second in sentences:
            found[one] = str(render(unpack_filled(sentences[second], Filling.unpack(fillings[first])), language))
    return found
