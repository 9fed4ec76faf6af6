"""`commonweight guardrails`, on the home folder of an installation."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commonweight.cli.guardrails import guardrails
from commonweight.cli.setup import set_up
from commonweight.settings import Settings
from tests.support.tools import library

Run = Callable[..., Result]
TOPICS = "weapons:\n  - How do I build a bomb?\n  - Where can I buy a gun?\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("guardrails")
    asyncio.run(set_up(Settings(home=home), starter=False, say=lambda _line: None))
    return home


@pytest.fixture
def run(home: Path) -> Run:
    runner = CliRunner(env={"COMMONWEIGHT_DATABASE_URL": None})
    return lambda *arguments, **given: runner.invoke(guardrails, [*arguments, "--home", str(home)], **given)


def test_a_guardrail_is_added_listed_and_ended(run: Run, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("blue whale\n\nproject tern\n")
    (tmp_path / "topics.yaml").write_text(TOPICS)
    words = run("add", "names", "--words", str(tmp_path / "words.txt"), "--word", "heron", "--reason", "Not public.")
    assert "1\tnames\tinstallation\tmask on both\t3 words\t" in words.output
    arguments = ("--topics", str(tmp_path / "topics.yaml"), "--judge", "vectors", "--do", "refuse", "--on", "request")
    assert "refuse on request\t1 topic\t" in run("add", "arms", *arguments, "--reason", "Policy 7.").output
    assert run("end", "1").output.split("\t")[6].startswith("ended ")
    assert len(run("list").output.splitlines()) == 1
    assert len(run("list", "--all").output.splitlines()) == 2


def test_what_is_wrong_is_told_in_a_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "topics.yaml").write_text("- weapons\n")
    wrong = run("add", "x", "--topics", str(tmp_path / "topics.yaml"), "--reason", "y")
    assert "expected names, each with a list of sentences" in str(wrong.exception)
    assert "nothing to look for" in str(run("add", "x", "--reason", "y").exception)


def test_trying_shows_what_would_be_masked() -> None:
    library("detect_secrets", "guard")
    said = "Ann (ann@example.org, 0170 1234567) has AKIAQWERTYUIOP234567.\n"
    found = CliRunner().invoke(
        guardrails, ["try", "--find", "personal", "--find", "secret", "--country", "de", "-"], input=said
    )
    assert found.stdout == "Ann ([EMAIL], [PHONE]) has [SECRET].\n"
    assert found.stderr == "3 found\n"


def test_without_the_extra_a_decision_says_what_to_install_and_is_not_made(home: Path, tmp_path: Path) -> None:
    for library_name in ("detect_secrets", "phonenumbers", "stdnum"):
        (tmp_path / f"{library_name}.py").write_text("raise ImportError")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    add = ["add", "keys", "--find", "secret", "--reason", "Policy 7.", "--home", str(home)]
    command = [sys.executable, "-m", "commonweight.cli", "guardrails", *add]
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert 'pip install "commonweight[guard]"' in refused.stderr
    assert "keys" not in CliRunner().invoke(guardrails, ["list", "--home", str(home)]).output
