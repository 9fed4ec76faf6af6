"""`commonweight rights check`: a gate for builds, on a running server's model, a folder, or the metadata of a public one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click

from commonweight.cli.asking import post, server_options
from commonweight.cli.documents import file_type, library, print_json, read_text, record_option
from commonweight.cli.languages import ENGLISH, language_option, speaker
from commonweight.cli.sarif import Place, sarif
from commonweight.cli.verdict_text import verdict_text
from commonweight.errors import InvalidInput
from commonweight.rights import VALUES, Question, Records, decide, parse_document

#: Exit statuses; 1 and 2 are kept for what the command itself could not do or understand.
EXITS: Final = {
    "allowed": 10, "allowed_with_duties": 11, "unknown": 12, "unclear": 13, "needs_permission": 14, "prohibited": 15,
}  # fmt: skip
NEVER: Final = "never"
FAIL_ON: Final = (*VALUES, NEVER)
_RANK: Final = {value: rank for rank, value in enumerate(VALUES)}
_FORMATS: Final = ("text", "json", "sarif")
_IN_CARD: Final = {"licence": ("license:",), "parent": ("base_model:", "datasets:")}


@dataclass(frozen=True)
class _Found:
    """A verdict document, and where in files its causes stand."""

    verdict: dict[str, Any]
    place: Place


@click.command("check")
@click.argument("model")
@click.option("--use", "use_file", required=True, type=file_type,
              help="YAML or JSON with the use: acts, purposes, ... or a whole mapping {organisation, use}.")  # fmt: skip
@click.option("--parent", "parents", multiple=True, help="Metadata of a parent: FILE.json, or namespace/name=CARD.md.")
@click.option("--name", default="", help="What a folder's model is called: namespace/name.")
@click.option("--match/--no-match", default=True, help="Compare texts that no digest tells of (commonweight[licences]).")
@click.option("--fail-on", default="unknown", type=click.Choice(FAIL_ON), help="The mildest answer that fails the build.")
@click.option("--format", "shape", default="text", type=click.Choice(_FORMATS), help="What is printed.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@server_options
@record_option
@language_option
def check(
    model: str, use_file: Path, parents: tuple[str, ...], name: str, match: bool, fail_on: str, shape: str, as_json: bool,
    url: str | None, token: str | None, record_files: tuple[Path, ...], language: str,
) -> None:  # fmt: skip
    """
    May we use MODEL for the use in a file? A gate for builds.

    MODEL is a folder with a model, the JSON that a public hub gives for one, its README.md (all without a server), or
    namespace/name[@revision] on a running server.

    Exit status 0 where the answer is milder than --fail-on; else 10 allowed, 11 allowed with duties, 12 unknown, 13 unclear,
    14 needs permission, 15 prohibited.
    """
    facts = _facts(use_file)
    if Path(model).exists():
        found = _offline(Path(model), name, parents, facts, library(record_files), language, match=match)
    else:
        found = _online(model, facts, url, token, language)
    _print(found, "json" if as_json else shape, language)
    sys.exit(exit_status(found.verdict["value"], fail_on))


def exit_status(value: str, fail_on: str) -> int:
    """0 below the line, else the status of the value."""
    return EXITS[value] if fail_on != NEVER and _RANK[value] >= _RANK[fail_on] else 0


def _facts(use_file: Path) -> dict[str, Any]:
    """The question without its subject. Raises InvalidInput."""
    document = parse_document(read_text(use_file), use_file.name)
    if not isinstance(document, dict):
        raise InvalidInput(f"{use_file.name}: expected a mapping with the use.", hint="See docs/rights-io.md.")
    facts = document if "use" in document else {"use": document}
    plain: dict[str, Any] = json.loads(json.dumps(facts, default=str))  # dates of YAML as text
    return {part: value for part, value in plain.items() if part != "subject"}


def _online(model: str, facts: dict[str, Any], url: str | None, token: str | None, language: str) -> _Found:
    query = {} if language == ENGLISH else {"lang": language}
    answer = post("/cw/v1/verdicts", query, {"model": model, **facts}, url, token)
    return _Found(answer.get("verdict", answer), lambda _node, _what: None)


def _offline(
    path: Path,
    name: str,
    parents: tuple[str, ...],
    facts: dict[str, Any],
    records: Records,
    language: str,
    *,
    match: bool,
) -> _Found:
    from commonweight.cli.snapshots import matcher, parent_at, snapshot_at  # these load the rooms below
    from commonweight.policy import offline_subject

    snapshot = snapshot_at(path, name)
    subject = asyncio.run(
        offline_subject(snapshot, [parent_at(one) for one in parents], records, matcher() if match else None)
    )
    document = {**facts, "subject": dict(subject.document)}
    question = Question.from_document(document, today=datetime.now(UTC).date(), name=path.name)
    return _Found(decide(question, records).to_document(language), _places(path, snapshot.files))


def _places(path: Path, files: Mapping[str, bytes | None]) -> Place:
    """The card's line that names the licence, or a parent; else the licence file; else the first line of what was given."""
    card = path / "README.md" if path.is_dir() else path
    texts = (files.get("README.md") or b"").decode("utf-8", errors="replace").splitlines()
    licence = next((name for name in sorted(files) if name.lower().startswith(("licen", "copying"))), "")

    def place(_node: str, what: str) -> tuple[str, int] | None:
        for number, line in enumerate(texts, start=1):
            if line.startswith(_IN_CARD[what]):
                return _uri(card), number
        if what == "licence" and licence and path.is_dir():
            return _uri(path / licence), 1
        return (_uri(card), 1) if texts or not path.is_dir() else None

    return place


def _uri(path: Path) -> str:
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _print(found: _Found, shape: str, language: str) -> None:
    if shape == "text":
        click.echo(verdict_text(found.verdict, speaker(language)))
    else:
        print_json(found.verdict if shape == "json" else sarif(found.verdict, found.place))
