"""Which changes somebody asks for, and the statements that find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, or_, select

from commonweight.db.tables import policy as policy_tables
from commonweight.db.tables import standing as tables
from commonweight.errors import InvalidInput
from commonweight.policy.causes import CAUSES
from commonweight.rights import VALUES

PAGE: Final = 50  # changes of one page
MOST: Final = 500  # changes of one answer, and of one look into the database
LOOKED_AT: Final = 200  # changes of one look for a page of causes
DIRECTIONS: Final[Mapping[str, str]] = {"worse": "Less may be done than before.", "better": "More may be done than before."}
#: Of values, from what may be done to what may not, as verdicts are summed up.
RANKS: Final = {value: rank for rank, value in enumerate(VALUES)}

_causes, _changes, _uses = tables.causes, tables.changes, policy_tables.uses


@dataclass(frozen=True)
class ChangeFilters:
    """
    What to tell of. Empty words and None filter nothing; `before_id` goes on where a page ended. `language`: in which
    headlines are told, none where it is empty.
    """

    use: str = ""
    subject: str = ""
    before: str = ""
    after: str = ""
    kind: str = ""
    cause: int | None = None
    before_id: int | None = None
    limit: int = PAGE
    direction: str = ""
    before_cause: int | None = None
    language: str = ""

    def checked(self) -> ChangeFilters:
        """This, if its words are in the vocabulary. Raises InvalidInput."""
        for name, value, words in (
            ("before", self.before, VALUES),
            ("after", self.after, VALUES),
            ("kind", self.kind, CAUSES),
            ("direction", self.direction, DIRECTIONS),
        ):
            if value and value not in words:
                raise InvalidInput(
                    f"{name} is {value!r}; expected one of {', '.join(words)}.", hint="Leave it out to see all."
                )
        if not 1 <= self.limit <= MOST:
            raise InvalidInput(f"limit is {self.limit}; expected 1 to {MOST}.")
        return self


def newest_first(filters: ChangeFilters, before_id: int | None) -> Any:
    older = [] if before_id is None else [_changes.c.id < before_id]
    return _selecting(filters).where(*older).order_by(_changes.c.id.desc()).limit(MOST)


def cause_by_cause(filters: ChangeFilters, at: tuple[int, int] | None) -> Any:
    cause_id, number = _changes.c.cause_id, _changes.c.id
    older = [] if at is None else [or_(cause_id < at[0], and_(cause_id == at[0], number < at[1]))]
    return _selecting(filters).where(*older).order_by(cause_id.desc(), number.desc()).limit(LOOKED_AT)


def _selecting(filters: ChangeFilters) -> Any:
    columns = (_causes.c.kind, _causes.c.words, _causes.c.account_id, _causes.c.at.label("caused_at"))
    return (
        select(_changes, *columns, _uses.c.name.label("use_name"))
        .join(_causes, _causes.c.id == _changes.c.cause_id)
        .join(_uses, _uses.c.id == _changes.c.use_id)
        .where(*_conditions(filters))
    )


def _conditions(filters: ChangeFilters) -> list[ColumnElement[bool]]:
    pairs = (
        (_uses.c.name, filters.use),
        (_changes.c.before, filters.before),
        (_changes.c.after, filters.after),
        (_causes.c.kind, filters.kind),
        (_changes.c.cause_id, filters.cause),
    )
    found: list[ColumnElement[bool]] = [column == value for column, value in pairs if value]
    if filters.subject:
        found.append(_changes.c.subject.contains(filters.subject, autoescape=True))
    if filters.direction:
        before, after = (case(RANKS, value=column, else_=0) for column in (_changes.c.before, _changes.c.after))
        found.append(after > before if filters.direction == "worse" else after < before)
    return found
