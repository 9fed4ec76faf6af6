"""
Signed messages of payment providers: the scheme of standardwebhooks.com (webhook-id, webhook-timestamp, webhook-signature;
HMAC-SHA256 over `id.timestamp.body`), and what a message says. Pure.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from commonweight.errors import NotAuthenticated
from commonweight.plans.errors import InvalidPlan
from commonweight.plans.terms import MAX_NUMBER

TOLERANCE: Final = timedelta(minutes=5)  # what the scheme recommends: an old message that was overheard is worth nothing
MAX_ID: Final = 200  # characters; the width of its column
MAX_NOTE: Final = 500
SUCCEEDED: Final = "payment.succeeded"
FAILED: Final = "payment.failed"
REFUNDED: Final = "payment.refunded"
KINDS: Final = (SUCCEEDED, FAILED, REFUNDED)


class BadSignature(NotAuthenticated):
    code = "bad_signature"


@dataclass(frozen=True)
class PaymentMessage:
    """`amount`: micro-units, above 0, also of a refund."""

    id: str
    kind: str
    subscription_id: int
    amount: int
    currency: str
    reference: str


class SignedWebhooks:
    """A `PaymentProvider` whose messages are signed. Several secrets: while one takes the place of another."""

    def __init__(self, name: str, secrets: Sequence[bytes]) -> None:
        self.name = name
        self._secrets = tuple(secrets)

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> PaymentMessage:
        """Raises BadSignature, InvalidPlan."""
        number, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        signatures = headers.get("webhook-signature", "").split()
        if not (0 < len(number) <= MAX_ID) or not at or not signatures:
            raise BadSignature("The message is not signed.", hint="Send webhook-id, webhook-timestamp, webhook-signature.")
        _check_time(at, now)
        expected = [sign(secret, number, at, body) for secret in self._secrets]
        given = [text.encode(errors="replace") for text in signatures]
        if not any(hmac.compare_digest(one, text) for one in expected for text in given):
            raise BadSignature("The signature is not that of this message by any secret of this provider.")
        return read_message(number, body)


def sign(secret: bytes, id: str, timestamp: str, body: bytes) -> bytes:
    """`v1,<base64>`: what a sender puts into webhook-signature."""
    digest = hmac.new(secret, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return b"v1," + base64.b64encode(digest)


def secret_bytes(text: str) -> bytes:
    """`whsec_<base64>` -> the key. Raises InvalidPlan."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise InvalidPlan("A secret of a payment provider is whsec_ and 24 to 64 bytes in base64.")
    return key


def providers_of(text: str) -> dict[str, SignedWebhooks]:
    """`acme=whsec_…; acme=whsec_…; other=whsec_…` -> by name. Raises InvalidPlan, which shows no secret."""
    found: dict[str, list[bytes]] = {}
    for part in filter(None, (one.strip() for one in text.split(";"))):
        name, mark, secret = part.partition("=")
        if not mark or not name.strip().isidentifier():
            raise InvalidPlan("Payment providers are written name=whsec_…, with a semicolon between two.")
        found.setdefault(name.strip(), []).append(secret_bytes(secret.strip()))
    return {name: SignedWebhooks(name, secrets) for name, secrets in found.items()}


def read_message(id: str, body: bytes) -> PaymentMessage:
    """
    {"type": "payment.succeeded", "data": {"subscription": 9, "amount": 5000000, "currency": "EUR"}} -> a message.

    Raises InvalidPlan.
    """
    try:
        document = json.loads(body)
    except ValueError:
        raise InvalidPlan("The message is not JSON.") from None
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict) or document.get("type") not in KINDS:
        raise InvalidPlan(f"A message has a type, one of {', '.join(KINDS)}, and data.")
    return checked_message(
        id, document["type"], data.get("subscription"), data.get("amount"), data.get("currency"), data.get("reference", "")
    )


def checked_message(id: str, kind: str, subscription: Any, amount: Any, currency: Any, reference: Any) -> PaymentMessage:
    """Raises InvalidPlan, which names the place."""
    if not isinstance(currency, str) or len(currency) != 3 or not (currency.isascii() and currency.isupper()):
        raise InvalidPlan(f"currency is {currency!r:.40}; expected three capitals, such as EUR.")
    if not isinstance(reference, str) or len(reference) > MAX_NOTE:
        raise InvalidPlan(f"reference: a text of at most {MAX_NOTE} characters was expected.")
    return PaymentMessage(id, kind, _whole(subscription, "subscription"), _whole(amount, "amount"), currency, reference)


def _whole(given: Any, place: str) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given <= MAX_NUMBER:
        raise InvalidPlan(f"{place} is {given!r:.40}; expected a whole number from 1 to {MAX_NUMBER:,}.")
    return given


def _check_time(text: str, now: datetime) -> None:
    """Raises BadSignature."""
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise BadSignature(f"webhook-timestamp is {text!r:.40}; expected seconds since 1970.")
    if abs(now.timestamp() - int(text)) > TOLERANCE.total_seconds():
        raise BadSignature("The message is too old, or from the future: its time is more than 5 minutes away.")
