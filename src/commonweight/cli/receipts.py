"""`commonweight rights verify`: is this receipt as it was signed, by whom, and would today's records answer alike?"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from commonweight.cli.documents import file_type, library, print_json, read_text, record_option
from commonweight.cli.languages import Translate, _, language_option, speaker
from commonweight.rights import Records, RightsError
from commonweight.rights.receipts import Again, Checked, check_receipt, decide_again, keys_in, read_receipt

NOT_INTACT = 2  # exit status: the content is not what was signed
_BY = {
    None: _("Signed with the key {key}; whose it is was not checked (give --key)."),
    True: _("Signed with the key {key}, which you named."),
    False: _("Signed with the key {key}, which is none that you named."),
}
NOT_TRUSTED = 3  # exit status: signed, but by none of the keys named


@click.command("verify")
@click.argument("file", type=file_type)
@click.option(
    "--key", "keys", multiple=True, help="A key that you know: its id, or a file of /.well-known/commonweight-keys.json."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@record_option
@language_option
def verify(file: Path, keys: tuple[str, ...], as_json: bool, record_files: tuple[Path, ...], language: str) -> None:
    """
    Check a receipt in FILE (JSON, or the printable page). Needs no server and no network.

    Exit status 0: as it was signed, and by a key named where any was named. 2: changed after it was signed. 3: signed by
    another key than those named. Without --key whoever signed it is not confirmed.
    """
    checked = check_receipt(read_receipt(read_text(file), file.name), ids_of_keys(keys))
    again, problem = _again(checked, library(record_files))
    if as_json:
        print_json(_document(checked, again, problem))
    else:
        click.echo("\n".join(_lines(checked, again, problem, speaker(language))))
    sys.exit(NOT_INTACT if not checked.is_intact else NOT_TRUSTED if checked.is_trusted is False else 0)


def ids_of_keys(keys: tuple[str, ...]) -> list[str]:
    """Ids as they are; those in files by that name."""
    found: list[str] = []
    for key in keys:
        found += keys_in(read_text(Path(key)), key) if Path(key).is_file() else (key,)
    return found


def _again(checked: Checked, records: Records) -> tuple[Again | None, str]:
    try:
        return decide_again(checked.content, records), ""
    except (RightsError, KeyError, TypeError, ValueError) as error:  # a question of another time or another program
        return None, str(error)


def _lines(checked: Checked, again: Again | None, problem: str, translate: Translate) -> list[str]:
    content = checked.content
    intact = _("INTACT: the content is as it was signed.")
    lines = [translate(intact if checked.is_intact else _("NOT INTACT: the content is not what was signed."))]
    lines.append(translate(_BY[checked.is_trusted]).format(key=checked.key_id))
    said = _("{subject}: {value} for '{use}'. Given by {where} on {day}; verdict {id}.")
    lines.append(translate(said).format(
        subject=content.get("subject"), value=content.get("value"), use=content.get("use_name"),
        where=content.get("installation"), day=str(content.get("decided"))[:10], id=content.get("verdict_id"),
    ))  # fmt: skip
    lines.append(str(_verdict(content).get("headline", "")))
    return [*lines, *_today(again, problem, translate), str(_verdict(content).get("disclaimer", ""))]


def _verdict(content: Mapping[str, Any]) -> Mapping[str, Any]:
    verdict = content.get("verdict")
    return verdict if isinstance(verdict, dict) else {}


def _today(again: Again | None, problem: str, translate: Translate) -> list[str]:
    if problem:
        return [translate(_("It cannot be decided again here: {problem}")).format(problem=problem)]
    if again is None:
        return [translate(_("The asker's facts were left out, so it cannot be decided again."))]
    same = _("The records at hand answer alike.") if again.is_same else _("The records at hand answer otherwise: {value}.")
    lines = [translate(same).format(value=again.value)]
    if again.changed:
        lines.append(translate(_("Records that are not as they were: {keys}.")).format(keys=", ".join(again.changed)))
    return lines


def _document(checked: Checked, again: Again | None, problem: str) -> dict[str, Any]:
    today = None if again is None else {"value": again.value, "same": again.is_same, "changed": list(again.changed)}
    return {
        "intact": checked.is_intact,
        "trusted": checked.is_trusted,
        "key": checked.key_id,
        "today": today,
        "problem": problem,
        "receipt": checked.content,
    }
