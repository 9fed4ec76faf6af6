"""`commonweight rights`: may we use this model, for this, and what do we owe?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from commonweight.cli.asking import post, server_options
from commonweight.cli.documents import file_type, library, print_json, read_text, record_option
from commonweight.cli.languages import ENGLISH, language_option, speaker
from commonweight.cli.licences import digest, licences, validate
from commonweight.cli.openness import openness
from commonweight.cli.pack import pack
from commonweight.cli.receipts import verify
from commonweight.cli.verdict_text import verdict_text
from commonweight.errors import InvalidInput
from commonweight.rights import Question, decide, parse_document


@click.group()
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


@rights.command("check")
@click.argument("model")
@click.option("--use", "use_file", required=True, type=file_type,
              help="YAML or JSON with the use: acts, purposes, ... or a whole mapping {organisation, use}.")  # fmt: skip
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@language_option
def check(model: str, use_file: Path, url: str | None, token: str | None, as_json: bool, language: str) -> None:
    """Ask a running server about MODEL (namespace/name[@revision]) for the use in a file."""
    document = parse_document(read_text(use_file), use_file.name)
    if not isinstance(document, dict):
        raise InvalidInput(f"{use_file.name}: expected a mapping with the use.", hint="See docs/rights-io.md.")
    body = {"model": model, **(_plain(document) if "use" in document else {"use": _plain(document)})}
    query = {} if language == ENGLISH else {"lang": language}
    answer = post("/cw/v1/verdicts", query, body, url, token)
    _print(answer.get("verdict", answer), language, as_json=as_json)


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


def _plain(value: Any) -> Any:
    """Dates of YAML as text, for JSON."""
    return json.loads(json.dumps(value, default=str))
