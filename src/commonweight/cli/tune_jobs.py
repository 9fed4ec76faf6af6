"""`commonweight tune start`, `list`, `show`, `watch`, `pause`, `resume`, `cancel`: tunings of a running server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from commonweight.cli.asking import delete, get, post, server_options
from commonweight.cli.sending import send_file
from commonweight.cli.tune_watching import follow, line_of, lines_of
from commonweight.errors import InvalidInput

JOBS = "/v1/fine_tuning/jobs"
OWN = "/cw/v1/tuning/jobs"


@click.command("start")
@click.argument("model")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--validation", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Examples to judge by.")
@click.option("--method", type=click.Choice(["supervised", "dpo"]), default="supervised", show_default=True)
@click.option("--suffix", default=None, help="A word in the name of the model that comes of it.")
@click.option("--form", type=click.Choice(["lora", "full", "qlora"]), default=None, help="What is trained; default lora.")
@click.option("--use", default=None, help="The use for which the base has to be allowed; default the server's.")
@click.option("--judge", default=None, help="A model here that compares free texts; else they are compared by likeness.")
@click.option("--seed", type=click.IntRange(0), default=None)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A hyperparameter: n_epochs, batch_size, rank, …"
)
@click.option(
    "--licence", metavar="TAG", help="Licence of FILE where it is not your own (cc-by-4.0, …): its terms go along."
)
@click.option("--dry-run", is_flag=True, help="Say what it would begin from and take; begin nothing.")
@click.option("--wait", is_flag=True, help="Show how it goes until it is over.")
@server_options
def start(
    model: str, file: Path, validation: Path | None, method: str, suffix: str | None, form: str | None, use: str | None,
    licence: str | None, judge: str | None, seed: int | None, settings: tuple[str, ...], dry_run: bool, wait: bool,
    url: str | None, token: str | None,
) -> None:  # fmt: skip
    """
    Tune MODEL with the examples in FILE, on a running server.

        commonweight tune start commonweight/SmolLM2-135M-Instruct-GGUF tickets.jsonl --suffix tickets --wait
    """
    body: dict[str, Any] = {"model": model, "suffix": suffix, "seed": seed}
    body["method"] = {"type": method, method: {"hyperparameters": dict(map(pair_of, settings))}}
    wished = (("form", form), ("use", use), ("licence", licence), ("judge_model", judge))
    body["options"] = {name: value for name, value in wished if value}
    if dry_run:
        _told_before(body, file, url, token)
        return
    body["training_file"] = send_file(file, "fine-tune", url, token)
    body["validation_file"] = None if validation is None else send_file(validation, "fine-tune", url, token)
    job = post(JOBS, {}, _said(body), url, token)
    click.echo(f"{job['id']} was made." if wait else f"{job['id']} was made. Follow it: commonweight tune watch {job['id']}")
    if wait:
        follow(job["id"], url, token)


def _told_before(body: dict[str, Any], file: Path, url: str | None, token: str | None) -> None:
    """The examples are sent, looked at, and deleted again."""
    body["training_file"] = send_file(file, "fine-tune", url, token)
    try:
        for line in told_before(post("/cw/v1/tuning/estimate", {}, _said(body), url, token)):
            click.echo(line)
    finally:
        delete(f"/v1/files/{body['training_file']}", url, token)


@click.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100))
@server_options
def list_them(limit: int, url: str | None, token: str | None) -> None:
    """One line for each tuning of the account of the token, the newest first."""
    for job in get(JOBS, {"limit": str(limit)}, url, token)["data"]:
        click.echo(line_of(job))


@click.command("show")
@click.argument("tuning")
@server_options
def show(tuning: str, url: str | None, token: str | None) -> None:
    """Everything about one tuning, and what happened last."""
    for line in lines_of(get(f"{OWN}/{tuning}", {}, url, token)):
        click.echo(line)
    events = get(f"{JOBS}/{tuning}/events", {"limit": "10"}, url, token)["data"]
    for event in reversed(events):
        click.echo(f"  {event['level']:<5} {event['message']}")


@click.command("watch")
@click.argument("tuning")
@server_options
def watch(tuning: str, url: str | None, token: str | None) -> None:
    """Show how a tuning goes until it is over. Ctrl-C stops the watching alone."""
    follow(tuning, url, token)


@click.command("pause")
@click.argument("tuning")
@server_options
def pause(tuning: str, url: str | None, token: str | None) -> None:
    """Keep what was trained so far, and wait."""
    post(f"{JOBS}/{tuning}/pause", {}, {}, url, token)
    click.echo(f"{tuning} is being paused. Go on: commonweight tune resume {tuning}")


@click.command("resume")
@click.argument("tuning")
@server_options
def resume(tuning: str, url: str | None, token: str | None) -> None:
    """Go on from the last checkpoint."""
    post(f"{JOBS}/{tuning}/resume", {}, {}, url, token)
    click.echo(f"{tuning} goes on.")


@click.command("cancel")
@click.argument("tuning")
@server_options
def cancel(tuning: str, url: str | None, token: str | None) -> None:
    """Stop it for good."""
    job = post(f"{JOBS}/{tuning}/cancel", {}, {}, url, token)
    click.echo(f"{tuning} is {'cancelled' if job['status'] == 'cancelled' else 'being cancelled'}.")


def pair_of(setting: str) -> tuple[str, Any]:
    """`n_epochs=3` as a name and a number. Raises InvalidInput."""
    name, _, text = setting.partition("=")
    if text == "auto":
        return name, text
    try:
        return name, int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        raise InvalidInput(f"{setting!r} is no NAME=VALUE with a number.", hint="For example: --set n_epochs=3") from None


def told_before(told: Mapping[str, Any]) -> list[str]:
    """What a tuning would begin from and take, a line each."""
    base, estimate = told["base"] or {}, told["estimate"] or {}
    verdict = base.get("verdict") or {}
    lines = [f"base:      {base.get('repository')}@{base.get('commit', '')[:12]} {base.get('path', '')}".rstrip()]
    lines += [f"rights:    {verdict['value']}: {verdict['headline']}"] if verdict else []
    lines += [f"memory:    {estimate['memory_bytes'] / 1e9:.1f} GB"] if "memory_bytes" in estimate else []
    lines += [f"disk:      {estimate['disk_bytes'] / 1e9:.1f} GB"] if "disk_bytes" in estimate else []
    lines += [f"time:      about {estimate['seconds']} s, before a step was timed"] if "seconds" in estimate else []
    return [*lines, *(f"warning:   {sentence}" for sentence in told["warnings"])]


def _said(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
