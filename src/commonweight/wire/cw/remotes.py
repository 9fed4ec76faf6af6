"""/cw/v1/remotes: models at other addresses, whose requests leave the house."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from commonweight.identity import Caller
from commonweight.serving import Mode
from commonweight.serving.remote import Remote, Remotes
from commonweight.wire.cw.callers import Callers


class RemoteBody(BaseModel):
    """A model at an OpenAI-compatible address. Without `organisations` it is off."""

    model_config = ConfigDict(extra="forbid")

    base_url: str = Field(description="https://host[/path], with or without /v1 at its end")
    model: str = Field(description="what the model is called there")
    key: str | None = Field(None, description="sealed when it is kept and never shown; left out: the one there is stays")
    mode: Mode = Mode.CHAT
    price_note: str = ""
    organisations: list[str] = Field([], description="accounts whose requests may leave the house for it")


class RemoteAnswer(BaseModel):
    """One remote."""

    name: str
    base_url: str
    model: str
    mode: Mode
    price_note: str
    organisations: list[str]
    has_key: bool
    created_at: datetime | None

    @classmethod
    def of(cls, remote: Remote) -> "RemoteAnswer":
        return cls(
            name=remote.name,
            base_url=remote.base_url,
            model=remote.model,
            mode=remote.mode,
            price_note=remote.price_note,
            organisations=list(remote.organisations),
            has_key=remote.has_key,
            created_at=remote.created_at,
        )


def remote_routes(callers: Callers, remotes: Remotes) -> APIRouter:
    """For administrators: a remote spends money elsewhere and takes prompts out of the house."""
    router = APIRouter(tags=["serving"])
    signed_in = Depends(callers.signed_in)

    @router.get("/remotes", operation_id="list_remotes")
    async def read(caller: Annotated[Caller, signed_in]) -> list[RemoteAnswer]:
        """All remotes, without their keys (administrators only)."""
        return [RemoteAnswer.of(remote) for remote in await remotes.read(caller)]

    @router.put("/remotes/{name}", operation_id="set_remote")
    async def set_remote(name: str, body: RemoteBody, caller: Annotated[Caller, signed_in]) -> RemoteAnswer:
        """Add a remote or change it (administrators only); it holds within seconds."""
        remote = Remote(name, body.base_url, body.model, body.mode, body.price_note, tuple(body.organisations))
        return RemoteAnswer.of(await remotes.set(caller, remote, body.key))

    @router.delete("/remotes/{name}", operation_id="remove_remote", status_code=204)
    async def remove(name: str, caller: Annotated[Caller, signed_in]) -> None:
        """Forget a remote and its key (administrators only)."""
        await remotes.remove(caller, name)

    return router
