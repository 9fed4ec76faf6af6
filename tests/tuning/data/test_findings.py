"""Of a whole file everything is found, grouped by kind, and little of it is held."""

from __future__ import annotations

from pathlib import Path

import orjson
from click.testing import CliRunner

from commonweight.cli.tune import tune
from commonweight.errors import InvalidInput
from commonweight.tuning.data import check_file
from tests.tuning.data.said import chat, jsonl, many, nobody, user

QUESTION = {"messages": [user("And?")]}


def test_findings_beyond_the_first_twenty_are_counted_by_kind_with_their_first_lines() -> None:
    lines = [*many(5), *[QUESTION] * 300, "nonsense", {"text": "a"}]
    found = check_file([jsonl(lines)], nobody)
    assert [(group.code, group.count) for group in found.errors] == [
        ("invalid_last_message", 300),
        ("invalid_json_line", 1),
        ("unknown_form", 1),
    ]
    assert list(found.errors[0].lines) == list(range(6, 56))
    assert len(found.errors[0].first) == 5
    assert not found.accepted


def test_how_the_bytes_arrive_changes_nothing() -> None:
    data = jsonl([*many(12), QUESTION, chat(), chat()])
    whole = check_file([data], nobody).document()
    assert check_file((data[at : at + 7] for at in range(0, len(data), 7)), nobody).document() == whole


def test_the_command_says_what_is_wrong_and_ends_with_one(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(jsonl([*many(60), *[QUESTION] * 30]))
    done = CliRunner().invoke(tune, ["check", str(file)])
    assert done.exit_code == 1
    assert "Line 61: 'messages[0].role': got 'user'; expected 'assistant'" in done.output
    assert "invalid_last_message: 25 more, in lines 66, 67" in done.output
    assert "The file is refused" in done.output


def test_the_command_accepts_and_gives_json_where_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(jsonl([*many(60), chat("x"), chat("x")]))
    done = CliRunner().invoke(tune, ["check", str(file), "--json", "--thorough"])
    told = orjson.loads(done.output)
    assert done.exit_code == 0
    assert told["accepted"]
    assert [(group["code"], group["count"], group["lines"]) for group in told["warnings"]] == [("duplicate", 1, [62])]
    assert told["facts"]["duplicates"] == 1


def test_the_command_writes_a_repaired_copy_and_prints_each_change(tmp_path: Path) -> None:
    file, copy = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    bot = {"messages": [user("Hi"), {"role": "bot", "content": "Hello."}]}
    file.write_bytes(jsonl([*many(60), bot, chat("x"), chat("x"), {"text": "a"}]))
    done = CliRunner().invoke(tune, ["check", str(file), "--repair", str(copy), "--no-duplicates", "--leave-out"])
    assert done.exit_code == 0, done.output
    assert "Line 61: 'messages[1].role': 'bot' became 'assistant'." in done.output
    assert "Line 63: The line was left out: it says what an earlier one says." in done.output
    assert "64 lines read, 62 written" in done.output
    assert check_file(copy, nobody).accepted


def test_a_copy_never_replaces_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(jsonl(many(12)))
    done = CliRunner().invoke(tune, ["check", str(file), "--repair", str(file)])
    assert isinstance(done.exception, InvalidInput)
    assert file.read_bytes() == jsonl(many(12))
