"""The webhooks of accounts: making, changing, looking at what was delivered, sending it again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooLarge
from commonweight.identity import Account, Caller, Role, record
from commonweight.jobs import enqueue
from commonweight.webhooks import store
from commonweight.webhooks.delivering import DELIVER
from commonweight.webhooks.sealing import Sealing
from commonweight.webhooks.sending import Sender
from commonweight.webhooks.values import DOMAINS, WAITING, WATCHED_TYPES, Delivery, Watched, Webhook

MAX_WEBHOOKS: Final = 50  # of one account: each event is compared with all of them
MAX_WATCHED: Final = 100
MAX_NAME: Final = 200  # characters of what is watched: twice 96, and a slash
MAX_SECRET: Final = 500


class WebhookNotFound(NotFound):
    code = "webhook_not_found"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants of a webhook. `secret` None: as it is; "": none."""

    url: str
    watched: Sequence[Watched]
    domains: Sequence[str] = DOMAINS
    secret: str | None = None


class Webhooks:
    def __init__(self, database: Database, clock: Clock, sealing: Sealing, sender: Sender) -> None:
        self._database = database
        self._clock = clock
        self._sealing = sealing
        self._sender = sender

    async def list(self, caller: Caller) -> Sequence[Webhook]:
        """Raises NotAllowed."""
        async with self._database.read() as connection:
            return await store.of_account(connection, _owner(caller).id)

    async def find(self, caller: Caller, key: str) -> Webhook:
        """Raises WebhookNotFound, NotAllowed."""
        async with self._database.read() as connection:
            return await self._find(connection, _owner(caller), key)

    async def create(self, caller: Caller, wanted: Wanted) -> Webhook:
        """Raises InvalidInput, PrivateAddress, TooLarge, NotAllowed."""
        account, now, key = _owner(caller), self._clock.now(), secrets.token_hex(12)
        row = self._columns(wanted) | {"key": key, "account_id": account.id, "is_enabled": True, "created_at": now}
        async with self._database.write() as connection:
            if await store.count(connection, account.id) >= MAX_WEBHOOKS:
                raise TooLarge(f"You have {MAX_WEBHOOKS} webhooks, which is as many as an account may have.")
            await store.insert_webhook(connection, {"sealed_secret": "", **row})
            await record(connection, now, caller, "webhook.create", f"webhooks/{key}", url=row["url"])
            return await self._find(connection, account, key)

    async def update(self, caller: Caller, key: str, wanted: Wanted) -> Webhook:
        """Raises WebhookNotFound, InvalidInput, PrivateAddress, TooLarge, NotAllowed."""
        account, columns = _owner(caller), self._columns(wanted)
        async with self._database.write() as connection:
            await store.change(connection, await self._find(connection, account, key), **columns)
            now = self._clock.now()
            await record(connection, now, caller, "webhook.update", f"webhooks/{key}", url=columns["url"])
            return await self._find(connection, account, key)

    async def enable(self, caller: Caller, key: str, enabled: bool) -> Webhook:
        """On or off; on also forgets what failed before. Raises WebhookNotFound, NotAllowed."""
        account = _owner(caller)
        async with self._database.write() as connection:
            found = await self._find(connection, account, key)
            await store.change(connection, found, is_enabled=enabled, why_disabled="", given_up=0)
            return await self._find(connection, account, key)

    async def delete(self, caller: Caller, key: str) -> None:
        """With its deliveries, those that wait too. Raises WebhookNotFound, NotAllowed."""
        account = _owner(caller)
        async with self._database.write() as connection:
            await store.remove(connection, await self._find(connection, account, key))
            await record(connection, self._clock.now(), caller, "webhook.delete", f"webhooks/{key}")

    async def deliveries(self, caller: Caller, key: str, before: int = 0, limit: int = 50) -> Sequence[Delivery]:
        """The newest first; those older than the number `before`. Raises WebhookNotFound, NotAllowed."""
        account = _owner(caller)
        async with self._database.read() as connection:
            return await store.deliveries(connection, await self._find(connection, account, key), before, limit)

    async def resend(self, caller: Caller, key: str, delivery_id: int) -> Delivery:
        """
        The same body once more, as a delivery of its own. Raises WebhookNotFound, Conflict where the webhook is disabled,
        NotAllowed.
        """
        account, now = _owner(caller), self._clock.now()
        async with self._database.write() as connection:
            webhook = await self._find(connection, account, key)
            if not webhook.is_enabled:
                raise Conflict("The webhook is disabled.", hint="Enable it first.")
            old = await store.delivery(connection, delivery_id)
            if old is None or old.webhook_id != webhook.id:
                raise WebhookNotFound(f"There is no delivery {delivery_id} of this webhook.")
            row: dict[str, Any] = {"webhook_id": webhook.id, "event": f"again-{secrets.token_hex(12)}", "body": old.body}
            row |= {"scope": old.scope, "action": old.action, "about": old.about, "state": WAITING, "created_at": now}
            number = await store.insert_delivery(connection, row)
            assert number is not None
            await enqueue(connection, now, DELIVER, {"delivery_id": number})
            made = await store.delivery(connection, number)
            assert made is not None
            return made

    def _columns(self, wanted: Wanted) -> dict[str, Any]:
        columns: dict[str, Any] = {"url": self._sender.check(wanted.url), "domains": _domains(wanted.domains)}
        columns["watched"] = _watched(wanted.watched)
        if wanted.secret is not None:
            columns["sealed_secret"] = self._sealing.seal(_secret(wanted.secret))
        return columns

    async def _find(self, connection: Connection, account: Account, key: str) -> Webhook:
        found = await store.by_key(connection, account.id, key)
        if found is None:
            raise WebhookNotFound(f"You have no webhook {key[:50]!r}.")
        return found


def _owner(caller: Caller) -> Account:
    """Raises NotAllowed."""
    token = caller.token
    may = token is not None and token.role >= Role.WRITE and not token.is_key and token.grants is None
    if caller.account is None or not may:
        raise NotAllowed("Webhooks need an account and a token with the role write.", hint="Sign in, or use such a token.")
    return caller.account


def _watched(watched: Sequence[Watched]) -> list[Mapping[str, str]]:
    """Names that are not there are no mistake: they may come."""
    if not watched or len(watched) > MAX_WATCHED:
        raise InvalidInput(f"{len(watched)} things are watched; expected 1 to {MAX_WATCHED}.")
    for one in watched:
        if one.type not in WATCHED_TYPES:
            raise InvalidInput(f"{one.type[:50]!r} cannot be watched; expected one of {', '.join(WATCHED_TYPES)}.")
        slashes = 0 if one.type in ("user", "org") else 1
        if not one.name or len(one.name) > MAX_NAME or one.name.count("/") != slashes:
            raise InvalidInput(f"{one.name[:100]!r} is no name of a {one.type}.")
    return [{"type": one.type, "name": one.name} for one in watched]


def _domains(domains: Sequence[str]) -> list[str]:
    if not domains or not set(domains) <= set(DOMAINS):
        raise InvalidInput(f"The domains are {list(domains)[:5]!r}; expected {' or '.join(DOMAINS)}, or both.")
    return [one for one in DOMAINS if one in domains]


def _secret(secret: str) -> str:
    if len(secret) > MAX_SECRET or not secret.isascii() or (secret and not secret.isprintable()):
        raise InvalidInput(f"A secret has at most {MAX_SECRET} printable ASCII characters: it goes into a header.")
    return secret
