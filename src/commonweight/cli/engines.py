"""`commonweight ps`, `load`, `unload`, `pin`: the engines of this installation."""

from __future__ import annotations

from pathlib import Path

import click

from commonweight.cli.acting import administrator, user_option
from commonweight.cli.options import home_option, with_rooms
from commonweight.errors import NotFound
from commonweight.rooms import Rooms
from commonweight.serving import EngineSeen, ModelLoading, ModelSeen, Operating, Router, Seen, State

COLUMNS = "{:<48} {:<9} {:<14} {:>9} {:>7} {:>6} {:>7}  {}"
HEAD = COLUMNS.format("MODEL", "STATE", "HOST", "MEMORY", "SLOTS", "QUEUE", "TOKENS", "NOTES")
LOAD_S = 600.0  # a large model from a slow disk


@click.command()
@user_option
@home_option
def ps(user: str, home: Path | None) -> None:
    """Show the engines: memory, slots in use, queues, tokens per second."""

    async def deed(rooms: Rooms) -> Seen:
        return await _operating(rooms).look(await administrator(rooms, user))

    seen = with_rooms(home, deed)
    for host in seen.hosts:
        held = f"{_mb(host.held_bytes)} of {_mb(host.facts.budget_bytes)} held"
        click.echo(f"{host.facts.host}: {held}, {host.facts.cores} cores")
    click.echo(HEAD)
    for model in seen.models:
        for line in _lines(model):
            click.echo(line)


@click.command()
@click.argument("name")
@click.option("--no-wait", is_flag=True, help="Begin only; `commonweight ps` shows how far it is.")
@user_option
@home_option
def load(name: str, no_wait: bool, user: str, home: Path | None) -> None:
    """Load NAME before somebody asks for it, and wait until it answers."""

    async def say(text: str) -> None:
        click.echo(text, err=True)

    async def deed(rooms: Rooms) -> str:
        model = await _operating(rooms).load(await administrator(rooms, user), name)
        router = Router(rooms.replicas)
        try:
            replica = await router.lease_for(model, 0.0 if no_wait else LOAD_S, say)
        except ModelLoading:
            if no_wait:
                return f"{model.name} is being loaded"
            raise
        finally:
            await router.close()
        return f"{model.name} is ready: {replica.engine}, {_mb(replica.memory_bytes)}"

    click.echo(with_rooms(home, deed))


@click.command()
@click.argument("name")
@user_option
@home_option
def unload(name: str, user: str, home: Path | None) -> None:
    """Unload NAME after the requests that it is working on."""

    async def deed(rooms: Rooms) -> int:
        return await _operating(rooms).unload(await administrator(rooms, user), name)

    if not (stopped := with_rooms(home, deed)):
        raise NotFound(f"No engine runs {name}.", hint="`commonweight ps` shows what runs.")
    click.echo(f"{name}: {stopped} unloading")


@click.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="No longer: it leaves when others need the memory, or when nobody uses it.")
@user_option
@home_option
def pin(name: str, off: bool, user: str, home: Path | None) -> None:
    """Keep NAME loaded, whoever else needs the memory."""

    async def deed(rooms: Rooms) -> str:
        order = await _operating(rooms).pin(await administrator(rooms, user), name, not off)
        return f"{order.model.name} is {'pinned' if order.pinned else 'no longer pinned'}"

    click.echo(with_rooms(home, deed))


def _operating(rooms: Rooms) -> Operating:
    return Operating(rooms.replicas, rooms.offers)


def _lines(model: ModelSeen) -> list[str]:
    notes = _notes(model)
    if not model.engines:
        return [COLUMNS.format(model.model.name[:48], "-", "", "", "", model.queued or "", "", notes)]
    return [_line(model, engine, notes) for engine in model.engines]


def _line(model: ModelSeen, engine: EngineSeen, notes: str) -> str:
    row = engine.replica
    slots = f"{engine.under_way}/{row.slots}" if row.state is State.READY else ""
    tokens = f"{engine.tokens_per_second:.1f}/s" if engine.tokens_per_second else ""
    said = "; ".join(filter(None, [row.error or row.progress, notes]))
    memory, name = _mb(row.memory_bytes) if row.memory_bytes else "", model.model.name[:48]
    return COLUMNS.format(name, row.state, engine.host[:14], memory, slots, model.queued or "", tokens, said)


def _notes(model: ModelSeen) -> str:
    order = model.order
    if order is None:
        return ""
    windows = ", ".join(f"warm from {window.at} for {window.minutes} min" for window in order.warm)
    count = f"{order.least} to {order.most} replicas" if (order.least, order.most) != (0, 1) else ""
    return "; ".join(filter(None, ["pinned" if order.pinned else "", count, windows]))


def _mb(size: int) -> str:
    return f"{size >> 20} MB"
