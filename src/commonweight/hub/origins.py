"""
Repositories that carry the weights of others: what was converted, merged or tuned here.

Access follows the weights. Who may have the files of such a repository is asked of those that they came from, at the
moment of asking: an origin that is closed, gated or opened later closes or opens what carries it. The edges are kept by
what made the files and by no card, so that nobody edits them away.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update

from commonweight.db import Connection, insert_ignoring, upsert
from commonweight.db.tables import hub as tables
from commonweight.hub import repositories
from commonweight.hub.errors import CarriesPrivate, GatedRepository
from commonweight.hub.granted import gated_for, granted
from commonweight.hub.values import Repository, Revision
from commonweight.identity import Caller, Right

_edges = tables.weight_origins


@dataclass(frozen=True, slots=True)
class Origin:
    """
    What some weights came from: a repository at a commit, `repository` None where it was deleted. `path` names a file that
    is its weights unchanged in another format; "" where there is none. `name` is the last one known.

    Of a deleted one `was_closed` says whether it was private or gated, and `namespace_id` whose it was.
    """

    id: int
    child_id: int  # what carries them, one step below
    name: str
    commit: str
    path: str
    repository: Repository | None
    namespace_id: int
    was_closed: bool

    @property
    def name_now(self) -> str:
        return self.name if self.repository is None else self.repository.full_name

    @property
    def is_open(self) -> bool:
        """Whether everybody may have its own files."""
        if self.repository is None:
            return not self.was_closed
        return not self.repository.is_private and not self.repository.gated

    @property
    def is_private(self) -> bool:
        """Not everybody may know of it."""
        return self.was_closed if self.repository is None else self.repository.is_private

    def gives_files_to(self, caller: Caller, granted: Collection[int] = ()) -> bool:
        """Its own files, whatever stands above it. `granted` are the gated repositories that have let the caller in."""
        if self.is_open or (not self.is_private and self.id in granted):
            return True
        if self.repository is None:
            return caller.may_read(self.namespace_id)
        return caller.may_with(Right.READ, self.repository)


async def record(
    connection: Connection, repository: Repository, origins: Sequence[tuple[Revision, str]], now: datetime
) -> None:
    """That a repository carries weights of these revisions; beside each the path of a file that is them unchanged, or ""."""
    for revision, path in origins:
        origin = revision.repository
        if origin.id == repository.id:
            continue
        row: dict[str, Any] = {"repository_id": repository.id, "origin_id": origin.id, "commit": revision.commit}
        row |= {"path": path, "name": origin.full_name, "namespace_id": origin.namespace_id}
        row |= {"was_closed": origin.is_private or bool(origin.gated), "recorded_at": now}
        await upsert(connection, _edges, row, keys=["repository_id", "origin_id"])


async def direct(connection: Connection, repository_ids: Collection[int]) -> list[Origin]:
    """What stands one step above these."""
    query = select(_edges).where(_edges.c.repository_id.in_(repository_ids)).order_by(_edges.c.origin_id, _edges.c.commit)
    rows = (await connection.execute(query)).all()
    return [
        Origin(
            id=row.origin_id,
            child_id=row.repository_id,
            name=row.name,
            commit=row.commit,
            path=row.path,
            repository=await repositories.by_id(connection, row.origin_id),
            namespace_id=row.namespace_id,
            was_closed=row.was_closed,
        )
        for row in rows
    ]


async def above(connection: Connection, repository_ids: Collection[int]) -> list[Origin]:
    """Everything that stands above these, over all steps: no bound, since whoever is not asked would be left out."""
    found: list[Origin] = []
    seen, level = set(repository_ids), set(repository_ids)
    while level:
        step = await direct(connection, level)
        found += step
        level = {one.id for one in step} - seen
        seen |= level
    return found


async def gives_files_of_scope(connection: Connection, caller: Caller, scope: int) -> bool:
    """Whether all that the repositories of a network carry lets the caller have its files."""
    columns = tables.repositories.c
    here = select(columns.id).where(columns.scope == scope, exists().where(_edges.c.repository_id == columns.id))
    carrying = set(await connection.scalars(here))
    if not carrying:
        return True
    found = await above(connection, carrying)
    let_in = await granted(connection, caller, gated_for(caller, [one.repository for one in found]))
    return all(one.gives_files_to(caller, let_in) for one in found)


async def leave(connection: Connection, gone: Repository, now: datetime) -> bool:
    """
    Before a repository is deleted: what carries its weights stays behind the gate as it stands now, and behind what stood
    above it. Whether it carried weights of others itself: then its bytes were never its namespace's alone.
    """
    gone = await repositories.by_id(connection, gone.id) or gone  # as it is now, not as somebody found it
    closed = gone.is_private or bool(gone.gated)
    below = list(await connection.scalars(select(_edges.c.repository_id).where(_edges.c.origin_id == gone.id)))
    last = {"was_closed": closed, "namespace_id": gone.namespace_id, "name": gone.full_name}
    await connection.execute(update(_edges).where(_edges.c.origin_id == gone.id).values(**last))
    over = (await connection.execute(select(_edges).where(_edges.c.repository_id == gone.id))).all()
    rows = [
        {**row._mapping, "repository_id": child, "path": "", "recorded_at": now}
        for row in over
        for child in below
        if child != row.origin_id
    ]
    await insert_ignoring(connection, _edges, rows)
    return bool(over)


def check_give_files(caller: Caller, what: str, origins: Sequence[Origin], granted: Collection[int] = ()) -> None:
    """Raises GatedRepository where one of them keeps its files from the caller."""
    for origin in origins:
        if not origin.gives_files_to(caller, granted):
            raise GatedRepository(
                f"Access to {what} is restricted and you are not in the authorized list. It carries the weights of "
                f"{_told_to(caller, origin)}, whose files you may not have.",
                hint="Ask for access to that one.",
            )


async def check_opening(connection: Connection, caller: Caller, repository: Repository, visibility: str | None) -> None:
    """Raises CarriesPrivate where what carries the weights of something private would be shown to everybody."""
    if visibility != "public":
        return
    for origin in await above(connection, [repository.id]):
        if origin.is_private:
            raise CarriesPrivate(
                f"{repository.full_name} carries the weights of {_told_to(caller, origin)}, which is private.",
                hint="Open that one first, or leave this one private.",
            )


def _told_to(caller: Caller, origin: Origin) -> str:
    """By its name where the caller may know of it."""
    return origin.name_now if not origin.is_private or origin.gives_files_to(caller) else "another model"
