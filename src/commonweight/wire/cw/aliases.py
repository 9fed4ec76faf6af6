"""/cw/v1/aliases: names that this installation gives to models."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from commonweight.choosing import AliasEntry, NamedOffers
from commonweight.identity import Caller
from commonweight.wire.cw.callers import Callers


class AliasBody(BaseModel):
    """Names of models, or of other aliases, in the order in which they are tried."""

    model_config = ConfigDict(extra="forbid")

    targets: list[str] = Field(min_length=1)


class AliasAnswer(BaseModel):
    """One alias."""

    name: str
    targets: list[str]
    created_at: datetime
    created_by: str

    @classmethod
    def of(cls, entry: AliasEntry) -> "AliasAnswer":
        return cls(name=entry.name, targets=list(entry.targets), created_at=entry.created_at, created_by=entry.created_by)


def alias_routes(callers: Callers, offers: NamedOffers) -> APIRouter:
    """For administrators: an alias may stand for private models."""
    router = APIRouter(tags=["serving"])
    signed_in = Depends(callers.signed_in)

    @router.get("/aliases", operation_id="list_aliases")
    async def read(caller: Annotated[Caller, signed_in]) -> list[AliasAnswer]:
        """All aliases (administrators only)."""
        return [AliasAnswer.of(entry) for entry in await offers.aliases(caller)]

    @router.put("/aliases/{name}", operation_id="set_alias")
    async def set_alias(name: str, body: AliasBody, caller: Annotated[Caller, signed_in]) -> AliasAnswer:
        """Make an alias or change what it stands for (administrators only); it holds within seconds."""
        return AliasAnswer.of(await offers.set_alias(caller, name, body.targets))

    @router.delete("/aliases/{name}", operation_id="remove_alias", status_code=204)
    async def remove(name: str, caller: Annotated[Caller, signed_in]) -> None:
        """Forget an alias (administrators only)."""
        await offers.remove_alias(caller, name)

    return router
