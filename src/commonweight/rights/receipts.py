"""
Signed receipts of verdicts: one file that anybody can read, and check without asking us (docs/receipts.md).

    {"receipt": {...}, "signature": {"algorithm": "Ed25519", "key": {...}, "value": "..."}}

What is signed is the canonical JSON of `receipt` (RFC 8785), so that spaces and the order of keys do not matter. A
signature says that the holder of a key gave this verdict; whose key it is, the reader has to know from elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from commonweight.rights.engine import decide
from commonweight.rights.errors import RightsError
from commonweight.rights.question import Question
from commonweight.rights.records import Records

FORMAT: Final = "commonweight.receipt/1"
ALGORITHM: Final = "Ed25519"
MAX_RECEIPT: Final = 8 * 1024 * 1024  # characters; a verdict over two hundred models has some hundred kilobytes
_EMBEDDED: Final = re.compile(r'<script type="application/json" id="receipt">(.*?)</script>', re.DOTALL)


class ReceiptError(RightsError):
    """The file is no receipt."""


@dataclass(frozen=True, slots=True)
class Checked:
    """
    What a look at the signature shows. `is_intact`: the content is what was signed with the key in the file. `is_trusted`:
    that key is one of those that the reader knows; None where the reader named none.
    """

    content: Mapping[str, Any]
    key_id: str
    is_intact: bool
    is_trusted: bool | None


@dataclass(frozen=True, slots=True)
class Again:
    """The question decided with the records at hand. `changed` are keys of records that are not as they were, or gone."""

    value: str
    is_same: bool
    changed: tuple[str, ...]


def content_of(
    question: Mapping[str, Any] | None, verdict: Mapping[str, Any], lineage: Mapping[str, Any], **about: str
) -> dict[str, Any]:
    """
    What a receipt says. `question` None leaves the asker's facts out: then it cannot be decided again. `about` says who
    gives it and when: verdict_id, installation, issued.
    """
    return {
        "format": FORMAT,
        **about,
        "value": verdict["value"],
        "question": None if question is None else dict(question),
        "lineage": dict(lineage),
        "verdict": dict(verdict),
        "records": dict(verdict["terms_digests"]),
        "engine_version": verdict["engine_version"],
    }


def signed(content: Mapping[str, Any], key: Mapping[str, str], sign: Callable[[bytes], bytes]) -> dict[str, Any]:
    """The receipt as a document; `key` is the public key as a JWK, `sign` signs bytes with the private one."""
    value = base64.urlsafe_b64encode(sign(canonical(content))).decode().rstrip("=")
    return {"receipt": dict(content), "signature": {"algorithm": ALGORITHM, "key": dict(key), "value": value}}


def canonical(content: Any) -> bytes:
    """RFC 8785. Raises ReceiptError for what it has no form for, such as whole numbers beyond 2**53."""
    import rfc8785  # only receipts need it

    try:
        return rfc8785.dumps(json.loads(json.dumps(content)))
    except (rfc8785.CanonicalizationError, TypeError, ValueError) as error:
        raise ReceiptError("receipt", f"a value without a canonical form ({error})", "plain JSON") from None


def read_receipt(text: str, name: str, form: str = FORMAT) -> dict[str, Any]:
    """The receipt in a JSON file, or in a page that carries one; of a verdict, or of another form. Raises ReceiptError."""
    if len(text) > MAX_RECEIPT:
        raise ReceiptError(name, f"{len(text):,} characters", f"at most {MAX_RECEIPT:,}")
    embedded = _EMBEDDED.search(text)
    try:
        document = json.loads(embedded[1] if embedded else text)
    except (ValueError, RecursionError):
        raise ReceiptError(name, "neither JSON nor a page with a receipt in it", "a receipt") from None
    parts = document if isinstance(document, dict) else {}
    content, signature = parts.get("receipt"), parts.get("signature")
    if not isinstance(content, dict) or content.get("format") != form or not isinstance(signature, dict):
        raise ReceiptError(name, "JSON of another form", f"a receipt ({form}) with its signature")
    return parts


def check_receipt(document: Mapping[str, Any], trusted: Iterable[str] = ()) -> Checked:
    """Look at the signature. `trusted` are ids of keys that the reader knows."""
    signature = document["signature"]
    key = signature.get("key")
    key_id, known = key_id_of(key), frozenset(trusted)
    intact = signature.get("algorithm") == ALGORITHM and _is_signed(document["receipt"], key, signature.get("value"))
    return Checked(document["receipt"], key_id, intact, key_id in known if known else None)


def key_id_of(key: Any) -> str:
    """The thumbprint of a public key (RFC 7638); empty for what is no Ed25519 key."""
    given = key if isinstance(key, dict) else {}
    if (given.get("kty"), given.get("crv")) != ("OKP", ALGORITHM) or not isinstance(given.get("x"), str):
        return ""
    members = json.dumps({"crv": ALGORITHM, "kty": "OKP", "x": given["x"]}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).decode().rstrip("=")


def keys_in(text: str, name: str) -> tuple[str, ...]:
    """Ids of the keys in a JWK Set, as an installation publishes it, or of one JWK. Raises ReceiptError."""
    try:
        document = json.loads(text)
    except ValueError:
        raise ReceiptError(name, "text that is no JSON", "a set of public keys (JWK)") from None
    given = document.get("keys", [document]) if isinstance(document, dict) else []
    ids = tuple(filter(None, map(key_id_of, given))) if isinstance(given, list) else ()
    if not ids:
        raise ReceiptError(name, "no Ed25519 key", "a set of public keys (JWK)")
    return ids


def _is_signed(content: Mapping[str, Any], key: Any, value: Any) -> bool:
    from cryptography.exceptions import InvalidSignature  # loaded where a receipt is checked only
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if not key_id_of(key) or not isinstance(value, str):
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(_bytes(key["x"]))
        public.verify(_bytes(value), canonical(content))
    except (InvalidSignature, ValueError, ReceiptError):
        return False
    return True


def _bytes(text: str) -> bytes:
    """Base64url without its padding. Raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def decide_again(content: Mapping[str, Any], records: Records) -> Again | None:
    """
    What the records at hand answer to the question of a receipt; None where its question was left out. Raises QuestionError
    for a question that these records, or this program, cannot read.
    """
    question = content.get("question")
    if question is None:
        return None
    day = date.fromisoformat(str(content["verdict"]["date"]))
    found = decide(Question.from_document(question, today=day, name="receipt"), records)
    now = {terms.key: terms.digest for terms in records}
    changed = [key for key, digest in content["records"].items() if now.get(key) != digest]
    before = {act["act"]: act["value"] for act in content["verdict"]["acts"]}
    same = before == {act: value.value for act, value in found.acts.items()}
    return Again(found.value.value, same, tuple(sorted(changed)))
