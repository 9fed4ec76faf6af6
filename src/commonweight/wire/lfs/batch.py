"""The LFS batch call: what is asked, and what is answered (git-lfs, docs/api/batch.md; contract, section 10.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from commonweight.errors import InvalidInput, TooLarge
from commonweight.hub import is_sha256

MAX_OBJECTS = 1000  # in one batch; clients send 100 or 256
HASHES = ("sha256", "sha_256")  # the second is how huggingface.js writes it
MAX_OBJECT_BYTES = 1 << 50  # far beyond any file; keeps numbers within what databases hold


@dataclass(frozen=True, slots=True)
class Asked:
    operation: str  # upload | download
    objects: Sequence[tuple[str, int]]  # SHA-256, size
    ref: str = ""  # what they are for; clients leave it out for a pull request that is yet to be opened


def read_batch(body: dict[str, Any]) -> Asked:
    """Raises InvalidInput, TooLarge."""
    operation, objects = body.get("operation"), body.get("objects")
    if operation not in ("upload", "download"):
        raise InvalidInput(f"'operation' is {operation!r}; expected upload or download.")
    if body.get("hash_algo", "sha256") not in HASHES:
        raise InvalidInput(f"'hash_algo' is {body['hash_algo']!r}; expected sha256.")
    if not isinstance(objects, list):
        raise InvalidInput("'objects' must be a list of {oid, size}.")
    if len(objects) > MAX_OBJECTS:
        raise TooLarge(f"{len(objects)} objects came; at most {MAX_OBJECTS} are answered at once.")
    ref = body.get("ref")
    name = ref.get("name") if isinstance(ref, dict) else None
    return Asked(operation, [read_object(one) for one in objects], name if isinstance(name, str) else "")


def read_object(item: Any) -> tuple[str, int]:
    """Raises InvalidInput."""
    oid, size = (item.get("oid"), item.get("size")) if isinstance(item, dict) else (None, None)
    if not isinstance(oid, str) or not is_sha256(oid):
        raise InvalidInput(f"An object has the oid {str(oid)[:80]!r}; expected 64 hexadecimal digits.")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_OBJECT_BYTES:
        raise InvalidInput(f"The object {oid} has the size {size!r}; expected a number of bytes.")
    return oid, size


def action(href: str, seconds: int) -> dict[str, Any]:
    return {"href": href, "expires_in": seconds}


def failed(oid: str, size: int, code: int, message: str) -> dict[str, Any]:
    return {"oid": oid, "size": size, "error": {"code": code, "message": message}}
