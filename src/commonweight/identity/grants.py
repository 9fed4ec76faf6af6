"""What a fine-grained token is for: chosen repositories and namespaces, with chosen rights."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.identity.roles import Right


class TokenScope(enum.StrEnum):
    """What a fine-grained token may do with what it names."""

    READ = "read"
    WRITE = "write"
    DISCUSSIONS = "discussions"
    SETTINGS = "settings"


#: Who may change something must see it. In a namespace, writing is also making repositories.
RIGHTS_OF_SCOPE: Final[Mapping[TokenScope, frozenset[Right]]] = {
    TokenScope.READ: frozenset({Right.READ}),
    TokenScope.WRITE: frozenset({Right.READ, Right.WRITE, Right.CREATE}),
    TokenScope.DISCUSSIONS: frozenset({Right.READ, Right.DISCUSS}),
    TokenScope.SETTINGS: frozenset({Right.READ, Right.ADMINISTER}),
}


@dataclass(frozen=True)
class Grant:
    """Some scopes for a namespace and all of its repositories, or for one repository."""

    kind: str  # namespace | repository
    id: int
    scopes: frozenset[TokenScope]

    @property
    def rights(self) -> frozenset[Right]:
        return frozenset().union(*(RIGHTS_OF_SCOPE[scope] for scope in self.scopes))


@dataclass(frozen=True)
class Grants:
    """All that a fine-grained token is for. `inference`: whether it calls models at /v1."""

    those: tuple[Grant, ...] = ()
    inference: bool = False

    @property
    def only_read(self) -> bool:
        return all(one.scopes <= {TokenScope.READ} for one in self.those)

    def to_document(self) -> dict[str, Any]:
        those = [{"kind": one.kind, "id": one.id, "scopes": sorted(one.scopes)} for one in self.those]
        return {"those": those, "inference": self.inference}

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Grants:
        those = (
            Grant(one["kind"], one["id"], frozenset(TokenScope(word) for word in one["scopes"])) for one in document["those"]
        )
        return cls(tuple(those), bool(document["inference"]))

    def rights(self, namespace_id: int, repository_id: int | None = None) -> frozenset[Right]:
        """In a namespace; with a number of a repository of it, with that one."""
        named = (("namespace", namespace_id), ("repository", repository_id))
        return frozenset().union(*(one.rights for one in self.those if (one.kind, one.id) in named))

    def repositories(self, right: Right) -> tuple[int, ...]:
        """Those that are named one by one with this right."""
        return tuple(one.id for one in self.those if one.kind == "repository" and right in one.rights)
