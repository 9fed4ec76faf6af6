"""Webhooks: who is told of what happens to repositories; see docs/webhooks.md."""

from commonweight.webhooks.delivering import DELIVER, Deliverer
from commonweight.webhooks.events import Teller
from commonweight.webhooks.room import Wanted, WebhookNotFound, Webhooks
from commonweight.webhooks.sealing import Sealing
from commonweight.webhooks.sending import Answer, Sender, signature
from commonweight.webhooks.values import DOMAINS, WATCHED_TYPES, Delivery, Watched, Webhook

__all__ = [
    "DELIVER",
    "DOMAINS",
    "WATCHED_TYPES",
    "Answer",
    "Deliverer",
    "Delivery",
    "Sealing",
    "Sender",
    "Teller",
    "Wanted",
    "Watched",
    "Webhook",
    "WebhookNotFound",
    "Webhooks",
    "signature",
]
