"""Tokens as rows: kept as a hash, shown once, perhaps with an end and with networks they work from."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, insert, or_, update

from commonweight.db import Connection
from commonweight.db.tables import identity as tables
from commonweight.errors import InvalidInput
from commonweight.identity.callers import Network, Role, TokenInfo
from commonweight.identity.grants import Grants

TOKEN_PREFIX: Final = "cw_"
FOREIGN_PREFIX: Final = "hf_"  # huggingface.js refuses to send a token that begins with anything else
MAX_TOKEN_NAME: Final = 96  # characters; the width of its column
MAX_NETWORKS: Final = 64  # each is compared at each request


@dataclass(frozen=True)
class NewToken:
    """What a token is to be. `text` is what its holder sends."""

    account_id: int
    name: str
    role: Role
    text: str
    expires_at: datetime | None = None
    networks: tuple[Network, ...] = ()
    is_key: bool = False
    grants: Grants | None = None


def new_token() -> str:
    """The text of a new token: 256 bits from the system's generator."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def own_text(text: str) -> str:
    """The text of a token without the prefix that some clients insist on: `hf_cw_…` is `cw_…`."""
    return text.removeprefix(FOREIGN_PREFIX) if text.startswith(FOREIGN_PREFIX + TOKEN_PREFIX) else text


def digest_of(text: str) -> str:
    """As what the text of a token or a cookie is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """`10.0.0.0/8`, `2001:db8::/32`, or a single address. Raises InvalidInput that names the first that is none."""
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ip_network(text.strip()))
        except ValueError as error:
            hint = "Write it as 10.0.0.0/8, 2001:db8::/32, or as one address."
            raise InvalidInput(f"{text!r} is no network: {error}.", hint=hint) from None
    if len(found) > MAX_NETWORKS:
        raise InvalidInput(f"{len(found)} networks were given; at most {MAX_NETWORKS} are kept for a key.")
    return tuple(found)


async def insert_token(connection: Connection, now: datetime, token: NewToken) -> int:
    """Write a token's row; the number it got."""
    row = {
        "account_id": token.account_id,
        "name": token.name,
        "hash": digest_of(token.text),
        "role": token.role.word,
        "created_at": now,
        "is_key": token.is_key,
        "grants": token.grants.to_document() if token.grants else None,
        **_bounds(token.expires_at, token.networks),
    }
    inserted = await connection.execute(insert(tables.tokens).values(row).returning(tables.tokens.c.id))
    number: int = inserted.scalar_one()
    return number


async def bound_token(
    connection: Connection, token_id: int, expires_at: datetime | None, networks: tuple[Network, ...]
) -> None:
    """Give a token another end and other networks."""
    mine = tables.tokens.c.id == token_id
    await connection.execute(update(tables.tokens).where(mine).values(_bounds(expires_at, networks)))


async def renew_token(connection: Connection, token_id: int, text: str, former_until: datetime | None) -> None:
    """Give a token another text. The one that it had works until then; None: no longer. One before that is worthless."""
    row = tables.tokens.c
    former = row.hash if former_until is not None else None
    values = {"hash": digest_of(text), "former_hash": former, "former_until": former_until}
    await connection.execute(update(tables.tokens).where(row.id == token_id).values(values))


def token_by_digest(digest: str, now: datetime) -> ColumnElement[bool]:
    """The condition for the token whose text has this digest: the newest, or the one before while it still works."""
    row = tables.tokens.c
    return or_(row.hash == digest, and_(row.former_hash == digest, row.former_until > now))


def token_info(row: Any, number: int | None = None, name: str | None = None) -> TokenInfo:
    """A row with the columns of `tokens`; number and name may stand under other labels."""
    networks = tuple(ip_network(text) for text in row.networks or ())
    return TokenInfo(
        row.id if number is None else number,
        row.name if name is None else name,
        Role[row.role.upper()],
        row.expires_at,
        networks,
        bool(row.is_key),
        Grants.of_document(row.grants) if row.grants is not None else None,
    )


def _bounds(expires_at: datetime | None, networks: tuple[Network, ...]) -> dict[str, Any]:
    return {"expires_at": expires_at, "networks": [str(network) for network in networks] or None}
