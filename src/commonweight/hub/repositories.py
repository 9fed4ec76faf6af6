"""Rows of repositories: making, finding, listing, changing. A private one looks missing to those who may not see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Label,
    Select,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from commonweight.clock import Clock
from commonweight.db import Connection, insert_ignoring
from commonweight.db.tables import hub as tables
from commonweight.db.tables import identity as accounts_tables
from commonweight.errors import InvalidInput
from commonweight.hub.errors import RepositoryExists, RepositoryNotFound
from commonweight.hub.granted import is_fine_grained, is_granted
from commonweight.hub.guests import GUEST_SCOPES, guests_repository, is_guests_own
from commonweight.hub.objects import give_up_all
from commonweight.hub.values import KINDS, Repository
from commonweight.identity import Caller, Right

_accounts = accounts_tables.accounts
_repositories = tables.repositories

VISIBILITIES = ("public", "private")
DRAFT = "draft"  # private, until somebody accepts it: chosen and left by deeds of its own alone
GATED = ("", "auto", "manual")
IDS_AT_ONCE = 500  # bound parameters of one statement; SQLite allows some thousands
MAX_SEARCH = 200  # characters of a search; a name has at most twice 96
MAX_LISTED = 1000  # repositories in one page of a list

SORTS = {
    "createdAt": _repositories.c.created_at,
    "lastModified": _repositories.c.updated_at,
    "downloads": _repositories.c.downloads,
}


@dataclass(frozen=True, slots=True)
class Namespace:
    id: int
    name: str
    default_visibility: str


@dataclass(frozen=True, slots=True)
class Query:
    """What a list asks for. `after` is the number of repositories to skip."""

    kind: str
    search: str = ""
    author: str = ""
    sort: str = "lastModified"
    descending: bool = True
    limit: int = 100
    after: int = 0


def check_kind(kind: str) -> str:
    if kind not in KINDS:
        raise InvalidInput(f"{kind!r} is no kind of repository; expected one of {', '.join(KINDS)}.")
    return kind


def check_visibility(visibility: str) -> str:
    if visibility not in VISIBILITIES:
        raise InvalidInput(f"{visibility!r} is no visibility; expected one of {', '.join(VISIBILITIES)}.")
    return visibility


def check_gated(gated: str) -> str:
    if gated not in GATED:
        raise InvalidInput(f"{gated!r} is no way of gating; expected auto, manual or nothing.")
    return gated


async def namespace(connection: Connection, name: str) -> Namespace | None:
    query = select(_accounts.c.id, _accounts.c.name, _accounts.c.default_visibility)
    row = (await connection.execute(query.where(_accounts.c.name_lower == name.lower()))).first()
    return Namespace(row.id, row.name, row.default_visibility) if row else None


async def by_name(connection: Connection, kind: str, namespace: str, name: str) -> Repository | None:
    """The repository of that name, whoever asks; capitals do not count. Follows a move."""
    here = and_(_repositories.c.kind == kind, _repositories.c.name_lower == name.lower())
    row = (await connection.execute(_select().where(here, _accounts.c.name_lower == namespace.lower()))).first()
    if row is not None:
        return repository_of(row)
    old = tables.redirects.c
    was = and_(old.kind == kind, old.namespace_lower == namespace.lower(), old.name_lower == name.lower())
    moved = select(old.repository_id).where(was).scalar_subquery()
    row = (await connection.execute(_select().where(_repositories.c.id == moved))).first()
    return repository_of(row, moved=True) if row else None


async def by_id(connection: Connection, repository_id: int) -> Repository | None:
    row = (await connection.execute(_select().where(_repositories.c.id == repository_id))).first()
    return repository_of(row) if row else None


def may_see(caller: Caller, repository: Repository) -> bool:
    return not repository.is_private or caller.may_with(Right.READ, repository)


def not_found(kind: str, full_name: str) -> RepositoryNotFound:
    """One sentence for what is missing and for what is hidden."""
    return RepositoryNotFound(f"There is no {kind} repository {full_name!r}, or you may not see it.")


async def insert_repository(
    connection: Connection, kind: str, owner: Namespace, name: str, visibility: str, now: datetime, created_by: int | None
) -> Repository:
    """Write the row; its number becomes its scope. Raises RepositoryExists."""
    there = await by_name(connection, kind, owner.name, name)
    if there is not None and not there.moved:
        raise RepositoryExists(there)
    row: dict[str, Any] = {"kind": kind, "namespace_id": owner.id, "name": name, "name_lower": name.lower()}
    row |= {"visibility": visibility, "gated": "", "scope": 0, "downloads": 0, "created_at": now, "updated_at": now}
    row |= {"created_by": created_by}
    number = await connection.scalar(insert(_repositories).values(row).returning(_repositories.c.id))
    assert number is not None
    await connection.execute(update(_repositories).where(_repositories.c.id == number).values(scope=number))
    await forget_redirect(connection, kind, owner.name, name)  # the new one takes the name over
    return Repository(number, kind, owner.name, owner.id, name, visibility, "", number, 0, now, now, created_by=created_by)


async def forget_redirect(connection: Connection, kind: str, namespace: str, name: str) -> None:
    old = tables.redirects.c
    was = and_(old.kind == kind, old.namespace_lower == namespace.lower(), old.name_lower == name.lower())
    await connection.execute(delete(tables.redirects).where(was))


async def delete_repository(
    connection: Connection, repository: Repository, clock: Clock, *, known_again: bool = True
) -> None:
    """
    Take away the row and what hangs on it, and the git objects where no other repository shares the network. Where
    `known_again`, its namespace may go on referring to its bytes.
    """
    if known_again:
        was = {"scope": repository.scope, "namespace_id": repository.namespace_id, "deleted_at": clock.now()}
        await insert_ignoring(connection, tables.former_scopes, [was])
    await connection.execute(delete(_repositories).where(_repositories.c.id == repository.id))
    shared = select(_repositories.c.id).where(_repositories.c.scope == repository.scope).limit(1)
    if await connection.scalar(shared) is None:
        await give_up_all(connection, repository.scope, clock)


async def change(connection: Connection, repository: Repository, **columns: Any) -> Repository:
    await connection.execute(update(_repositories).where(_repositories.c.id == repository.id).values(**columns))
    changed = await by_id(connection, repository.id)
    if changed is None:
        raise not_found(repository.kind, repository.full_name)
    return changed


async def move_repository(
    connection: Connection, repository: Repository, target: Namespace, name: str, now: datetime
) -> Repository:
    """Give a new name and leave a redirect under the old one. Raises RepositoryExists."""
    there = await by_name(connection, repository.kind, target.name, name)
    if there is not None and not there.moved and there.id != repository.id:
        raise RepositoryExists(there)
    await forget_redirect(connection, repository.kind, target.name, name)
    await forget_redirect(connection, repository.kind, repository.namespace, repository.name)
    row: dict[str, Any] = {"kind": repository.kind, "namespace_lower": repository.namespace.lower()}
    row |= {"name_lower": repository.name.lower(), "repository_id": repository.id}
    same = (target.id, name.lower()) == (repository.namespace_id, repository.name.lower())
    if not same:
        await connection.execute(insert(tables.redirects).values(row))
    return await change(connection, repository, namespace_id=target.id, name=name, name_lower=name.lower(), updated_at=now)


async def listing(connection: Connection, caller: Caller, query: Query) -> list[Repository]:
    """Those that the caller may see, in a stable order."""
    order = SORTS.get(query.sort, SORTS["lastModified"])
    ordered = (order.desc(), _repositories.c.id.desc()) if query.descending else (order.asc(), _repositories.c.id.asc())
    conditions = [_repositories.c.kind == query.kind, visible_to(caller)]
    if query.author:
        conditions.append(_accounts.c.name_lower == query.author.lower())
    if query.search:
        conditions.append(_matches(query.search))
    limited = _select().where(*conditions).order_by(*ordered).limit(min(query.limit, MAX_LISTED)).offset(query.after)
    return [repository_of(row) for row in await connection.execute(limited)]


def _matches(search: str) -> ColumnElement[bool]:
    full = _accounts.c.name_lower + "/" + _repositories.c.name_lower
    words = search[:MAX_SEARCH].lower().split()
    return and_(*(full.contains(word, autoescape=True) for word in words))


def visible_to(caller: Caller) -> ColumnElement[bool]:
    public = _repositories.c.visibility == "public"
    if caller.account is None:
        return public
    if caller.is_admin:
        return or_(public, _repositories.c.visibility != "public")
    return or_(public, belongs_to(caller, _repositories.c.namespace_id, _repositories.c.id))


async def readable(connection: Connection, caller: Caller, ids: Collection[int]) -> set[int]:
    """Those of these numbers whose repository is there and that the caller may see."""
    found: set[int] = set()
    wanted = sorted(ids)
    for start in range(0, len(wanted), IDS_AT_ONCE):
        some = _repositories.c.id.in_(wanted[start : start + IDS_AT_ONCE])
        found |= set(await connection.scalars(select(_repositories.c.id).where(some, visible_to(caller))))
    return found


async def readable_ones(connection: Connection, caller: Caller, ids: Collection[int]) -> dict[int, Repository]:
    """Those of these numbers that are there and that the caller may see."""
    found: dict[int, Repository] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), IDS_AT_ONCE):
        some = _repositories.c.id.in_(wanted[start : start + IDS_AT_ONCE])
        rows = await connection.execute(_select().where(some, visible_to(caller)))
        found |= {row.id: repository_of(row) for row in rows}
    return found


async def readable_scope(connection: Connection, caller: Caller, scope: int) -> bool:
    """
    Whether the caller may read every repository of a network; False where there never was one. Of one whose repositories
    are all gone: whether they were the caller's own, or of its organisations. A guest's scope is for him alone.
    """
    if caller.is_admin:
        return True
    here, account_id = _repositories.c, caller.account.id if caller.account else None
    if scope > GUEST_SCOPES:
        return await is_guests_own(connection, scope, account_id)
    is_open = and_(here.visibility == "public", here.gated == "")
    readable = or_(
        is_open, belongs_to(caller, here.namespace_id, here.id), is_granted(None if is_fine_grained(caller) else account_id)
    )
    total, visible = await _count(connection, here.scope == scope, readable)
    if total == 0:
        former = tables.former_scopes.c
        total, visible = await _count(connection, former.scope == scope, belongs_to(caller, former.namespace_id))
    return total > 0 and total == visible


async def writable_scope(connection: Connection, caller: Caller, scope: int) -> bool:
    """
    Whether the caller may send bytes into a network: who may write to a repository of it; into a guest's scope he alone,
    for as long as he may see what it is for.
    """
    if scope > GUEST_SCOPES:
        account_id = caller.account.id if caller.account else None
        number = await guests_repository(connection, scope, account_id)
        return number is not None and bool(await readable(connection, caller, [number]))
    found = await connection.execute(_select().where(_repositories.c.scope == scope))
    return any(caller.may_with(Right.WRITE, repository_of(row)) for row in found)


def belongs_to(
    caller: Caller, namespace_id: ColumnElement[int], repository_id: ColumnElement[int] | None = None
) -> ColumnElement[bool]:
    """What is private and exists for the caller: by its namespace, or named by his fine-grained token."""
    there = namespace_id.in_(caller.readable_namespaces) if caller.readable_namespaces else false()
    if repository_id is None or not caller.readable_repositories:
        return there
    return or_(there, and_(repository_id.in_(caller.readable_repositories), namespace_id.in_(caller.namespaces)))


async def _count(connection: Connection, these: ColumnElement[bool], condition: ColumnElement[bool]) -> tuple[int, int]:
    query = select(func.count(), func.coalesce(func.sum(_as_number(condition)), 0)).where(these)
    total, fitting = (await connection.execute(query)).one()
    return int(total), int(fitting)


def _as_number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, literal(1)), else_=literal(0))


def _select() -> Select[Any]:
    return select(_repositories, _accounts.c.name.label("namespace"), carries_weights()).join(
        _accounts, _accounts.c.id == _repositories.c.namespace_id
    )


def selected() -> Select[Any]:
    """A query over repositories whose rows `repository_of` reads."""
    return _select()


def carries_weights() -> Label[bool]:
    """The column `carries` of a query over repositories."""
    return exists().where(tables.weight_origins.c.repository_id == _repositories.c.id).label("carries")


def repository_of(row: Any, *, moved: bool = False) -> Repository:
    return Repository(
        id=row.id,
        kind=row.kind,
        namespace=row.namespace,
        namespace_id=row.namespace_id,
        name=row.name,
        visibility=row.visibility,
        gated=row.gated,
        scope=row.scope,
        downloads=row.downloads,
        created_at=row.created_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
        moved=moved,
        downloads_all_time=row.downloads_all_time,
        likes=row.likes,
        trending=row.trending,
        carries=bool(row.carries),
    )
