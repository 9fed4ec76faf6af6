"""Values that say who is asking and what they may do."""

from __future__ import annotations

import enum
import functools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from commonweight.identity.grants import Grants
from commonweight.identity.roles import ALL_RIGHTS, MemberRole, Owned, Right, rights_of_member


class Role(enum.IntEnum):
    """Of a token. Each includes the ones before it."""

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
    details: str = ""  # what an organisation says of itself


Network = IPv4Network | IPv6Network


NO_TOKEN: Final = 0  # the number of nobody's token: whoever can write to the home folder acts without one


@dataclass(frozen=True)
class TokenInfo:
    """
    A token without its text. `networks`: from where it works; empty: from everywhere. `is_key`: made for a program; it
    opens no browser session and makes no other tokens. `grants`: what a fine-grained one is for, and its role is `read`
    then; None: whatever the role allows.
    """

    id: int
    name: str
    role: Role
    expires_at: datetime | None = None
    networks: tuple[Network, ...] = ()
    is_key: bool = False
    grants: Grants | None = None

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
    organisations: Mapping[int, tuple[Account, MemberRole]] = field(default_factory=dict)

    @functools.cached_property
    def standing(self) -> Hashable:
        """Alike for all who see the same repositories and are offered the same plans; a key for what is remembered."""
        grants = self.token.grants if self.token else None
        mine = self.account and (self.account.id, self.account.is_admin)
        return (mine, self.is_admin, tuple(sorted(self.organisations)), grants)

    @property
    def is_anonymous(self) -> bool:
        return self.account is None

    @property
    def is_admin(self) -> bool:
        """An administrator of the installation, by a token that carries that right."""
        return bool(self.account and self.account.is_admin and self.token and self.token.role >= Role.ADMIN)

    @functools.cached_property
    def readable_namespaces(self) -> tuple[int, ...]:
        """Those whose private repositories exist for the caller, in all; single ones: `readable_repositories`."""
        mine = [self.account.id] if self.account else []
        return tuple(number for number in (*mine, *sorted(self.organisations)) if self.may(Right.READ, number))

    @property
    def readable_repositories(self) -> tuple[int, ...]:
        """Those that a fine-grained token names one by one; of no use where their namespace is none of the caller's."""
        grants = self.token.grants if self.token else None
        return grants.repositories(Right.READ) if grants else ()

    @functools.cached_property
    def namespaces(self) -> tuple[int, ...]:
        """The account and its organisations."""
        return (self.account.id, *sorted(self.organisations)) if self.account else ()

    def may(self, right: Right, namespace_id: int, repository: Owned | None = None) -> bool:
        """Whether the caller may do this in a namespace, or with one of its repositories."""
        if self.account is None:
            return False
        if right not in self._by_token(namespace_id, repository):
            return False
        if self.is_admin or namespace_id == self.account.id:
            return True
        membership = self.organisations.get(namespace_id)
        if membership is None:
            return False
        made_it = repository is not None and repository.created_by == self.account.id
        return right in rights_of_member(membership[1], made_it=made_it)

    def may_with(self, right: Right, repository: Owned) -> bool:
        """Whether the caller may do this with a repository."""
        return self.may(right, repository.namespace_id, repository)

    def may_read(self, namespace_id: int) -> bool:
        """Whether private repositories of this namespace exist for the caller."""
        return self.may(Right.READ, namespace_id)

    def may_write(self, namespace_id: int) -> bool:
        """Whether the caller may change every repository of this namespace; for one of them ask `may_with`."""
        return self.may(Right.WRITE, namespace_id)

    def may_administer(self, namespace_id: int) -> bool:
        """Whether the caller may delete, move and open or close every repository of this namespace, and sell in its name."""
        return self.may(Right.ADMINISTER, namespace_id)

    def may_manage(self, namespace_id: int) -> bool:
        """Whether the caller may say who belongs to it, and what it subscribes to and keeps."""
        return self.may(Right.MANAGE, namespace_id)

    def _by_token(self, namespace_id: int, repository: Owned | None) -> frozenset[Right]:
        """What the token lets its holder do there, whoever that is."""
        if self.token is None:
            return frozenset({Right.READ})
        if self.token.grants is not None:
            return self.token.grants.rights(namespace_id, repository.id if repository else None)
        return ALL_RIGHTS if self.token.role >= Role.WRITE else frozenset({Right.READ})


ANONYMOUS = Caller()


def on_nobodys_behalf(room: str) -> Caller:
    """Who a job of a room is while it looks at everything; what it finds is shown by the rights of whoever asks."""
    return Caller(Account(0, "user", room, room, is_admin=True), TokenInfo(0, room, Role.ADMIN))
