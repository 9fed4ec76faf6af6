"""Names of accounts and repositories."""

from __future__ import annotations

import re

from commonweight.errors import InvalidInput

MAX_NAME = 96  # what the official client accepts per part (hub-http-contract, section 1)

#: Path segments that the server itself uses; as a namespace they would shadow a page or a wire.
_RESERVED = """
    api v1 cw xet datasets models spaces kernels buckets collections settings login join new me admin static docs
    healthz readyz metrics uploads oauth organizations rights verdicts .well-known openapi.json
"""
RESERVED_NAMES = frozenset(_RESERVED.split())

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\Z")


class InvalidName(InvalidInput):
    code = "invalid_name"


def check_name(name: str, *, what: str, reserved: bool = True) -> str:
    """The name, if it may be one. `what` ("namespace", "repository") is used in the message. Raises InvalidName."""
    fits = (
        len(name) <= MAX_NAME and _NAME.match(name) and "--" not in name and ".." not in name and not name.endswith(".git")
    )
    if not fits:
        raise InvalidName(
            f"{name!r} cannot be the name of a {what}.",
            hint=f"Use 1 to {MAX_NAME} letters, digits, '_', '.', '-'; no '--', '..' or '.git', no '.' or '-' at an end.",
        )
    if reserved and name.lower() in RESERVED_NAMES:
        raise InvalidName(f"{name!r} is a reserved name.", hint=f"Choose another name for the {what}.")
    return name
