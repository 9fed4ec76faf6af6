"""`commonweight tune check`: all that is wrong with a file of examples, and all that is odd. Needs no installation."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import orjson

from commonweight.errors import InvalidInput
from commonweight.files import Finding
from commonweight.tuning.data import Columns, Findings, Group, Personal, Repaired, Wishes, check_file, is_table, repair

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option(
    "--repair", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write a repaired copy to this file."
)
@click.option(
    "--map", "mapping", default="", help="Columns, as prompt=question,completion=answer. Of a table, or of fields."
)
@click.option("--no-duplicates", is_flag=True, help="The copy is without lines that say what an earlier one says.")
@click.option("--leave-out", is_flag=True, help="The copy is without lines that cannot be mended.")
@click.option("--thorough", is_flag=True, help="Look at every line for personal data and secrets, however long the file is.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def check(
    file: Path, target: Path | None, mapping: str, no_duplicates: bool, leave_out: bool, thorough: bool, as_json: bool
) -> None:
    """
    Check FILE as an upload would, wholly. Exit status 1 where it, or its repaired copy, would be refused.

    What is repaired: byte order marks, other encodings, blank lines, arrays, forms and spellings of other houses, old
    functions, space and invisible signs, fields that nobody reads, messages out of order. Each change is printed.

    CSV and parquet are checked as the lines that --repair writes of them.
    """
    wishes, columns = Wishes(no_duplicates, leave_out), Columns.parse(mapping)
    if target is None and not columns.names and not is_table(file.name):
        found = check_file(file, lambda: looking(thorough))
        _print(found.document(), told(found), as_json=as_json)
    elif target is None:
        with TemporaryDirectory() as folder:
            lines = Path(folder) / "lines.jsonl"
            found = repaired(file, lines, wishes, columns, thorough=thorough, quiet=True).found
        _print(found.document(), told(found), as_json=as_json)
    else:
        done = repaired(file, target, wishes, columns, thorough=thorough, quiet=as_json)
        found = done.found
        _print(done.document(), [*told_of_repair(done, target), "", *told(found)], as_json=as_json)
    sys.exit(0 if found.accepted else 1)


def repaired(file: Path, target: Path, wishes: Wishes, columns: Columns, *, thorough: bool, quiet: bool) -> Repaired:
    """The repair, with each change printed as it is made. Raises InvalidInput for a copy that would replace the file."""
    if target.exists() and target.samefile(file):
        raise InvalidInput(f"The repaired copy would replace {file}.", hint="Name another file with --repair.")

    def tell(change: Finding) -> None:
        if not quiet:
            click.echo(change.sentence())

    return repair(file, target, wishes, columns=columns, tell=tell, personal=lambda: looking(thorough))


def looking(thorough: bool) -> Personal:
    return Personal.looking(1.0) if thorough else Personal.looking()


def _print(document: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() if as_json else "\n".join(lines))


def told_of_repair(done: Repaired, target: Path) -> list[str]:
    """What came of a repair; the changes themselves were printed as they were made."""
    kinds = [f"  {group.code}: {group.count:,}" for group in done.changes]
    head = f"{done.read:,} lines read, {done.written:,} written to {target}, {done.changed:,} changed"
    return ["", head, *kinds, "", "Of the copy:"]


def told(found: Findings) -> list[str]:
    """The findings, a line for each that is shown."""
    facts = found.facts
    lines = [f"{facts['lines']:,} lines, {facts['form'] or 'no form'}, {facts['characters']:,} characters"]
    for title, groups in (("Errors", found.errors), ("Warnings", found.warnings)):
        if groups:
            lines += ["", f"{title}: {sum(group.count for group in groups):,}"]
        for group in groups:
            lines += _group(group)
    if facts["personal_data_looked_for"] < 1 and facts["characters"]:
        lines += ["", _looked(facts["personal_data_looked_for"])]
    verdict = "The file is accepted." if found.accepted else "The file is refused: mend what is listed under Errors."
    return [*lines, "", verdict]


def _group(group: Group) -> list[str]:
    shown = [f"  {finding.sentence()}" for finding in group.first]
    more = group.count - len(shown)
    named = ", ".join(str(line) for line in group.lines[len(shown) : len(shown) + 20])
    rest = [f"  … {group.code}: {more:,} more" + (f", in lines {named}{' …' if more > 20 else ''}" if named else "")]
    return [*shown, *(rest if more else [])]


def _looked(share: float) -> str:
    if not share:
        return "Not looked for: personal data and secrets (install commonweight[guard])."
    return f"Looked for personal data and secrets in {share:.0%} of the text; --thorough looks at all of it."
