"""`commonweight batches`: what runs in the background of /v1, of all accounts."""

from __future__ import annotations

from pathlib import Path

import click

from commonweight.batches import Batch
from commonweight.cli.options import home_option, with_rooms
from commonweight.rooms import Rooms

BAR = 20  # characters of the progress bar


@click.group()
def batches() -> None:
    """List, show and cancel batches of all accounts."""


@batches.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that are not over.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="At most so many, newest first."
)
@home_option
def list_them(only_open: bool, limit: int, home: Path | None) -> None:
    """One line for each batch, newest first."""

    async def deed(rooms: Rooms) -> list[Batch]:
        return await rooms.batch_work.batches.everybodys(limit=limit, only_open=only_open)

    for batch in with_rooms(home, deed):
        made = f"{batch.created_at:%Y-%m-%d %H:%M}"
        click.echo(f"{batch.id}  {made}  {batch.status.value:<11} {progress(batch)}  {batch.model or '-'}")


@batches.command()
@click.argument("batch_id")
@home_option
def show(batch_id: str, home: Path | None) -> None:
    """Everything about one batch but its requests and answers."""

    async def deed(rooms: Rooms) -> Batch:
        return await rooms.batch_work.batches.anybodys(batch_id)

    for line in told(with_rooms(home, deed)):
        click.echo(line)


@batches.command()
@click.argument("batch_id")
@home_option
def cancel(batch_id: str, home: Path | None) -> None:
    """Begin no further line; what is done is written out."""

    async def deed(rooms: Rooms) -> Batch:
        found = await rooms.batch_work.batches.anybodys(batch_id)
        return await rooms.batch_work.batches.cancel(found.account_id, found.id)

    click.echo(f"{batch_id} is {with_rooms(home, deed).status.value}.")


def progress(batch: Batch) -> str:
    """`[#####---------------] 25% 5 of 20, 1 failed`."""
    counts = batch.counts
    done = counts.completed + counts.failed
    share = done / counts.total if counts.total else 0.0
    bar = "#" * round(share * BAR)
    failed = f", {counts.failed} failed" if counts.failed else ""
    return f"[{bar:-<{BAR}}] {share:4.0%} {done} of {counts.total}{failed}"


def told(batch: Batch) -> list[str]:
    """A batch, a line for each thing known of it."""
    known = {
        "id": batch.id,
        "status": batch.status.value,
        "progress": progress(batch),
        "model": batch.model,
        "endpoint": batch.endpoint,
        "account": batch.account_id,
        "input": batch.input_file_id,
        "output": batch.output_file_id,
        "errors": batch.error_file_id,
        "tokens": f"{batch.usage.prompt} in, {batch.usage.completion} out",
        "created": f"{batch.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "expires": f"{batch.expires_at:%Y-%m-%d %H:%M:%S} UTC",
    }
    known |= {name.removesuffix("_at"): f"{at:%Y-%m-%d %H:%M:%S} UTC" for name, at in batch.moments.items() if at}
    lines = [f"{name + ':':<13} {value}" for name, value in known.items() if value is not None]
    return [*lines, *(f"problem:      {problem['message']}" for problem in batch.errors)]
