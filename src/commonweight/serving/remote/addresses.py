"""Addresses of remotes: to public ones only, unless a setting allows others (`commonweight.outgoing`)."""

from __future__ import annotations

from urllib.parse import urlsplit

from commonweight.errors import InvalidInput
from commonweight.outgoing import CheckedResolver, PrivateAddress, check_host, is_public

__all__ = ["CheckedResolver", "PrivateAddress", "check_address", "is_public"]


def check_address(url: str, allow_private: bool) -> str:
    """
    The address of a server without `/v1` at its end. Raises InvalidInput for what is none, PrivateAddress for one written
    as a private number.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidInput(f"{url!r} is no address.") from None
    if (
        parts.scheme not in ("http", "https")
        or not host
        or parts.query
        or parts.fragment
        or parts.username
        or parts.password
    ):
        expected = "Expected http(s)://host[:port][/path], without a name, a password, a query or a fragment."
        raise InvalidInput(f"{url!r} is no address of a server.", hint=expected)
    if not allow_private:
        check_host(host, "COMMONWEIGHT_PRIVATE_REMOTES=1 allows addresses of this network.")
    if not allow_private and parts.scheme != "https":
        raise InvalidInput(f"{url!r} would send prompts and a key in the clear.", hint="Use https.")
    return url.strip().rstrip("/").removesuffix("/v1")
