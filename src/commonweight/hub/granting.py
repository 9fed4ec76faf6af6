"""Fine-grained tokens: from names of repositories and namespaces to numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from commonweight.db import Database
from commonweight.db.tables import identity as accounts_tables
from commonweight.errors import InvalidInput
from commonweight.hub import repositories
from commonweight.hub.errors import RepositoryNotFound
from commonweight.identity import Caller, Grant, Grants, TokenScope

MAX_GRANTS: Final = 100  # names of one token; each is compared at each request
_KINDS: Final[Mapping[str, str]] = {"models": "model", "datasets": "dataset", "spaces": "space"}
NAMESPACE: Final = "namespace"
REPOSITORY: Final = "repository"


@dataclass(frozen=True)
class NamedGrant:
    """`name`: `house` for a namespace, `house/tiny` or `datasets/house/poems` for a repository; empty where it is gone."""

    kind: str  # user | organisation | model | dataset | space
    id: int
    name: str
    scopes: frozenset[TokenScope]


@dataclass(frozen=True)
class Granting:
    database: Database

    async def of_names(self, caller: Caller, asked: Sequence[tuple[str, frozenset[TokenScope]]]) -> tuple[Grant, ...]:
        """
        Grants for what the caller names: his own account, an organisation of his, or a repository of one of these.

        Raises InvalidInput, RepositoryNotFound.
        """
        if len(asked) > MAX_GRANTS:
            raise InvalidInput(f"{len(asked)} names were given; a token is for at most {MAX_GRANTS}.")
        return tuple([await self._grant(caller, name.strip().strip("/"), scopes) for name, scopes in asked])

    async def _grant(self, caller: Caller, name: str, scopes: frozenset[TokenScope]) -> Grant:
        if not scopes:
            raise InvalidInput(f"Nothing was chosen for {name!r}.", hint=f"Choose some of {', '.join(TokenScope)}.")
        mine = {one.name.lower(): one.id for one, _role in caller.organisations.values()}
        mine |= {caller.account.name.lower(): caller.account.id} if caller.account else {}
        parts = name.split("/")
        if len(parts) == 1:
            if name.lower() not in mine:
                raise InvalidInput(f"{name!r} is neither your account nor an organisation of yours.")
            return Grant(NAMESPACE, mine[name.lower()], scopes)
        kind = _KINDS.get(parts[0]) if len(parts) == 3 else "model"
        if kind is None or len(parts) not in (2, 3):
            raise InvalidInput(f"{name!r} is no name.", hint="Write house, house/tiny or datasets/house/poems.")
        async with self.database.read() as connection:
            found = await repositories.by_name(connection, kind, *parts[-2:])
        if found is None or found.namespace.lower() not in mine or not repositories.may_see(caller, found):
            raise RepositoryNotFound(f"There is no {kind} {'/'.join(parts[-2:])!r} of yours or of an organisation of yours.")
        return Grant(REPOSITORY, found.id, scopes)

    async def names(self, grants: Grants) -> list[NamedGrant]:
        """What a token is for, in names as they are now."""
        accounts, found = accounts_tables.accounts, []
        async with self.database.read() as connection:
            for one in grants.those:
                if one.kind == NAMESPACE:
                    query = select(accounts.c.kind, accounts.c.name).where(accounts.c.id == one.id)
                    row = (await connection.execute(query)).first()
                    kind, name = (row.kind, row.name) if row else ("organisation", "")
                else:
                    there = await repositories.by_id(connection, one.id)
                    kind = there.kind if there else "model"
                    prefix = "" if kind == "model" else f"{kind}s/"
                    name = f"{prefix}{there.full_name}" if there else ""
                found.append(NamedGrant(kind, one.id, name, one.scopes))
        return found
