"""`commonweight convert`: a model of the hub in other formats, in a repository of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from commonweight.cli.acting import administrator, user_option
from commonweight.cli.options import home_option, with_rooms
from commonweight.errors import CommonweightError, Unprocessable
from commonweight.rooms import Rooms
from commonweight.tuning.conversions import Conversion, ConversionStatus, FormatScore, NewConversion, percent
from commonweight.tuning.judging import Score

LOOK_SECONDS: Final = 1.0
BAR: Final = 20  # characters of the progress bar


@click.command()
@click.argument("name")
@click.option("--to", "target", required=True, help="The repository to be made: namespace/name.")
@click.option("--format", "formats", default="F16,Q8_0,Q4_K", show_default=True, help="Formats, with commas between them.")
@click.option("--score/--no-score", default=True, show_default=True, help="Ask each format general questions, and compare.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Stay until it is over, and show how far it is.")
@user_option
@home_option
def convert(name: str, target: str, formats: str, score: bool, wait: bool, user: str, home: Path | None) -> None:
    """
    Convert the model NAME to GGUF: namespace/name[@revision] of safetensors, or with :FILE a GGUF file to smaller ones. A
    running server does the work.
    """
    words = [word.strip() for word in formats.split(",") if word.strip()]

    async def deed(rooms: Rooms) -> Conversion:
        caller = await administrator(rooms, user)
        new = NewConversion(name, target, words, is_scored=score)
        made = await rooms.conversions.conversions.create(caller, new)
        click.echo(f"{made.id}  {made.source.repository}@{made.source.commit[:12]} -> {target}")
        if made.source.warning:
            click.echo(f"Warning: {made.source.warning}", err=True)
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
    if wanted := conversion.progress.get("to_score"):
        what = f"{what}: {conversion.progress['scored']} of {wanted} answers"
    return f"[{'#' * round(share * BAR):-<{BAR}}] {share:4.0%} {what}"


def told(conversion: Conversion) -> list[str]:
    """What came of it: the ladder as a table, then what is to be known of single files."""
    report = conversion.report or {}
    files = report.get("files", [])
    lines = [*_table(files), *_warnings(conversion, files)]
    scored = [(one["path"], FormatScore.of(one["score"])) for one in files if one.get("score")]
    lines += [f"{path}: {score.sentence}" for path, score in scored]
    if report.get("not_scored"):
        lines.append(f"Not scored: {report['not_scored']}")
    if conversion.commit:
        lines.append(f"{conversion.target}@{conversion.commit[:12]} is a draft. Accept it at /tuning/conversions.")
    return lines


def _warnings(conversion: Conversion, files: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those of single files; what holds for all was said in the beginning."""
    told = [(one["path"], warning) for one in files for warning in one["warnings"]]
    return [f"{path}: {warning}" for path, warning in told if warning != conversion.source.warning]


def _table(files: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [("file", "size", "next words", "perplexity", "change", "same answers", "right"), *map(_row, files)]
    kept = [column for column in zip(*rows, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in kept]
    lines = [zip(row, widths, strict=True) for row in zip(*kept, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in line).rstrip() for line in lines]


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    near = one.get("likeness")
    score = FormatScore.of(one["score"]) if one.get("score") else None
    rise = score.rise if score else None
    return (
        one["path"],
        f"{one['size'] / 1e6:.1f} MB",
        f"{near['same']}/{near['places']}" if near else "",
        f"{score.perplexity.value:,.2f}" if score and score.perplexity else "",
        f"{percent(rise.value)} ({percent(rise.low)} to {percent(rise.high)})" if rise else "",
        *(_counted(found) for found in ((score.agrees, score.knows) if score else (None, None))),
    )


def _counted(score: Score | None) -> str:
    return f"{score.value * score.items:.0f}/{score.items}" if score else ""


def _failure(conversion: Conversion) -> CommonweightError:
    error = conversion.error or {}
    message = str(error.get("message") or f"{conversion.id} is {conversion.status.value}.")
    return Unprocessable(message, hint=str(error.get("hint") or ""))
