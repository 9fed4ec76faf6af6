"""The job that delivers: again and again with longer and longer waits, until it arrives or is given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.jobs import Handler, NotDone, Progress
from commonweight.webhooks import store
from commonweight.webhooks.sealing import Sealing
from commonweight.webhooks.sending import Answer, Sender, signature
from commonweight.webhooks.values import DELIVERED, FAILED, WAITING, Delivery, Webhook

DELIVER: Final = "deliver_webhook"  # a runner of its own has it: whoever answers slowly holds up no other work
#: Before the second try, the third and so on; after the last one it is given up, some nine hours after the event.
WAITS: Final = tuple(timedelta(seconds=one) for one in (10, 60, 600, 3600, 7200, 21_600))
MAX_GIVEN_UP: Final = 10  # deliveries in a row that never arrived: then nobody listens there any more
AGENT: Final = "Commonweight-Webhook/1"


class Deliverer:
    def __init__(self, database: Database, clock: Clock, sealing: Sealing, sender: Sender) -> None:
        self._database = database
        self._clock = clock
        self._sealing = sealing
        self._sender = sender

    def handlers(self) -> Mapping[str, Handler]:
        return {DELIVER: self.on_deliver}

    async def on_deliver(self, payload: Mapping[str, Any], _progress: Progress | None = None) -> None:
        """One try. Raises NotDone where there is to be another. What arrived may arrive twice, if the worker dies."""
        async with self._database.read() as connection:
            delivery = await store.delivery(connection, int(payload["delivery_id"]))
            webhook = await store.by_id(connection, delivery.webhook_id) if delivery else None
            sealed = await store.sealed_secret(connection, webhook) if webhook else ""
        if delivery is None or webhook is None or delivery.state != WAITING:
            return
        if not webhook.is_enabled:
            await self._give_up(delivery, "The webhook was disabled before this arrived.")
            return
        body = delivery.body.encode()
        answer = await self._sender.post(webhook.url, body, self._headers(delivery, body, self._sealing.open(sealed)))
        wait = await self._note(webhook, delivery, answer)
        if wait is not None:
            raise NotDone(wait)

    def _headers(self, delivery: Delivery, body: bytes, secret: str) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": AGENT, "X-Webhook-Delivery": str(delivery.id)}
        return headers | ({"X-Webhook-Secret": secret, "X-Webhook-Signature": signature(secret, body)} if secret else {})

    async def _note(self, webhook: Webhook, delivery: Delivery, answer: Answer) -> timedelta | None:
        """What came of it; how long to wait for the next try, where there is to be one."""
        now, tries = self._clock.now(), delivery.tries + 1
        is_last = tries > len(WAITS)
        state = DELIVERED if answer.arrived else FAILED if is_last else WAITING
        told: dict[str, Any] = {"state": state, "tries": tries, "status": answer.status, "answer": answer.text}
        async with self._database.write() as connection:
            await store.change_delivery(connection, delivery.id, tried_at=now, **told)
            if answer.arrived:
                await store.change(connection, webhook, given_up=0)
            elif is_last:
                await self._count_given_up(connection, webhook, answer, now)
        return WAITS[tries - 1] if state == WAITING else None

    async def _count_given_up(self, connection: Connection, webhook: Webhook, answer: Answer, now: datetime) -> None:
        if await store.count_given_up(connection, webhook) >= MAX_GIVEN_UP:
            last = f"answered {answer.status}" if answer.status else answer.text
            why = f"{MAX_GIVEN_UP} deliveries in a row never arrived; the last one at {now:%Y-%m-%d %H:%M} UTC: {last}"
            await store.change(connection, webhook, is_enabled=False, why_disabled=why[:500])

    async def _give_up(self, delivery: Delivery, why: str) -> None:
        async with self._database.write() as connection:
            await store.change_delivery(connection, delivery.id, state=FAILED, answer=why, tried_at=self._clock.now())
