"""`commonweight tune report`, `accept`, `refuse`: how base and tuned did, and what becomes of the draft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from commonweight.cli.asking import get, post, server_options
from commonweight.errors import NotFound

OWN = "/cw/v1/tuning/jobs"


@click.command("report")
@click.argument("tuning")
@click.option("--examples", default=3, show_default=True, type=click.IntRange(0, 20), help="Won and lost, so many each.")
@server_options
def report(tuning: str, examples: int, url: str | None, token: str | None) -> None:
    """How base and tuned did on what was held out: each artefact, with its interval, and examples side by side."""
    told = get(f"{OWN}/{tuning}/report", {}, url, token)
    if told["report"] is None:
        raise NotFound(f"{tuning} was not judged.", hint=f"See how far it is: commonweight tune show {tuning}")
    for line in lines_of(told["report"], examples):
        click.echo(line)
    if told["repository"]:
        state = "a draft" if told["is_draft"] else "accepted"
        click.echo(f"\n{told['repository']} is {state}.")


@click.command("accept")
@click.argument("tuning")
@click.option("--public", is_flag=True, help="For everybody; else for its namespace.")
@server_options
def accept(tuning: str, public: bool, url: str | None, token: str | None) -> None:
    """Make the draft a model like any other."""
    body = {"visibility": "public" if public else "private"}
    told = post(f"{OWN}/{tuning}/accept", {}, body, url, token)
    click.echo(f"{told['repository']} is accepted, {'for everybody' if public else 'for its namespace'}.")


def lines_of(document: Mapping[str, Any], examples: int) -> list[str]:
    """The verdict, a table, and examples."""
    primary, base = document["primary"], document["base"]
    rows = [("", primary, "95 % interval", "difference", "verdict")]
    rows.append((base["label"], *_score(base["scores"].get(primary)), "", ""))
    for result in document["results"]:
        difference = result["differences"].get(primary)
        points = f"{100 * difference['value']:+.1f} points" if difference else ""
        rows.append((result["label"], *_score(result["scores"].get(primary)), points, result["verdict"]))
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [document["sentence"], "", *table, *_examples(document, examples), *map(str, document["warnings"])]


def _score(score: Mapping[str, Any] | None) -> tuple[str, str]:
    if score is None:
        return "", ""
    return f"{score['value']:.3f}", f"{score['low']:.3f} to {score['high']:.3f}"


def _examples(document: Mapping[str, Any], count: int) -> list[str]:
    results, lines = document["results"], []
    for word in ("won", "lost") if results else ():
        for one in results[0][word][:count]:
            lines += ["", f"{word}: {one['question']}", f"  wanted {one['target']}"]
            lines += [f"  base   {one['base']}", f"  tuned  {one['tuned']}"]
    return lines
