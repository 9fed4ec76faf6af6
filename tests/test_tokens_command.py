"""`commonweight token`, on the home folder of an installation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commonweight.cli.setup import set_up
from commonweight.cli.token import token
from commonweight.settings import Settings

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    asyncio.run(set_up(Settings(home=tmp_path), starter=False, say=lambda _line: None))
    runner = CliRunner(env={"COMMONWEIGHT_DATABASE_URL": None})
    return lambda *arguments: runner.invoke(token, [*arguments, "--user", "operator", "--home", str(tmp_path)])


def test_tokens_are_made_listed_and_revoked(run: Run) -> None:
    assert run("create").output.startswith("cw_")
    fine = run("create", "--name", "CI", "--only", "operator=read,write", "--inference", "--days", "30")
    assert (fine.output.startswith("cw_"), len(fine.output.splitlines())) == (True, 1)
    lines = [line.split("\t") for line in run("list").output.splitlines()]
    assert [line[1] for line in lines] == ["admin", "write", "operator=read,write inference"]
    assert lines[2][3].startswith("until ")
    assert run("revoke", lines[2][0]).exit_code == 0
    assert len(run("list").output.splitlines()) == 2
    assert "no valid token number" in str(run("revoke", lines[2][0]).exception)


def test_a_grant_that_makes_no_sense_is_told(run: Run) -> None:
    assert "expected a name" in str(run("create", "--only", "operator=fly").exception)
    assert "neither your account" in str(run("create", "--only", "strangers=read").exception)
