"""/cw/v1/tokens: a person's own tokens."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from commonweight.errors import InvalidInput
from commonweight.hub import Granting
from commonweight.identity import Caller, Grants, OwnToken, OwnTokens, Role, TokenScope, TokenWish
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.numbers import Number

ScopeWord = Literal["read", "write", "discussions", "settings"]


class GrantBody(BaseModel):
    """A namespace (`house`) with all of its repositories, or one repository (`house/tiny`, `datasets/house/poems`)."""

    model_config = ConfigDict(extra="forbid")

    name: str
    scopes: list[ScopeWord]


class TokenBody(BaseModel):
    """`grants` or `inference` make it fine-grained: it is for these alone, and `role` does not count."""

    model_config = ConfigDict(extra="forbid")

    name: str
    role: Literal["read", "write", "admin"] = "read"
    expires_at: datetime | None = Field(default=None, description="with a time zone; null: without end")
    grants: list[GrantBody] = Field(default_factory=list)
    inference: bool = Field(default=False, description="of a fine-grained one: whether it calls models at /v1")

    async def wish(self, caller: Caller, granting: Granting) -> TokenWish:
        """Raises InvalidInput, RepositoryNotFound."""
        if self.expires_at is not None and self.expires_at.tzinfo is None:
            raise InvalidInput("expires_at has no time zone.", hint="Write it as 2027-01-01T00:00:00Z.")
        asked = [(one.name, frozenset(TokenScope(word) for word in one.scopes)) for one in self.grants]
        is_fine = bool(asked) or self.inference
        grants = Grants(await granting.of_names(caller, asked), self.inference) if is_fine else None
        return TokenWish(self.name, Role[self.role.upper()], self.expires_at, grants)


class GrantAnswer(BaseModel):
    """`name` is empty where it is gone."""

    kind: str
    name: str
    scopes: list[str]


class TokenAnswer(BaseModel):
    """`grants` is null for a token that is not fine-grained; `last_used_at` is true to within some minutes."""

    id: int
    name: str
    role: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    grants: list[GrantAnswer] | None
    inference: bool | None


class NewTokenAnswer(BaseModel):
    token: str = Field(description="shown this once")


def token_routes(callers: Callers, tokens: OwnTokens, granting: Granting) -> APIRouter:
    """For people, by a session or a token that is no key and not fine-grained."""
    router = APIRouter(tags=["tokens"])
    signed_in = Depends(callers.signed_in)

    async def answer(one: OwnToken) -> TokenAnswer:
        grants = one.info.grants
        named = await granting.names(grants) if grants else []
        told = [GrantAnswer(kind=it.kind, name=it.name, scopes=sorted(it.scopes)) for it in named]
        return TokenAnswer(
            id=one.info.id,
            name=one.info.name,
            role=one.info.role.word,
            created_at=one.created_at,
            expires_at=one.info.expires_at,
            last_used_at=one.last_used_at,
            grants=told if grants else None,
            inference=grants.inference if grants else None,
        )

    @router.get("/tokens", operation_id="list_tokens")
    async def listed(caller: Annotated[Caller, signed_in]) -> list[TokenAnswer]:
        """The caller's, the newest first, without their texts."""
        return [await answer(one) for one in await tokens.listed(caller)]

    @router.post("/tokens", operation_id="create_token", status_code=201)
    async def create(body: TokenBody, caller: Annotated[Caller, signed_in]) -> NewTokenAnswer:
        """The text is in this answer and nowhere else."""
        return NewTokenAnswer(token=await tokens.create(caller, await body.wish(caller, granting)))

    @router.delete("/tokens/{number}", operation_id="revoke_token", status_code=204)
    async def revoke(number: Number, caller: Annotated[Caller, signed_in]) -> None:
        """From the next request on it is worthless."""
        await tokens.revoke(caller, number)

    return router
