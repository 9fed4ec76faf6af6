"""`commonweight rights`: may we use this model, for this, and what do we owe?"""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from commonweight.cli.aibom import aibom
from commonweight.cli.check import check
from commonweight.cli.documents import file_type, library, print_json, read_text, record_option
from commonweight.cli.identify import identify
from commonweight.cli.languages import language_option, speaker
from commonweight.cli.licences import digest, licences, validate
from commonweight.cli.openness import openness
from commonweight.cli.pack import pack
from commonweight.cli.receipts import verify
from commonweight.cli.verdict_text import verdict_text
from commonweight.rights import Question, decide, parse_document


class _Rights(click.Group):
    """`decisions` needs an installation and its rooms, which the others need not load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "decisions"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "decisions":
            command: click.Command = importlib.import_module("commonweight.cli.decisions").decisions
            return command
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Rights)
def rights() -> None:
    """May we use this model, for this, and what do we owe? A reading of the texts, not legal advice."""


@rights.command("decide")
@click.argument("file", type=file_type)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@record_option
@language_option
def decide_file(file: Path, as_json: bool, record_files: tuple[Path, ...], language: str) -> None:
    """Decide the question in FILE (YAML or JSON, docs/rights-io.md). Needs no server."""
    document = parse_document(read_text(file), file.name)
    question = Question.from_document(document, today=datetime.now(UTC).date(), name=file.name)
    _print(decide(question, library(record_files)).to_document(language), language, as_json=as_json)


rights.add_command(check)
rights.add_command(aibom)
rights.add_command(identify)
rights.add_command(licences)
rights.add_command(openness)
rights.add_command(pack)
rights.add_command(validate)
rights.add_command(digest)
rights.add_command(verify)


def _print(verdict: dict[str, Any], language: str, *, as_json: bool) -> None:
    if as_json:
        print_json(verdict)
    else:
        click.echo(verdict_text(verdict, speaker(language)))
