"""Receipts: what was signed is what is read, whoever changed it; and the question can be decided again."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from commonweight.cli.rights import rights
from commonweight.identity import Keys, Signer
from commonweight.rights import Question, decide, load_records, parse_document
from commonweight.rights.receipts import (
    ReceiptError,
    canonical,
    check_receipt,
    content_of,
    decide_again,
    key_id_of,
    read_receipt,
    signed,
)

RECORDS = load_records()
CASE = Path(__file__).parent / "cases" / "T02.yaml"
SIGNER = Signer(Keys(b"house"))
ABOUT = {"verdict_id": "ab", "subject": "known/meta-llama/llama-2", "use_name": "u", "decided": "2026-11-24T00:00:00+00:00",
         "issued": "2026-11-24T00:00:00+00:00", "installation": "https://hub.example"}  # fmt: skip


def receipt(*, with_facts: bool = True) -> dict[str, Any]:
    question = Question.from_document(parse_document(CASE.read_text())).to_document()
    verdict = decide(Question.from_document(question), RECORDS).to_document()
    content = content_of(question if with_facts else None, verdict, question["subject"], **ABOUT)
    return signed(content, SIGNER.public_key, SIGNER.sign)


def run(document: Any, folder: Path, *arguments: str) -> Result:
    file = folder / "receipt.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return CliRunner().invoke(rights, ["verify", str(file), *arguments])


def test_a_receipt_is_intact_however_it_is_written_down() -> None:
    document = receipt()
    again = json.loads(json.dumps(document, indent=3, sort_keys=True))
    assert check_receipt(again).is_intact
    assert canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()


@pytest.mark.parametrize(
    "path",
    [("value",), ("verdict", "value"), ("verdict", "clauses", 0, "reason"), ("question", "use", "acts", 0), ("issued",)],
)
def test_a_change_anywhere_is_seen(path: tuple[Any, ...]) -> None:
    document = copy.deepcopy(receipt())
    *way, last = path
    place: Any = document["receipt"]
    for step in way:
        place = place[step]
    place[last] = "allowed"
    assert not check_receipt(document).is_intact


def test_a_signature_of_somebody_else_is_intact_and_not_trusted() -> None:
    other = Signer(Keys(b"other"))
    forged = signed(receipt()["receipt"], other.public_key, other.sign)
    checked = check_receipt(forged, [key_id_of(dict(SIGNER.public_key))])
    assert (checked.is_intact, checked.is_trusted) == (True, False)


@pytest.mark.parametrize("broken", [{}, {"kty": "OKP", "crv": "Ed25519", "x": "!!"}, {"kty": "RSA"}, "text", None])
def test_a_broken_key_or_value_is_no_signature(broken: Any) -> None:
    document = receipt()
    document["signature"]["key"] = broken
    assert not check_receipt(document).is_intact
    document = receipt()
    document["signature"]["value"] = broken
    assert not check_receipt(document).is_intact


def test_the_question_is_decided_again_with_the_records_at_hand() -> None:
    again = decide_again(receipt()["receipt"], RECORDS)
    assert again is not None
    assert (again.value, again.is_same, again.changed) == ("needs_permission", True, ())
    assert decide_again(receipt(with_facts=False)["receipt"], RECORDS) is None


def test_a_changed_record_is_named_and_is_no_failure(tmp_path: Path) -> None:
    document = receipt()["receipt"]
    document["records"]["llama-2"] = "sha256:0"
    result = run(signed(document, SIGNER.public_key, SIGNER.sign), tmp_path)
    assert result.exit_code == 0
    assert "not as they were: llama-2" in result.output


def test_the_command_says_by_whom_and_ends_with_a_status(tmp_path: Path) -> None:
    key_id = key_id_of(dict(SIGNER.public_key))
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [dict(SIGNER.public_key)]}))
    assert "was not checked" in run(receipt(), tmp_path).output
    assert run(receipt(), tmp_path, "--key", key_id).exit_code == 0
    assert "which you named" in run(receipt(), tmp_path, "--key", str(tmp_path / "keys.json")).output
    assert run(receipt(), tmp_path, "--key", "another").exit_code == 3
    changed = receipt()
    changed["receipt"]["value"] = "allowed"
    assert run(changed, tmp_path).exit_code == 2


def test_what_is_no_receipt_is_refused() -> None:
    for text in ("", "{}", "[1]", '{"receipt": {}, "signature": {}}', "<html></html>"):
        with pytest.raises(ReceiptError):
            read_receipt(text, "file")


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(ReceiptError):
        canonical({"n": 2**60})
