"""`commonweight tune check`: all that is wrong with a file of examples, and all that is odd. Needs no installation."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson

from commonweight.tuning.data import Findings, Group, Personal, check_file


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--thorough", is_flag=True, help="Look at every line for personal data and secrets, not at a share of a long file."
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(file: Path, thorough: bool, as_json: bool) -> None:
    """Check FILE as an upload would, wholly. Exit status 1 where it would be refused."""
    found = check_file(file, lambda: Personal.looking(1.0) if thorough else Personal.looking())
    click.echo(orjson.dumps(found.document(), option=orjson.OPT_INDENT_2).decode() if as_json else "\n".join(told(found)))
    sys.exit(0 if found.accepted else 1)


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
