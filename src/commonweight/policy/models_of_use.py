"""The models of a use by their verdict, page by page, for those who may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, select

from commonweight.db import Database
from commonweight.db.tables import standing as tables
from commonweight.errors import InvalidInput
from commonweight.hub import Hub
from commonweight.identity import Caller
from commonweight.policy.causes import title_of
from commonweight.policy.seeing import seen_by
from commonweight.rights import VALUES

PAGE: Final = 50  # models of one page
MOST: Final = 500  # of one answer
LOOK: Final = 200  # rows of one look into the database
MAX_LOOKS: Final = 20  # for one answer: whoever may see less than one model in twenty gets a shorter page
WAITS: Final = "waits"  # in place of a value: to be decided again

_subjects, _standing, _verdicts = tables.subjects, tables.standing, tables.shape_verdicts


@dataclass(frozen=True)
class ModelOfUse:
    """A model and what stands for it. `value` is "" while it waits to be decided again."""

    subject: str
    title: str
    value: str
    verdict_id: str


@dataclass(frozen=True)
class ModelsPage:
    """By subject. `after` is where the next page begins; empty on the last."""

    models: tuple[ModelOfUse, ...]
    after: str


@dataclass(frozen=True)
class AskedModels:
    """Which models: with a `value` ("": any; `waits`), with `named` in their subject, from `after` on."""

    value: str = ""
    named: str = ""
    after: str = ""
    limit: int = PAGE

    def checked(self) -> AskedModels:
        """This, if it can be asked. Raises InvalidInput."""
        if self.value and self.value not in VALUES and self.value != WAITS:
            raise InvalidInput(f"value is {self.value!r}; expected one of {', '.join((*VALUES, WAITS))}.")
        if not 1 <= self.limit <= MOST:
            raise InvalidInput(f"limit is {self.limit}; expected 1 to {MOST}.")
        return self


class ModelsOfUses:
    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub

    async def page(self, caller: Caller, use_id: int, asked: AskedModels | None = None) -> ModelsPage:
        """
        Models of a use. What was seen in private is for readers of its namespace, as everywhere. Raises InvalidInput for a
        word that is no value.
        """
        asked = (asked or AskedModels()).checked()
        found: list[Any] = []
        after = asked.after
        for _ in range(MAX_LOOKS):
            async with self._database.read() as connection:
                rows = (await connection.execute(_query(use_id, asked, after))).all()
            found += await seen_by(self._hub, caller, rows)
            if len(found) > asked.limit:
                shown = found[: asked.limit]
                return ModelsPage(tuple(map(_model, shown)), shown[-1].subject)
            if len(rows) < LOOK:
                return ModelsPage(tuple(map(_model, found)), "")
            after = rows[-1].subject
        return ModelsPage(tuple(map(_model, found)), after)


def _query(use_id: int, asked: AskedModels, after: str) -> Select[Any]:
    answer = case((_standing.c.pending.is_(None), _standing.c.value), else_="").label("answer")
    conditions: list[ColumnElement[bool]] = [_standing.c.use_id == use_id, _subjects.c.head]
    if asked.value == WAITS:
        conditions.append(_standing.c.pending.is_not(None))
    elif asked.value:
        conditions += [_standing.c.value == asked.value, _standing.c.pending.is_(None)]
    if asked.named:
        conditions.append(_subjects.c.subject.contains(asked.named, autoescape=True))
    return (
        select(
            _subjects.c.subject, _subjects.c.repository_id, _subjects.c.namespace_id, _subjects.c.private, answer,
            (_subjects.c.part + _verdicts.c.part).label("verdict_id"),
        )
        .join(_standing, _standing.c.shape_id == _subjects.c.shape_id)
        .join(_verdicts, _verdicts.c.id == _standing.c.verdict_id)
        .where(*conditions, _subjects.c.subject > after)
        .order_by(_subjects.c.subject)
        .limit(LOOK)
    )  # fmt: skip


def _model(row: Any) -> ModelOfUse:
    return ModelOfUse(row.subject, title_of(row.subject), row.answer, row.verdict_id)
