"""`commonweight rights decisions`, on the home folder of an installation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from commonweight.cli.rights import rights
from commonweight.cli.setup import set_up
from commonweight.errors import CommonweightError
from commonweight.settings import Settings

Run = Callable[..., Result]
EXCEPTION = ("record", "exception", "llama-2#mau700", "--choose", "allowed", "--author", "A. Owner", "--reason", "A trial.")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("decisions")
    asyncio.run(set_up(Settings(home=home), starter=False, say=lambda _line: None))
    return home


@pytest.fixture
def run(home: Path) -> Run:
    runner = CliRunner(env={"COMMONWEIGHT_DATABASE_URL": None})
    return lambda *arguments: runner.invoke(rights, ["decisions", *arguments, "--home", str(home)])


def _json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_what_is_recorded_is_listed_with_what_rests_on_it_and_ended(run: Run) -> None:
    made = _json(run(*EXCEPTION, "--name", "risk-1", "--until", "2099-01-31", "--json"))
    assert (made["record"]["name"], made["record"]["expires"], made["changed"]) == ("risk-1", "2099-01-31", 1)
    assert made["changes"][0]["title"] == "meta-llama/llama-2"
    listed = run("list").output
    assert "risk-1  (exception, in force)" in listed
    assert "1 verdict rests on it" in listed
    assert [one["verdicts"] for one in _json(run("list", "--json"))] == [1]
    assert "came out otherwise" in run("end", "risk-1", "--reason", "The trial is over.").output
    assert run("list").output == "Nothing is recorded.\n"
    assert "ended" in run("list", "--ended").output


def test_a_dry_run_says_what_would_change_and_records_nothing(run: Run) -> None:
    told = run("record", "granted", "llama-2", "--source", "Letter of May", "--dry-run")
    assert "1 verdict would come out otherwise" in told.output
    one = _json(run(*EXCEPTION, "--model", "meta-llama/llama-2", "--dry-run", "--json"))
    assert (one["would_change"], one["tried"]) == (1, 1)
    assert run("list").output == "Nothing is recorded.\n"


def test_a_name_that_two_kinds_have_needs_its_kind(run: Run) -> None:
    run(*EXCEPTION, "--name", "same")
    run("record", "granted", "llama-2", "--name", "same")
    result = run("end", "same", "--reason", "x")
    assert isinstance(result.exception, CommonweightError)
    assert "--kind" in result.exception.sentence
    for kind in ("exception", "granted"):
        assert run("end", "same", "--reason", "x", "--kind", kind).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("record", "exception", "llama-2#mau700"), "needs --choose, --author, --reason"),
        (("record", "bought", "llama-2", "--reason", "x", "--model", "a/b"), "has no --reason, --model"),
        (("record", "bought", "llama-2", "--until", "soon"), "expected one such as 2027-01-31"),
        (("record", "wish", "llama-2"), "'wish' is not one of"),
        (("end", "x"), "--reason"),
    ],
)
def test_what_is_left_out_or_beside_the_point_is_said(run: Run, arguments: tuple[str, ...], told: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert told in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*EXCEPTION, "--use", "999"), "There is no use '999'"),
        ((*EXCEPTION, "--user", "nobody"), "nobody"),
        (("end", "none", "--reason", "x"), "There is no decision 'none'"),
        (("record", "exception", "llama-2", *EXCEPTION[3:]), "is no id of a clause"),
    ],
)
def test_what_cannot_be_is_refused(run: Run, arguments: tuple[str, ...], told: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, CommonweightError)
    assert told in result.exception.sentence
