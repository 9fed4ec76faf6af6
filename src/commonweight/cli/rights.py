"""`commonweight rights`: may we use this model, for this, and what do we owe?"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from commonweight.cli.documents import file_type, library, print_json, read_text, record_option
from commonweight.cli.languages import ENGLISH, language_option, speaker
from commonweight.cli.licences import digest, licences, validate
from commonweight.cli.verdict_text import verdict_text
from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotAuthenticated, NotFound, Unavailable
from commonweight.rights import Question, decide, parse_document

DEFAULT_URL: Final = "http://127.0.0.1:8484"
REQUEST_SECONDS: Final = 30  # a verdict takes milliseconds; this is for a server that is just starting
MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024  # a verdict has some ten kilobytes


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
@click.option("--url", default=None, help=f"Address of the server; else COMMONWEIGHT_URL, else {DEFAULT_URL}.")
@click.option("--token", default=None, help="Token; else COMMONWEIGHT_TOKEN.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@language_option
def check(model: str, use_file: Path, url: str | None, token: str | None, as_json: bool, language: str) -> None:
    """Ask a running server about MODEL (namespace/name[@revision]) for the use in a file."""
    document = parse_document(read_text(use_file), use_file.name)
    if not isinstance(document, dict):
        raise InvalidInput(f"{use_file.name}: expected a mapping with the use.", hint="See docs/rights-io.md.")
    body = {"model": model, **(_plain(document) if "use" in document else {"use": _plain(document)})}
    address = (url or os.environ.get("COMMONWEIGHT_URL") or DEFAULT_URL).rstrip("/")
    query = "" if language == ENGLISH else f"?lang={language}"
    answer = _post(f"{address}/cw/v1/verdicts{query}", body, token or os.environ.get("COMMONWEIGHT_TOKEN", ""))
    _print(answer.get("verdict", answer), language, as_json=as_json)


rights.add_command(licences)
rights.add_command(validate)
rights.add_command(digest)


def _print(verdict: dict[str, Any], language: str, *, as_json: bool) -> None:
    if as_json:
        print_json(verdict)
    else:
        click.echo(verdict_text(verdict, speaker(language)))


def _plain(value: Any) -> Any:
    """Dates of YAML as text, for JSON."""
    return json.loads(json.dumps(value, default=str))


def _post(address: str, body: dict[str, Any], token: str) -> dict[str, Any]:
    if not address.startswith(("http://", "https://")):
        raise InvalidInput(f"The address {address!r} is no http or https address.", hint="Check --url.")
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as response:  # noqa: S310 - checked above
            found = json.loads(response.read(MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        raise _refused(error) from error
    except (OSError, ValueError) as error:
        hint = "Is the server running there? Start it with `commonweight up`."
        raise Unavailable(f"No verdict from {address} ({error}).", hint=hint) from error
    if not isinstance(found, dict):
        raise Unavailable(f"{address} answered with something that is no verdict.", hint="Check --url.")
    return found


def _refused(error: urllib.error.HTTPError) -> CommonweightError:
    """The server's problem document as the error of ours that it was."""
    try:
        problem = json.loads(error.read(MAX_ANSWER_BYTES))
    except (OSError, ValueError):
        problem = {}
    problem = problem if isinstance(problem, dict) else {}
    detail = str(problem.get("detail") or f"The server answered {error.code} {error.reason}.")
    kinds: dict[int, type[CommonweightError]] = {401: NotAuthenticated, 403: NotAllowed, 404: NotFound}
    kind = kinds.get(error.code, InvalidInput if error.code < 500 else Unavailable)
    return kind(detail, hint=str(problem.get("next_step") or ""))
