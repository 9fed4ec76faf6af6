"""`commonweight rights identify`: which licence is the text in a file?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from commonweight.cli.documents import file_type, library, print_json, read_text, record_option
from commonweight.rights import Records, identify_text
from commonweight.rights.matching import IDENTIFIED, NEAR_BY, TextMatch

MAX_SHOWN: Final = 12  # pieces of a difference; `--json` has the rest
NOT_INSTALLED: Final = "hash only: install commonweight[licences] to compare with ScanCode's texts"
_MARKS: Final = {"same": "  ", "missing": "- ", "foreign": "+ ", "gap": "  "}


@click.command("identify")
@click.argument("file", type=file_type)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@record_option
def identify(file: Path, as_json: bool, record_files: tuple[Path, ...]) -> None:
    """
    Which licence is the text in FILE: by its digest first; else, with the extra commonweight[licences], by its words, with a
    score and what differs from the nearest known text. What is only near decides nothing.
    """
    told = told_of(read_text(file), library(record_files))
    if as_json:
        print_json(told)
    else:
        click.echo("\n".join(lines_of(told)))


def told_of(text: str, records: Records) -> dict[str, Any]:
    """`state`, `records` (keys of ours), the match in the form of `TextMatch`, and the digest of the text."""
    exact = identify_text(text, records)
    if exact.terms is not None:
        match = TextMatch(IDENTIFIED, matcher="digest")
        return {**match.to_document(), "digest": exact.digest, "records": [exact.terms.key], "score": 1.0}
    match = _by_words(text)
    keys = {one.key for one in match.licences if not one.is_policy} if match.state == IDENTIFIED else set()
    ours = [terms.key for terms in records if keys.intersection(terms.ids.get("scancode", ()))]
    return {**match.to_document(), "digest": exact.digest, "records": ours, "score": match.score}


def _by_words(text: str) -> TextMatch:
    from commonweight.rights.scancode import installed_version, match_with_scancode  # takes seconds and a gigabyte

    return match_with_scancode(text) if installed_version() else TextMatch("unknown", matcher=NOT_INSTALLED)


def lines_of(told: dict[str, Any]) -> list[str]:
    """The answer for people."""
    names = ", ".join(told["records"]) or "none of the recorded texts"
    lines = [f"{told['state']}: {names} (score {told['score']:.3f}, by {told['matcher']})", f"digest {told['digest']}"]
    for one in told["licences"]:
        held, foreign = f"{one['held']:.1%} of it stands here", f"{one['foreign']:.1%} of this text is not its"
        lines.append(f"  {one['key']}: {one['title']} ({held}, {foreign}{', a policy of use' if one['is_policy'] else ''})")
    if told["state"] == NEAR_BY:
        lines += [f"  {_MARKS.get(kind, '  ')}{text}" for kind, text in told["diff"][:MAX_SHOWN]]
    return lines
