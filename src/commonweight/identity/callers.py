"""Values that say who is asking and what they may do."""

from __future__ import annotations

import enum
import functools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final


class Role(enum.IntEnum):
    """Of a token, and of a member in an organisation. Each includes the ones before it."""

    READ = 1
    WRITE = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Account:
    """A person or an organisation; both are namespaces of repositories."""

    id: int
    kind: str  # user | organisation
    name: str
    fullname: str
    is_admin: bool = False
    default_visibility: str = "public"


Network = IPv4Network | IPv6Network


NO_TOKEN: Final = 0  # the number of nobody's token: whoever can write to the home folder acts without one


@dataclass(frozen=True)
class TokenInfo:
    """
    A token without its text. `networks`: from where it works; empty: from everywhere. `is_key`: made for a program; it
    opens no browser session and makes no other tokens.
    """

    id: int
    name: str
    role: Role
    expires_at: datetime | None = None
    networks: tuple[Network, ...] = ()
    is_key: bool = False

    def works_from(self, address: str) -> bool:
        """Whether it may be used from this IP address; one that cannot be read lies in no network."""
        if not self.networks:
            return True
        try:
            client = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(client, "ipv4_mapped", None)  # a server that listens on both kinds sees IPv4 clients as this
        return any((mapped or client) in network for network in self.networks)

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and now >= self.expires_at


@dataclass(frozen=True)
class Caller:
    """Who is asking: nobody (`ANONYMOUS`), or an account by one of its tokens, with its organisations."""

    account: Account | None = None
    token: TokenInfo | None = None
    organisations: Mapping[int, tuple[Account, Role]] = field(default_factory=dict)

    @functools.cached_property
    def standing(self) -> Hashable:
        """Alike for all who see the same repositories and are offered the same plans; a key for what is remembered."""
        return (self.account and (self.account.id, self.account.is_admin), self.is_admin, tuple(sorted(self.organisations)))

    @property
    def is_anonymous(self) -> bool:
        return self.account is None

    @property
    def is_admin(self) -> bool:
        """An administrator of the installation, by a token that carries that right."""
        return bool(self.account and self.account.is_admin and self.token and self.token.role >= Role.ADMIN)

    def may_read(self, namespace_id: int) -> bool:
        """Whether private repositories of this namespace exist for the caller."""
        if self.account is None:
            return False
        return self.is_admin or namespace_id == self.account.id or namespace_id in self.organisations

    def may_write(self, namespace_id: int) -> bool:
        """Whether the caller may create and change repositories of this namespace."""
        if self.account is None or self.token is None or self.token.role < Role.WRITE:
            return False
        if self.is_admin or namespace_id == self.account.id:
            return True
        return self._role_in(namespace_id) >= Role.WRITE

    def may_administer(self, namespace_id: int) -> bool:
        """Whether the caller may delete, move and open or close repositories of this namespace."""
        if not self.may_write(namespace_id) or self.account is None:
            return False
        return self.is_admin or namespace_id == self.account.id or self._role_in(namespace_id) >= Role.WRITE

    def _role_in(self, namespace_id: int) -> int:
        membership = self.organisations.get(namespace_id)
        return membership[1] if membership else 0


ANONYMOUS = Caller()


def on_nobodys_behalf(room: str) -> Caller:
    """Who a job of a room is while it looks at everything; what it finds is shown by the rights of whoever asks."""
    return Caller(Account(0, "user", room, room, is_admin=True), TokenInfo(0, room, Role.ADMIN))
