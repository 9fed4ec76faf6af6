"""`commonweight receipt verify`: is this receipt of an answer as it was signed, and of this prompt and this answer?"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from commonweight.cli.documents import file_type, print_json, read_text
from commonweight.cli.receipts import NOT_INTACT, NOT_TRUSTED, ids_of_keys
from commonweight.rights.receipts import Checked, check_receipt, read_receipt
from commonweight.serving.receipts import FORMAT, Match, match_output, match_prompt, receipt_digest

NOT_THIS = 4  # exit status: signed, but of another prompt, another answer, or not next to the receipt before
_BY = {
    None: "Signed with the key {key}; whose it is was not checked (give --key).",
    True: "Signed with the key {key}, which you named.",
    False: "Signed with the key {key}, which is none that you named.",
}


@click.group("receipt")
def receipt() -> None:
    """Signed receipts of answers."""


@receipt.command("verify")
@click.argument("file", type=file_type)
@click.option("--prompt", type=file_type, help="What was asked: the request as JSON, its messages, or the text of a user.")
@click.option("--output", type=file_type, help="What was answered: the whole answer as JSON, or its text.")
@click.option("--before", type=file_type, help="The receipt before this one in its chain.")
@click.option(
    "--key", "keys", multiple=True, help="A key that you know: its id, or a file of /.well-known/commonweight-keys.json."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    file: Path, prompt: Path | None, output: Path | None, before: Path | None, keys: tuple[str, ...], as_json: bool
) -> None:
    """
    Check the receipt of an answer in FILE. Needs no server and no network.

    Exit status 0: as it was signed, by a key named where any was named, and of what was given beside it. 2: changed after
    it was signed. 3: signed by another key than those named. 4: of another prompt or answer, or not next in its chain.
    """
    checked = check_receipt(read_receipt(read_text(file), file.name, FORMAT), ids_of_keys(keys))
    found = _compared(checked.content, prompt, output, before) if checked.is_intact else {}
    if as_json:
        shown = {name: match.value for name, match in found.items()}
        document = {"intact": checked.is_intact, "trusted": checked.is_trusted, "key": checked.key_id}
        print_json({**document, **shown, "receipt": checked.content})
    else:
        click.echo("\n".join(_lines(checked, found)))
    sys.exit(_status(checked, found))


def _status(checked: Checked, found: Mapping[str, Match]) -> int:
    if not checked.is_intact:
        return NOT_INTACT
    if checked.is_trusted is False:
        return NOT_TRUSTED
    return NOT_THIS if Match.OTHER in found.values() else 0


def _compared(content: Mapping[str, Any], prompt: Path | None, output: Path | None, before: Path | None) -> dict[str, Match]:
    found = {}
    if prompt is not None:
        found["prompt"] = match_prompt(content, read_text(prompt))
    if output is not None:
        found["output"] = match_output(content, read_text(output))
    if before is not None:
        earlier = read_receipt(read_text(before), before.name, FORMAT)["receipt"]
        found["before"] = Match.SAME if content["chain"]["before"] == receipt_digest(earlier) else Match.OTHER
    return found


_SAID = {
    ("prompt", Match.SAME): "The prompt is the one that was asked.",
    ("prompt", Match.OTHER): "NOT THIS PROMPT: something else was asked.",
    ("output", Match.SAME): "The answer is the one that was given.",
    ("output", Match.OTHER): "NOT THIS ANSWER: something else was answered.",
    ("before", Match.SAME): "It follows the receipt given, with none between.",
    ("before", Match.OTHER): "NOT NEXT: it does not follow the receipt given.",
}


def _lines(checked: Checked, found: Mapping[str, Match]) -> list[str]:
    content = checked.content
    intact = "INTACT: the content is as it was signed."
    lines = [intact if checked.is_intact else "NOT INTACT: the content is not what was signed."]
    lines.append(_BY[checked.is_trusted].format(key=checked.key_id))
    if not checked.is_intact:
        return lines
    model, chain, verdict = content["model"], content["chain"], content["verdict"]
    lines.append(f"{model['name']} on {content['engine']}, {content['issued'][:19]} UTC.")
    lines += [f"  {one['path']}  sha256:{one['sha256']}" for one in model["files"]]
    lines += [f"  with the adapter {content['adapter']['name']}"] if content["adapter"] else []
    terms = ", ".join(content["terms"]) or "none"
    lines.append(f"Terms: {terms}; verdict {verdict['id']}: {verdict['value'] or 'not shown'}.")
    usage = content["answer"]["usage"]
    lines.append(f"Tokens: {usage.get('prompt_tokens', '?')} asked, {usage.get('completion_tokens', '?')} answered.")
    lines.append(f"Number {chain['number']} of the chain {chain['id']}.")
    return [*lines, *(_SAID[name, match] for name, match in found.items())]
