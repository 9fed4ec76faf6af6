"""`commonweight serve`: make a model callable by a name, and say how to call it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from commonweight.cli.acting import administrator, user_option
from commonweight.cli.options import home_option, with_rooms
from commonweight.identity import Caller
from commonweight.rooms import Rooms
from commonweight.serving import Mode, ModelRefused, Offer, Operating
from commonweight.settings import Settings

_ROUTES: Mapping[Mode, tuple[str, Mapping[str, Any]]] = {
    Mode.CHAT: ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Name three rivers."}]}),
    Mode.EMBEDDINGS: ("/v1/embeddings", {"input": "Three rivers."}),
    Mode.RERANK: ("/v1/rerank", {"query": "Which is a river?", "documents": ["The Nile.", "The Alps."]}),
    Mode.IMAGES: ("/v1/images/generations", {"prompt": "A lighthouse at dusk."}),
}
_FORMS: Mapping[Mode, str] = {Mode.TRANSCRIPTION: "/v1/audio/transcriptions"}


@click.command()
@click.argument("name")
@click.option("--as", "alias", default="", help="A name without a slash under which applications call it.")
@click.option("--pin", is_flag=True, help="Keep it loaded, whoever else needs the memory.")
@user_option
@home_option
def serve(name: str, alias: str, pin: bool, user: str, home: Path | None) -> None:
    """
    Serve the model NAME (namespace/name[@revision][:file], or an alias), and print how to call it.

    Any model that may run here is loaded when somebody asks for it; this checks that it may, gives it a name where you want
    one, and keeps it loaded where you say so.
    """

    async def deed(rooms: Rooms) -> str:
        caller = await administrator(rooms, user)
        offer = await _allowed(rooms, caller, name)
        if alias:
            await rooms.offers.set_alias(caller, alias, [name])
        if pin:
            await Operating(rooms.replicas, rooms.offers).pin(caller, name, True)
        return how_to_call(offer, alias or name, _address(rooms.settings), pinned=pin)

    click.echo(with_rooms(home, deed))


def _address(settings: Settings) -> str:
    """Where the server of this home listens, or did last: its lock says so (`cli/up.py`)."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    lock = settings.home / "lock"
    said = lock.read_text(encoding="utf-8").partition(",")[0].strip() if lock.is_file() else ""
    return said or f"http://{settings.host}:{settings.port}"


async def _allowed(rooms: Rooms, caller: Caller, name: str) -> Offer:
    """Raises ModelNotFound, FileChoiceError, ModelUnsupported, ModelRefused with the clause that is in the way."""
    offer = await rooms.offers.resolve(caller, name)
    if offer.refused is not None:
        raise ModelRefused(offer.refused.message)
    return offer


def _curl(mode: Mode, name: str, address: str) -> list[str]:
    key = '-H "authorization: Bearer $TOKEN"'
    if mode in _FORMS:
        return [f"  curl {address}{_FORMS[mode]} {key} \\", f"    -F model={name} -F file=@speech.wav"]
    path, said = _ROUTES[mode]
    body = json.dumps({"model": name, **said})
    return [f"  curl {address}{path} \\", f'    {key} -H "content-type: application/json" \\', f"    -d '{body}'"]


def how_to_call(offer: Offer, name: str, address: str, *, pinned: bool) -> str:
    """What to write into an application; `address` is that of the server."""
    loaded = "kept loaded" if pinned else "loaded when it is first asked for"
    lines = [f"{offer.name} may run here ({', '.join(offer.terms) or 'no terms'}); it is {loaded}."]
    return "\n".join([
        *lines,
        "",
        *_curl(offer.servable.mode, name, address),
        "",
        "or in an application that speaks OpenAI's API:",
        "",
        f'  OPENAI_BASE_URL={address}/v1  OPENAI_API_KEY=$TOKEN  model="{name}"',
        "",
        "A token: commonweight token create --user NAME",
    ])  # fmt: skip
