"""`commonweight convert`: a model of the hub in other formats, in a repository of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import click

from commonweight.cli.acting import administrator, user_option
from commonweight.cli.options import home_option, with_rooms
from commonweight.errors import CommonweightError, Unprocessable
from commonweight.rooms import Rooms
from commonweight.tuning.conversions import Conversion, ConversionStatus

LOOK_SECONDS: Final = 1.0
BAR: Final = 20  # characters of the progress bar


@click.command()
@click.argument("name")
@click.option("--to", "target", required=True, help="The repository to be made: namespace/name.")
@click.option("--format", "formats", default="F16,Q8_0,Q4_K", show_default=True, help="Formats, with commas between them.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Stay until it is over, and show how far it is.")
@user_option
@home_option
def convert(name: str, target: str, formats: str, wait: bool, user: str, home: Path | None) -> None:
    """Convert the model NAME (namespace/name[@revision], safetensors) to GGUF. A running server does the work."""
    words = [word.strip() for word in formats.split(",") if word.strip()]

    async def deed(rooms: Rooms) -> Conversion:
        caller = await administrator(rooms, user)
        made = await rooms.conversions.conversions.create(caller, name, target, words)
        click.echo(f"{made.id}  {made.source.repository}@{made.source.commit[:12]} -> {target}")
        return await _watched(rooms, made) if wait else made

    found = with_rooms(home, deed)
    if not wait:
        return
    for line in told(found):
        click.echo(line)
    if found.status is not ConversionStatus.SUCCEEDED:
        raise _failure(found)


async def _watched(rooms: Rooms, conversion: Conversion) -> Conversion:
    said = ""
    while not conversion.is_over:
        line = progress(conversion)
        if line != said:
            click.echo(line)
            said = line
        await asyncio.sleep(LOOK_SECONDS)
        conversion = await rooms.conversions.conversions.get(conversion.account_id, conversion.id)
    return conversion


def progress(conversion: Conversion) -> str:
    """`[#####---------------]  25% Q8_0: blk.3.ffn_up.weight`."""
    share = float(conversion.progress.get("share", 0.0))
    what = conversion.progress.get("what") or conversion.status.value
    return f"[{'#' * round(share * BAR):-<{BAR}}] {share:4.0%} {what}"


def told(conversion: Conversion) -> list[str]:
    """What came of it, a line for each file."""
    lines = []
    for one in (conversion.report or {}).get("files", []):
        nearness = one.get("likeness")
        agreed = f"  agrees with the floats at {nearness['same']} of {nearness['places']} places" if nearness else ""
        lines.append(f"{one['path']}  {one['size'] / 1e6:.1f} MB{agreed}")
        lines += [f"  {warning}" for warning in one["warnings"]]
    if conversion.commit:
        lines.append(f"{conversion.target}@{conversion.commit[:12]} is a draft. Accept it at /tuning/conversions.")
    return lines


def _failure(conversion: Conversion) -> CommonweightError:
    error = conversion.error or {}
    message = str(error.get("message") or f"{conversion.id} is {conversion.status.value}.")
    return Unprocessable(message, hint=str(error.get("hint") or ""))
