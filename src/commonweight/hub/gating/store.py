"""Rows of access requests and of what was accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, select, update

from commonweight.db import Connection, insert_ignoring
from commonweight.db.tables import gates as tables
from commonweight.db.tables import identity as accounts_tables
from commonweight.hub.gating.terms import Terms
from commonweight.hub.gating.values import WITHDRAWN, AcceptedTerms, AccessRequest
from commonweight.hub.values import Repository
from commonweight.identity import Account

_requests = tables.access_requests
_acceptances = tables.access_acceptances
_accounts = accounts_tables.accounts
_deciders = accounts_tables.accounts.alias("deciders")


async def listing(
    connection: Connection, repository: Repository, status: str, after: int, limit: int
) -> list[AccessRequest]:
    """By number, those behind `after`."""
    these = and_(_requests.c.repository_id == repository.id, _requests.c.status == status, _requests.c.id > after)
    rows = await connection.execute(_select().where(these).order_by(_requests.c.id).limit(limit))
    return [_request(row) for row in rows]


async def counts(connection: Connection, repository: Repository) -> dict[str, int]:
    query = select(_requests.c.status, func.count().label("requests")).where(_requests.c.repository_id == repository.id)
    return {row.status: row.requests for row in await connection.execute(query.group_by(_requests.c.status))}


async def of_account(connection: Connection, repository: Repository, account_id: int) -> AccessRequest | None:
    return await _one(connection, repository, _requests.c.account_id == account_id)


async def of_id(connection: Connection, repository: Repository, request_id: int) -> AccessRequest | None:
    return await _one(connection, repository, _requests.c.id == request_id)


async def user_named(connection: Connection, name: str) -> int | None:
    """The number of the person of that name; capitals do not count."""
    theirs = and_(_accounts.c.name_lower == name.lower(), _accounts.c.kind == "user")
    return await connection.scalar(select(_accounts.c.id).where(theirs))


async def ensure(connection: Connection, repository: Repository, account_id: int, now: datetime) -> AccessRequest:
    """The row of this person, a withdrawn one where there was none."""
    row = {"repository_id": repository.id, "account_id": account_id, "status": WITHDRAWN, "reason": ""}
    row |= {"acceptance_id": None, "decided_by": None, "asked_at": now, "changed_at": now}
    await insert_ignoring(connection, _requests, [row])
    found = await of_account(connection, repository, account_id)
    assert found is not None
    return found


async def change(connection: Connection, request: AccessRequest, now: datetime, **columns: Any) -> bool:
    """Set columns where it stands as it was found; False where somebody has changed it since."""
    as_found = and_(_requests.c.id == request.id, _requests.c.status == request.status)
    done = await connection.execute(update(_requests).where(as_found).values(changed_at=now, **columns))
    return done.rowcount == 1


async def keep_acceptance(
    connection: Connection,
    repository: Repository,
    account: Account,
    terms: Terms,
    fields: Mapping[str, Any],
    now: datetime,
    *,
    is_shown: bool,
) -> int:
    """Write what was accepted, with its texts. The number of the acceptance."""
    texts = [{"hash": terms.hash, "text": terms.text}]
    texts += [{"hash": one.hash, "text": one.text} for one in terms.licence_texts]
    await insert_ignoring(connection, tables.access_texts, list({one["hash"]: one for one in texts}.values()))
    row = {
        "repository_id": repository.id,
        "repository": f"{repository.kind}s/{repository.full_name}",
        "commit": terms.commit,
        "account_id": account.id,
        "account": account.name,
        "fullname": account.fullname,
        "terms": terms.hash,
        "licence": terms.licence,
        "licence_texts": [{"path": one.path, "hash": one.hash} for one in terms.licence_texts],
        "fields": dict(fields),
        "is_shown": is_shown,
        "accepted_at": now,
    }
    number: int | None = await connection.scalar(insert(_acceptances).values(row).returning(_acceptances.c.id))
    assert number is not None
    return number


async def acceptances(connection: Connection, repository: Repository, only: int | None = None) -> list[AcceptedTerms]:
    """The oldest first; with `only`, those of this account."""
    stands = and_(
        _requests.c.repository_id == _acceptances.c.repository_id, _requests.c.account_id == _acceptances.c.account_id
    )
    query = select(_acceptances, _requests.c.status, _requests.c.changed_at).outerjoin(_requests, stands)
    query = query.where(_acceptances.c.repository_id == repository.id).order_by(_acceptances.c.id)
    if only is not None:
        query = query.where(_acceptances.c.account_id == only)
    return [_acceptance(row) for row in await connection.execute(query)]


async def text(connection: Connection, digest: str) -> str | None:
    return await connection.scalar(select(tables.access_texts.c.text).where(tables.access_texts.c.hash == digest))


async def _one(connection: Connection, repository: Repository, which: ColumnElement[bool]) -> AccessRequest | None:
    row = (await connection.execute(_select().where(_requests.c.repository_id == repository.id, which))).first()
    return _request(row) if row else None


def _select() -> Select[Any]:
    joined = (
        _requests.join(_accounts, _accounts.c.id == _requests.c.account_id)
        .outerjoin(_deciders, _deciders.c.id == _requests.c.decided_by)
        .outerjoin(_acceptances, _acceptances.c.id == _requests.c.acceptance_id)
    )
    columns = (_accounts.c.name.label("user"), _accounts.c.fullname, _deciders.c.name.label("decider"))
    return select(_requests, *columns, _acceptances.c.fields).select_from(joined)


def _request(row: Any) -> AccessRequest:
    return AccessRequest(
        id=row.id,
        account_id=row.account_id,
        user=row.user,
        fullname=row.fullname,
        status=row.status,
        has_accepted_terms=row.acceptance_id is not None,
        decided_by=row.decider or "",
        was_decided=row.decided_by is not None,
        reason=row.reason,
        asked_at=row.asked_at,
        changed_at=row.changed_at,
        fields=row.fields or {},
    )


def _acceptance(row: Any) -> AcceptedTerms:
    texts: Sequence[Mapping[str, str]] = row.licence_texts
    return AcceptedTerms(
        id=row.id,
        repository=row.repository,
        commit=row.commit,
        user=row.account,
        fullname=row.fullname,
        terms=row.terms,
        licence=row.licence,
        licence_texts=texts,
        fields=row.fields,
        is_shown=row.is_shown,
        accepted_at=row.accepted_at,
        status=row.status or "",
        changed_at=row.changed_at,
    )
