"""`commonweight tune eval`: standard tasks, asked of a base and of what was made from it, compared one by one."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from commonweight.errors import InvalidInput
from commonweight.settings import DEFAULT_PORT
from commonweight.tuning.judging.harness import EXTRA, Harness, HarnessFailed, TaskScore, evaluate

TASKS_ARE_PROGRAMS: Final = "Tasks are programs: they run here, with your rights."


@click.command("eval")
@click.argument("models", nargs=-1, required=True)
@click.option(
    "--tasks", required=True, help="A folder of lm-eval's YAML files, or a data set of the hub: NAME/NAME[@REVISION]."
)
@click.option("--task", "names", multiple=True, help="Only this task; may be given several times.")
@click.option("--tokenizer", default="", help="A folder or a model of the hub that holds it; multiple choice needs one.")
@click.option("--url", default=f"http://127.0.0.1:{DEFAULT_PORT}", show_default=True, help="The server.")
@click.option("--key", envvar="COMMONWEIGHT_KEY", default="", help="A key of it (COMMONWEIGHT_KEY).")
@click.option("--limit", type=click.IntRange(1), help="At most so many documents of each task.")
@click.option("--trust-tasks", is_flag=True, help=f"Run tasks of the hub. {TASKS_ARE_PROGRAMS}")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Keep what lm-eval writes here.")
def evaluation(
    models: tuple[str, ...], tasks: str, names: tuple[str, ...], tokenizer: str, url: str, key: str,
    limit: int | None, trust_tasks: bool, out: Path | None,
) -> None:  # fmt: skip
    """
    Ask MODELS standard tasks; the first is what the others are compared with. Needs commonweight[eval].

        commonweight tune eval ada/base ft:base:ada::9a1b22c4 --tasks ./tasks --tokenizer ada/base
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if not Path(tasks).is_dir() and not trust_tasks:
            raise InvalidInput(
                f"{tasks!r} is no folder here. {TASKS_ARE_PROGRAMS}",
                hint="Of a data set of the hub look at its files first, then give --trust-tasks.",
            )
        where = _folder(tasks, "dataset", url, key, folder / "tasks")
        words = _folder(tokenizer, "model", url, key, folder / "tokenizer") if tokenizer else None
        harness = Harness(where, names, url, key or "none", words, limit)
        found = asyncio.run(evaluate(harness, models, out or folder / "out", _told))
    for line in table(found):
        click.echo(line)


def table(found: Sequence[TaskScore]) -> list[str]:
    """A line for each task, metric and model, in percent; differences in points with their 95 % intervals."""
    rows = [("task", "metric", "model", "score", "difference"), *(_row(one) for one in found)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(one: TaskScore) -> tuple[str, str, str, str, str]:
    value, apart = one.score, one.difference
    seen = f"{100 * value.value:.1f} ({100 * value.low:.1f} to {100 * value.high:.1f})"
    other = "" if apart is None else f"{100 * apart.value:+.1f} ({100 * apart.low:+.1f} to {100 * apart.high:+.1f})"
    return one.task, one.metric, one.model, seen, other


def _folder(given: str, kind: str, url: str, key: str, into: Path) -> Path:
    """A folder as it is; a repository of the hub is fetched from this server. Raises InvalidInput."""
    if Path(given).is_dir():
        return Path(given)
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError:
        raise HarnessFailed("The evaluation harness is not installed.", hint=f"Install it: {EXTRA}") from None
    name, _, revision = given.partition("@")
    small = ["*.json", "*.jsonl", "*.yaml", "*.yml", "*.csv", "*.parquet", "*.py", "*.txt", "*.model", "*.jinja"]
    try:
        path = snapshot_download(
            name, repo_type=kind, revision=revision or None, local_dir=into, endpoint=url, token=key or False,
            allow_patterns=small,
        )  # fmt: skip
    except (HfHubHTTPError, ValueError) as error:
        raise InvalidInput(f"{given!r} is neither a folder here nor can it be fetched from {url}: {error}") from None
    return Path(path)


async def _told(sentence: str) -> None:
    click.echo(sentence, err=True)
