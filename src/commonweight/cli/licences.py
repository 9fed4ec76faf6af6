"""`commonweight rights licences` and `rights validate`: the library of terms, and records of one's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from commonweight.cli.documents import file_type, item, library, print_json, read_text, record_option
from commonweight.cli.languages import language_option, speaker
from commonweight.cli.licence_text import brief_lines, licence_text
from commonweight.errors import NotFound
from commonweight.rights import (
    Records,
    RightsError,
    Terms,
    described,
    differences,
    identify_text,
    in_brief,
    load_records,
    read_record,
    version_before,
)

INVALID = 2  # exit status where a record cannot be used; 1 is kept for what the command itself could not do


@click.command("licences")
@click.argument("key", required=False)
@click.option("--search", default="", help="Only records in which all these words occur.")
@click.option("--against", default="", help="Another version to compare KEY with; by default the one that it replaced.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@record_option
@language_option
def licences(
    key: str | None, search: str, against: str, as_json: bool, record_files: tuple[Path, ...], language: str
) -> None:
    """
    The library of terms, or the record KEY in plain words beside its clauses. Needs no server.

    KEY is a record's key, or any name of a licence: then all versions of that name are listed.
    """
    records = library(record_files)
    terms = records.get(key) if key else None
    if terms is not None:
        _show(terms, records, against, language, as_json=as_json)
        return
    found = [in_brief(terms) for terms in _matching(records, key, search)]
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(brief_lines(found)))


def _matching(records: Records, name: str | None, search: str) -> list[Terms]:
    """Raises NotFound for a name that no record has."""
    chosen = list(records.named(name)) if name else list(records)
    if not chosen:
        raise NotFound(f"No record is called {name!r}.", hint="List them: commonweight rights licences")
    return [terms for terms in chosen if all(word in _text(terms) for word in search.lower().split())]


def _text(terms: Terms) -> str:
    return " ".join((terms.key, terms.title, terms.family, terms.licensor, terms.openness, *terms.names)).lower()


def _show(terms: Terms, records: Records, against: str, language: str, *, as_json: bool) -> None:
    other = records.get(against) if against else version_before(terms, records)
    if against and other is None:
        raise NotFound(f"No record is called {against!r}.", hint="List them: commonweight rights licences")
    told = described(terms, records, language)
    changes = differences(other, terms, records, language) if other else []
    if as_json:
        print_json({"licence": told, "against": other.key if other else None, "differences": changes})
    else:
        click.echo(licence_text(told, changes, other.key if other else "", speaker(language)))


@click.command("validate")
@click.argument("files", nargs=-1, required=True, type=file_type)
def validate(files: tuple[Path, ...]) -> None:
    """
    Check records of terms (YAML) before they are used: what is wrong, and what to look at. Needs no server.

    Exit status 2 where one of them cannot be used.
    """
    records, failed = load_records(), False
    for file in files:
        try:
            terms = read_record(read_text(file), file.name)
        except RightsError as error:
            failed = True
            click.echo(f"{file}: {error.sentence}")
            continue
        click.echo(f"{file}: {terms.key} can be used ({terms.review.status}; {terms.digest}).")
        for remark in _remarks(file, terms, records):
            click.echo("\n".join(item(remark)))
    if failed:
        sys.exit(INVALID)


@click.command("digest")
@click.argument("file", type=file_type)
def digest(file: Path) -> None:
    """The digest of the licence text in FILE, for `text.digests` of a record, and whose text it is."""
    identity = identify_text(read_text(file), load_records())
    click.echo(identity.digest)
    if identity.terms is not None:
        click.echo(f"That is the text of {identity.terms.key} ({identity.terms.title}).", err=True)


def _remarks(file: Path, terms: Terms, records: Records) -> Iterator[str]:
    """What is allowed and may yet be a slip."""
    if file.stem != terms.key:
        yield f"The file is called {file.name}; by custom it is {terms.key}.yaml."
    ours = records.get(terms.key)
    if ours is not None and ours.digest != terms.digest:
        yield f"The library has a record {terms.key!r}; this one takes its place where it is loaded."
    if terms.supersedes == terms.key or (terms.supersedes and records.get(terms.supersedes) is None):
        yield f"It says that it replaced {terms.supersedes!r}, of which there is no other record."
    for digest in terms.text_digests:
        other = records.with_text(digest)
        if other is not None and other.key != terms.key:
            yield f"Its text {digest} is that of {other.key!r}: one text has one record."
    if not terms.text_digests:
        yield "It has no digest of its text, so a copy of the text is not recognised (`commonweight rights digest FILE`)."
    yield from _marks(terms)


def _marks(terms: Terms) -> Iterator[str]:
    """A record that says it was checked, while parts of it were not read."""
    cites = [grant.cite for grant in terms.grants.values()] + [reach.cite for reach in terms.reach.values()]
    cites += [gate.cite for gate in terms.gates] + [ban.cite for ban in terms.bans] + [duty.cite for duty in terms.duties]
    unread = sum(cite.evidence in ("secondary", "unverified") for cite in cites)
    if unread and terms.review.status != "draft":
        yield f"{unread} of its facts are marked secondary or unverified, although its review is '{terms.review.status}'."
