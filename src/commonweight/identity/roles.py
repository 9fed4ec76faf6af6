"""What members of an organisation may do: one table, which every check of a right reads."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, Protocol


class MemberRole(enum.IntEnum):
    """Of a member in an organisation. Each includes the ones before it."""

    READ = 1
    CONTRIBUTOR = 2
    WRITE = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Right(enum.StrEnum):
    """What can be done in a namespace, and with its repositories."""

    READ = "read"  # see its private repositories, and have their files
    CREATE = "create"  # make repositories, and move some here
    WRITE = "write"  # change files, branches and pull requests
    DISCUSS = "discuss"  # take part in discussions
    ADMINISTER = "administer"  # delete, move, open, close and gate repositories; offer plans, bill keys
    MANAGE = "manage"  # members, settings, subscriptions, what is kept of prompts


ALL_RIGHTS: Final = frozenset(Right)

#: Of all repositories of the organisation, and of the organisation itself.
RIGHTS_OF: Final[Mapping[MemberRole, frozenset[Right]]] = {
    MemberRole.READ: frozenset({Right.READ, Right.DISCUSS}),
    MemberRole.CONTRIBUTOR: frozenset({Right.READ, Right.DISCUSS, Right.CREATE}),
    MemberRole.WRITE: ALL_RIGHTS - {Right.MANAGE},
    MemberRole.ADMIN: ALL_RIGHTS,
}

#: Also, of the repositories that the member made.
RIGHTS_OF_MAKERS: Final[Mapping[MemberRole, frozenset[Right]]] = {
    MemberRole.READ: frozenset(),
    MemberRole.CONTRIBUTOR: frozenset({Right.WRITE, Right.ADMINISTER}),
    MemberRole.WRITE: frozenset(),
    MemberRole.ADMIN: frozenset(),
}


class Owned(Protocol):
    """A repository, as far as rights go."""

    @property
    def id(self) -> int: ...

    @property
    def namespace_id(self) -> int: ...

    @property
    def created_by(self) -> int | None: ...


def rights_of_member(role: MemberRole, *, made_it: bool = False) -> frozenset[Right]:
    """What a member may do in an organisation; with `made_it`, with a repository that he made."""
    return RIGHTS_OF[role] | (RIGHTS_OF_MAKERS[role] if made_it else frozenset())
