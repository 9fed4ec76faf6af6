"""The remotes of an installation: in the database, their keys sealed, and for `REMOTE_SECONDS` in memory."""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import delete, select

from commonweight.clock import Clock
from commonweight.db import Database, upsert
from commonweight.db.tables.identity import accounts
from commonweight.db.tables.serving import remotes as table
from commonweight.errors import InvalidInput, NotAllowed, NotFound
from commonweight.identity import Caller, record
from commonweight.serving.models import Mode, ServableModel, Target
from commonweight.serving.remote.addresses import check_address

REMOTE_SECONDS: Final = 2.0  # a changed remote reaches a running process after this
MAX_REMOTES: Final = 500  # all of them are held in memory
MAX_ORGANISATIONS: Final = 1_000
MAX_TEXT: Final = 500  # characters of a note, of a model's name, of a key
_NAME: Final = re.compile(r"(?!ft:)[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
MODES: Final = (Mode.CHAT, Mode.EMBEDDINGS, Mode.RERANK)


class RemoteNotFound(NotFound):
    code = "remote_not_found"


class InvalidRemote(InvalidInput):
    code = "invalid_remote"


@dataclass(frozen=True)
class Remote:
    """One model elsewhere. `organisations` are those whose requests may leave the house for it; none: it is off."""

    name: str
    base_url: str  # without /v1
    model: str  # what it is called there
    mode: Mode = Mode.CHAT
    price_note: str = ""
    organisations: tuple[str, ...] = ()
    has_key: bool = False
    created_at: datetime | None = None

    @property
    def servable(self) -> ServableModel:
        return ServableModel(f"remote/{self.name}", "", "", 0, self.name, self.mode, target=Target.REMOTE)


class Remotes:
    """`key` (32 bytes) seals the keys of remotes; `allow_private` lets them be addresses of this network."""

    def __init__(self, database: Database, clock: Clock, key: bytes, allow_private: bool = False) -> None:
        self._database = database
        self._clock = clock
        self._seal = Fernet(base64.urlsafe_b64encode(key))
        self.allow_private = allow_private
        self._loading = asyncio.Lock()
        self._table: Mapping[str, Remote] = {}
        self._keys: Mapping[str, str] = {}
        self._fresh_until = 0.0

    async def table(self) -> Mapping[str, Remote]:
        """All of them by name, from memory where it is fresh."""
        if self._fresh_until < time.monotonic():
            async with self._loading:
                if self._fresh_until < time.monotonic():
                    await self._load()
        return self._table

    async def _load(self) -> None:
        async with self._database.read() as connection:
            rows = (await connection.execute(select(table).order_by(table.c.name).limit(MAX_REMOTES))).all()
        self._table = {row.name: _remote(row) for row in rows}
        self._keys = {row.name: row.sealed_key for row in rows}
        self._fresh_until = time.monotonic() + REMOTE_SECONDS

    async def key_of(self, name: str) -> str:
        """The opened key of a remote; empty where it has none. Raises InvalidRemote where the secret has changed."""
        await self.table()
        sealed = self._keys.get(name, "")
        try:
            return self._seal.decrypt(sealed.encode()).decode() if sealed else ""
        except InvalidToken:
            hint = "The installation's secret has changed; set the remote's key again."
            raise InvalidRemote(f"The key of the remote {name!r} cannot be opened.", hint=hint) from None

    async def read(self, caller: Caller) -> Sequence[Remote]:
        """All of them. Raises NotAllowed."""
        check_administers(caller)
        self._fresh_until = 0.0
        return list((await self.table()).values())

    async def set(self, caller: Caller, remote: Remote, key: str | None = None) -> Remote:
        """
        Add a remote, or change it; a key of None leaves the one there is. Audited, without the key.

        Raises NotAllowed, InvalidRemote, PrivateAddress.
        """
        check_administers(caller)
        self._fresh_until = 0.0
        known = await self.table()
        before = known.get(remote.name)
        if before is None and len(known) >= MAX_REMOTES:
            raise InvalidRemote(f"There are {MAX_REMOTES} remotes, which is the most; remove one first.")
        row = {**_row(remote, self.allow_private), "sealed_key": self._sealed(key, remote.name)}
        now = self._clock.now()
        row["created_at"] = (before and before.created_at) or now
        async with self._database.write() as connection:
            await _check_organisations(connection, remote.organisations)
            await upsert(connection, table, row, keys=["name"])
            detail = {"base_url": row["base_url"], "organisations": list(remote.organisations)}
            await record(connection, now, caller, "remote.set", remote.name, **detail)
        self._fresh_until = 0.0
        return (await self.table())[remote.name]

    def _sealed(self, key: str | None, name: str) -> str:
        if key is None:
            return self._keys.get(name, "")
        if len(key) > MAX_TEXT or not key.isascii() or any(character.isspace() for character in key):
            raise InvalidRemote(f"A key has at most {MAX_TEXT} characters of ASCII and no spaces.")
        return self._seal.encrypt(key.encode()).decode() if key else ""

    async def remove(self, caller: Caller, name: str) -> None:
        """Forget a remote and its key. Audited. Raises NotAllowed, RemoteNotFound."""
        check_administers(caller)
        async with self._database.write() as connection:
            removed = await connection.execute(delete(table).where(table.c.name == name))
            if not removed.rowcount:
                raise RemoteNotFound(f"There is no remote {name!r}.")
            await record(connection, self._clock.now(), caller, "remote.remove", name)
        self._fresh_until = 0.0


def may_use(caller: Caller, remote: Remote) -> bool:
    """Whether requests of this caller may leave the house: by an organisation, or an account of its own, that is named."""
    if caller.account is None:
        return False
    names = {caller.account.name.lower(), *(account.name.lower() for account, _ in caller.organisations.values())}
    return any(name.lower() in names for name in remote.organisations)


def check_administers(caller: Caller) -> None:
    """Raises NotAllowed for anybody but an administrator of the installation."""
    if not caller.is_admin:
        hint = "Use an administrator's token that has the role admin."
        raise NotAllowed("Remotes are read and set by an administrator of this installation only.", hint=hint)


async def _check_organisations(connection: Any, names: Sequence[str]) -> None:
    wanted = {name.lower() for name in names}
    if len(wanted) > MAX_ORGANISATIONS:
        raise InvalidRemote(f"At most {MAX_ORGANISATIONS} organisations are named.")
    query = select(accounts.c.name_lower).where(accounts.c.name_lower.in_(sorted(wanted)))
    missing = wanted - set((await connection.scalars(query)).all())
    if missing:
        raise InvalidRemote(f"There is no organisation or account named {', '.join(sorted(missing))}.")


def _row(remote: Remote, allow_private: bool) -> dict[str, Any]:
    if not _NAME.fullmatch(remote.name):
        expected = "1 to 128 of A-Z a-z 0-9 . _ : -, beginning with a letter or a digit, and not with 'ft:'"
        raise InvalidRemote(f"{remote.name!r} is no name for a remote; expected {expected}.")
    if remote.mode not in MODES:
        raise InvalidRemote(f"A remote is for {', '.join(MODES)}; {remote.mode!r} came.")
    if not 0 < len(remote.model) <= MAX_TEXT or len(remote.price_note) > MAX_TEXT:
        raise InvalidRemote(f"The model's name there has 1 to {MAX_TEXT} characters, a note at most as many.")
    row: dict[str, Any] = {"name": remote.name, "base_url": check_address(remote.base_url, allow_private)}
    row |= {"model": remote.model, "mode": remote.mode.value, "price_note": remote.price_note}
    return {**row, "organisations": list(remote.organisations)}


def _remote(row: Any) -> Remote:
    organisations = tuple(row.organisations)
    return Remote(
        row.name,
        row.base_url,
        row.model,
        Mode(row.mode),
        row.price_note,
        organisations,
        bool(row.sealed_key),
        row.created_at,
    )
