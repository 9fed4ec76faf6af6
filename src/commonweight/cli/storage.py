"""`commonweight storage`: what is stored, what nothing refers to, what is damaged."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from commonweight.cli.options import home_option, with_rooms
from commonweight.hub import Collected, Explanation, Waiting
from commonweight.keeping import Damaged
from commonweight.rooms import Rooms
from commonweight.storage import GRACE, Scrubbed, Weighed

UNITS = ("bytes", "kB", "MB", "GB", "TB")


@click.group()
def storage() -> None:
    """Stored bytes: see what nothing refers to, remove it, look for damage."""


@storage.command()
@home_option
def explain(home: Path | None) -> None:
    """Say what nothing refers to and when it goes; remove nothing. What is seen for the first time begins its grace now."""

    async def deed(rooms: Rooms) -> Explanation:
        return await rooms.keeping.collection.explain(_tell)

    for line in told(with_rooms(home, deed)):
        click.echo(line)


@storage.command()
@click.option("--yes", is_flag=True, help="Do not ask first.")
@home_option
def collect(yes: bool, home: Path | None) -> None:
    """Remove what nothing has referred to for all of the grace. A running server does so by itself every day."""
    if not yes:

        async def look(rooms: Rooms) -> Explanation:
            return await rooms.keeping.collection.explain(_tell)

        for line in told(with_rooms(home, look)):
            click.echo(line)
        click.confirm("Remove what is due?", abort=True)

    async def deed(rooms: Rooms) -> Collected:
        return await rooms.keeping.collection.collect(_tell)

    click.echo(_collected(with_rooms(home, deed)))


@storage.command()
@home_option
@click.pass_context
def scrub(context: click.Context, home: Path | None) -> None:
    """Read everything that is stored and say what is damaged: exit status 1. A running server does so every week."""

    async def deed(rooms: Rooms) -> tuple[Scrubbed, list[Damaged]]:
        return await rooms.keeping.scrubber.scrub(_tell), await rooms.keeping.damaged()

    scrubbed, damaged = with_rooms(home, deed)
    for one in damaged:
        click.echo(_damaged(one))
    if scrubbed.last is not None:
        read = _weighed(Weighed(scrubbed.last.things, scrubbed.last.bytes), "thing")
        click.echo(f"Read {read}: {scrubbed.damaged} damaged.")
    if scrubbed.damaged:
        context.exit(1)


@storage.command()
@home_option
def restored(home: Path | None) -> None:
    """
    Say that this installation was restored from a backup.

    Clients remember for three weeks what they have uploaded, and would not send again what the backup does not have. From
    now on they are given another address of the store, under which they remember nothing.
    """

    async def deed(rooms: Rooms) -> str:
        return await rooms.storage.generation.renew()

    click.echo(f"Clients are given a new address of the store from now on (generation {with_rooms(home, deed)}).")


def told(found: Explanation) -> list[str]:
    """An explanation, a line for each thing."""
    stored = found.stored
    lines = [
        f"Stored: {_weighed(stored.objects, 'object')}.",
        f"No file needs {_weighed(stored.unneeded, 'xorb')} of it. {_weighed(stored.going, 'object')} leave the disk soon.",
    ]
    if not found.waiting:
        return [*lines, "Nothing waits to be removed."]
    lines.append(
        f"Nothing refers to these. They go {GRACE.days} days after that was first seen, unless somebody does again:"
    )
    return [*lines, *map(_waiting, found.waiting)]


def _waiting(one: Waiting) -> str:
    whose = ", ".join(one.repositories) or f"a deleted repository (network {one.scope})"
    what = f"{_weighed(Weighed(one.files, one.bytes), 'large file')}, {_count(one.git_objects, 'git object')}"
    return f"  {whose}: {what}; since {one.since:%Y-%m-%d}, from {one.goes_at:%Y-%m-%d} on"


def _damaged(one: Damaged) -> str:
    damage, whose = one.seen.damage, ", ".join(one.repositories)
    return f"{damage.kind} {damage.subject}: {damage.detail}" + (f" Concerns {whose}." if whose else "")


def _collected(done: Collected) -> str:
    return (
        f"Removed {_count(done.files, 'large file')} and {_count(done.git_objects, 'git object')} that nothing refers to. "
        f"{_weighed(done.xorbs, 'xorb')} leave the disk in an hour; {_weighed(done.removed, 'object')} have left it now."
    )


def _weighed(what: Weighed, word: str) -> str:
    return f"{_count(what.count, word)} ({_size(what.bytes)})"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _size(number: float) -> str:
    for unit in UNITS[:-1]:
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} {UNITS[-1]}"


async def _tell(fraction: float, message: str) -> None:
    """Progress, for a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{message} ({fraction:.0%})", err=True, nl=fraction >= 1)
