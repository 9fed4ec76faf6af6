"""`commonweight rights openness`: how open is a model, part by part?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from commonweight.cli.asking import get, server_options
from commonweight.cli.documents import library, print_json, record_option
from commonweight.cli.folders import release_in
from commonweight.cli.languages import language_option, speaker
from commonweight.cli.openness_text import openness_text
from commonweight.rights import (
    ACCESSES,
    Records,
    access_of,
    exemption,
    grade_openness,
    in_language,
    load_licence_classes,
    see,
)


@click.command("openness")
@click.argument("model")
@click.option("--access", type=click.Choice(tuple(ACCESSES)), default="unknown", help="How the folder's model is given out.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@server_options
@record_option
@language_option
def openness(
    model: str,
    access: str,
    as_json: bool,
    url: str | None,
    token: str | None,
    record_files: tuple[Path, ...],
    language: str,
) -> None:
    """
    How open is MODEL: a folder with its files, looked at without a server, or namespace/name[@revision] that a server keeps
    or knows.
    """
    folder = Path(model)
    if folder.is_dir():
        told = of_folder(folder, access, record_files, language)
    else:
        name, _at, revision = model.partition("@")
        told = get(f"/cw/v1/models/{name}/openness", {"revision": revision, "lang": language}, url, token)
    if as_json:
        print_json(told)
    else:
        click.echo(openness_text(told, speaker(language)))


def of_folder(folder: Path, access: str, record_files: tuple[Path, ...], language: str) -> dict[str, Any]:
    """The form of the API's answer, for files on this machine."""
    records, speak = library(record_files), in_language(language)
    classes, release = load_licence_classes(records), release_in(folder)
    licences, seen = _licences_in(folder, records), see(release)
    gate = access_of(access)
    graded = grade_openness(seen.components, licences, gate, classes, seen.checks)
    weights = licences.get("weights") or licences.get("*", ())
    exempt = exemption(weights, gate, seen.components, classes)
    return {
        "model": folder.resolve().name,
        "commit": "",
        "openness": graded.to_whole_document(speak),
        "exemption": exempt.to_document(speak),
        "compared_with": "",
        "changes": [],
        "since": [],
        "since_when": "",
    }


def _licences_in(folder: Path, records: Records) -> dict[str, tuple[str, ...]]:
    """Keys of the licences named, by artefact: by the card, by the texts that lie there, by headers of weights."""
    from commonweight.cli.snapshots import subject_of_folder  # this loads the rooms below

    document = subject_of_folder(folder, records).document
    root = next(node for node in document["nodes"] if node["id"] == document["root"])
    named = {"*": root.get("licence", []), **root.get("licences", {})}
    return {artefact: tuple(row["key"] for row in rows) for artefact, rows in named.items() if rows}
