"""`commonweight migrate-store`: move all stored bytes to an S3 server, or back to the disk."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from commonweight.cli.options import home_option, settings_of, with_rooms
from commonweight.cli.up import lock_home
from commonweight.errors import InvalidInput
from commonweight.foundations import place_of
from commonweight.rooms import Rooms
from commonweight.settings import Settings
from commonweight.storage import DiskObjects, Moved, Objects

DISK = "disk"
MOST_NAMED = 20  # keys of objects that are told one by one


@click.command("migrate-store")
@click.option("--to", "where", required=True, help="s3://bucket/prefix, or `disk` for the home folder.")
@click.option("--copy-only", is_flag=True, help="Copy ahead while servers run; a run without this finishes.")
@home_option
def migrate_store(where: str, copy_only: bool, home: Path | None) -> None:
    """
    Move all stored bytes to another store, each object compared with what it was. Stop all servers first.

    COMMONWEIGHT_STORAGE still names the store that they lie in; address and key of the S3 server come from the other
    settings (docs/storage.md). Interrupted, it goes on where it was. The old store is left as it is.
    """
    settings = settings_of(home)
    target = _target(settings, where)
    if not copy_only:
        lock_home(settings)

    async def deed(rooms: Rooms) -> Moved:
        return await rooms.storage.mover(target).move(_tell, finish=not copy_only)

    for line in _told(with_rooms(home, deed), target, copy_only):
        click.echo(line)


def _target(settings: Settings, where: str) -> Objects:
    if where == DISK:
        return DiskObjects(settings.home / "objects")
    if not where.startswith("s3://"):
        raise InvalidInput(f"--to is {where!r}; expected s3://bucket/prefix or {DISK}.")
    from commonweight.storage.object_store import open_s3  # its library takes memory

    return open_s3(place_of(settings, where))


def _told(moved: Moved, target: Objects, copy_only: bool) -> list[str]:
    before = f" ({moved.before} more by earlier runs)" if moved.before else ""
    lines = [f"Copied and compared {moved.copied} objects, {moved.bytes} bytes{before}."]
    for what, keys in (("missing", moved.missing), ("damaged", moved.damaged)):
        if keys:
            more = f" and {len(keys) - MOST_NAMED} more" if len(keys) > MOST_NAMED else ""
            named = ", ".join(sorted(keys)[:MOST_NAMED])
            lines.append(f"{len(keys)} were {what} before, and are still ({named}{more}): commonweight storage scrub")
    if copy_only:
        return [*lines, "Stop all servers and run this again without --copy-only to finish."]
    name = "COMMONWEIGHT_STORAGE= (empty)" if isinstance(target, DiskObjects) else f"COMMONWEIGHT_STORAGE={target.name}"
    return [
        *lines,
        f"The bytes of this installation lie in {target.name} now. Set {name} and start the servers.",
        "The old store is as it was: delete it when you have seen the new one serve.",
    ]


async def _tell(fraction: float, message: str) -> None:
    """Progress, for a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{message} ({fraction:.0%})", err=True, nl=fraction >= 1)
