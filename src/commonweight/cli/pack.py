"""`commonweight rights pack`: what an act owes, as files."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

import click

from commonweight.cli.asking import get, server_options
from commonweight.cli.documents import file_type, library, read_text, record_option
from commonweight.cli.languages import language_option
from commonweight.errors import Conflict, InvalidInput, Unavailable
from commonweight.licence_texts import texts_on_this_machine
from commonweight.rights import ACTS, Question, Records, decide, parse_document
from commonweight.rights.pack import GIVEN, REPOSITORY, Pack, PackFile, TextAtHand, as_zip, make_pack

REFUSED: Final = 3  # exit status where the act may not be done, so that there is nothing but the reason
LACKING: Final = 4  # exit status where the pack was written and something is missing or open
MAX_TEXT_BYTES: Final = 1 << 20  # the longest licence known has 60 KB
MAX_TEXTS: Final = 256  # files looked at in a folder of texts

folder_type = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("pack")
@click.argument("source")
@click.option(
    "--act", type=click.Choice(tuple(ACTS)), default=None, help="The act; else that of the question, or what fits."
)
@click.option("--name", default="", help="The name under which it will be published.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="A folder, or a file that ends in .zip.")
@click.option("--use", "use_file", type=file_type, default=None, help="For a folder: who asks, and what for (YAML or JSON).")
@click.option("--texts", "text_folders", multiple=True, type=folder_type, help="A folder with further texts of licences.")
@server_options
@record_option
@language_option
def pack(
    source: str, act: str | None, name: str, out: Path | None, use_file: Path | None, text_folders: tuple[Path, ...],
    url: str | None, token: str | None, record_files: tuple[Path, ...], language: str,
) -> None:  # fmt: skip
    """
    Write what an act owes: notices, copies of terms, credit, badges, restrictions to pass on, a checklist.

    SOURCE is a question file, a folder with a model's files, or namespace/name[@revision] on a running server. Nothing is
    overwritten. Exit status: 0 complete; 3 the act may not be done, with the reason; 4 something is missing or open.
    """
    place = Path(source)
    if place.is_dir() or place.is_file():
        records = library(record_files)
        document = _of_folder(place, use_file, records) if place.is_dir() else _of_file(place)
        texts = [*_texts_in(place, REPOSITORY), *_given(text_folders)] if place.is_dir() else _given(text_folders)
        made = _made(document, act, name, texts, records, language)
        shown = _Shown(made.files, made.refusal, is_complete=made.is_complete, missing=made.missing, naming=_naming(made))
    else:
        shown = _asked(source, act, name, language, url, token)
    _write(shown.files, out or Path(f"{PurePosixPath(source.partition('@')[0]).stem or 'model'}-pack"))
    sys.exit(_told(shown))


class _Shown:
    """A pack, however it was made."""

    def __init__(
        self,
        files: Iterable[PackFile],
        refusal: str,
        *,
        is_complete: bool,
        missing: Iterable[str],
        naming: Mapping[str, Any],
    ) -> None:
        self.files = tuple(files)
        self.refusal = refusal
        self.is_complete = is_complete
        self.missing = tuple(missing)
        self.naming = naming


def _of_file(file: Path) -> dict[str, Any]:
    document = parse_document(read_text(file), file.name)
    if not isinstance(document, dict):
        raise InvalidInput(f"{file.name}: expected a mapping with a question.", hint="See docs/rights-io.md.")
    return document


def _of_folder(folder: Path, use_file: Path | None, records: Records) -> dict[str, Any]:
    facts = _of_file(use_file) if use_file else {}
    facts = {"use": facts} if "acts" in facts else facts
    from commonweight.cli.snapshots import subject_of_folder  # this loads the rooms below

    return {**facts, "subject": dict(subject_of_folder(folder, records).document)}


def _made(
    document: dict[str, Any], act: str | None, name: str, texts: list[TextAtHand], records: Records, language: str
) -> Pack:
    use = dict(document.get("use") or {})
    use |= {"acts": [act]} if act else {} if use.get("acts") else {"acts": ["publish_derivative"]}
    use |= {"planned_name": name} if name else {}
    question = Question.from_document({**document, "use": use}, today=datetime.now(UTC).date(), name="question")
    root = question.subject.root
    verdict = decide(question, records)
    owed = (records.get(key) for key in sorted({duty.licence for duty in verdict.duties}))
    found = [TextAtHand(text.path, text.content, text.origin, root if text.origin == REPOSITORY else "", text.source)
             for text in texts]  # fmt: skip
    elsewhere = texts_on_this_machine(terms for terms in owed if terms is not None)
    return make_pack(question, verdict, records, [*found, *elsewhere], language=language)


def _texts_in(folder: Path, origin: str) -> Iterator[TextAtHand]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    small = [path for path in files if path.stat().st_size <= MAX_TEXT_BYTES and _may_be_a_text(path, origin)]
    for path in small[:MAX_TEXTS]:
        where = path.relative_to(folder).as_posix()
        yield TextAtHand(where, path.read_bytes(), origin, "", f"{folder.name}: {where}")


def _may_be_a_text(path: Path, origin: str) -> bool:
    """Of a model's folder only what is named as one; of a folder of texts every file."""
    words = ("licen", "copying", "notice", "policy")
    named = any(word in path.name.lower() for word in words) or path.parent.name == "LICENSES"
    return ".git" not in path.parts and (origin == GIVEN or named)


def _given(folders: Iterable[Path]) -> list[TextAtHand]:
    return [text for folder in folders for text in _texts_in(folder, GIVEN)]


def _asked(source: str, act: str | None, name: str, language: str, url: str | None, token: str | None) -> _Shown:
    model, _at, revision = source.partition("@")
    query = {"act": act or "", "planned_name": name, "revision": revision, "lang": language}
    answer = get(f"/cw/v1/models/{model}/pack", query, url, token)
    try:
        files = [_file(file) for file in answer["files"]]
        parts = {key: answer[key] for key in ("is_complete", "missing", "naming")}
        return _Shown(files, str(answer["refusal"]), **parts)
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable(f"The server answered with something that is no pack ({error!r}).", hint="Check --url.") from error


def _file(file: Mapping[str, Any]) -> PackFile:
    content = file["content"].encode() if file["encoding"] == "utf-8" else base64.b64decode(file["content"])
    return PackFile(str(file["path"]), content, str(file["about"]), bool(file["along"]))


def _naming(made: Pack) -> dict[str, str]:
    return {"name": made.naming.name, "state": made.naming.state, "proposal": made.naming.proposal}


def _write(files: tuple[PackFile, ...], out: Path) -> None:
    """Raises Conflict where something lies there, InvalidInput for a path that leads elsewhere."""
    for file in files:
        parts = PurePosixPath(file.path).parts
        if PurePosixPath(file.path).is_absolute() or ".." in parts or "\\" in file.path:
            raise InvalidInput(f"The pack has a file {file.path!r}, which would lie outside of {out}.")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise Conflict(f"{out} is there already, and nothing is overwritten.", hint="Name another place with --out.")
    if out.suffix == ".zip":
        out.write_bytes(as_zip(files))
    else:
        for file in files:
            place = out / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.content)
    click.echo("\n".join([f"{out}", *(f"  {file.path}" for file in files)]))


def _told(shown: _Shown) -> int:
    """Says what is left, on the other stream; the exit status."""
    if shown.refusal:
        click.echo(shown.refusal, err=True)
        return REFUSED
    for licence in shown.missing:
        click.echo(f"Missing: the text of {licence}; see LICENSES/{licence}.wanted.md.", err=True)
    if shown.naming.get("state") == "fails":
        click.echo(f"Name: '{shown.naming['name']}' does not pass; '{shown.naming['proposal']}' does.", err=True)
    return 0 if shown.is_complete else LACKING
