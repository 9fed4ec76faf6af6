"""What happened in a tuning and what is wrong with examples is told in the reader's language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from commonweight.web.presenting.event_sentences import EVENT_SENTENCES, told_again
from commonweight.web.presenting.finding_titles import FINDING_TITLES

TUNING = Path(str(files("commonweight.tuning")))
TELLS = frozenset({"say", "change", "_tell", "_end", "_want", "add_event"})  # what writes an event of a tuning
DOCS = Path(__file__).parents[2] / "docs" / "tuning.md"


def _said() -> Iterator[str]:
    """Every sentence that the room of tuning writes as an event, with X in its places."""
    for path in (*TUNING.glob("*.py"), *TUNING.glob("stages/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TELLS:
                yield from (text for one in node.args if (text := _text(one)) and " " in text)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "X" for one in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_the_sentences_are_found() -> None:
    assert len(set(_said())) > 15


@pytest.mark.parametrize("message", sorted(set(_said())))
def test_every_sentence_that_a_tuning_says_is_known_to_the_pages(message: str) -> None:
    message = message.replace("X X", "X held out")  # "held out" or "to validate with"
    told = told_again(message)
    assert told.text in EVENT_SENTENCES
    assert told.text % dict(told.words) == message


def test_a_verdict_is_known_again_with_its_figures() -> None:
    message = "Better than the base: +100.0 points by exact (95 % interval +73.5 to +100.0) on 20 items."
    told = told_again(message)
    assert dict(told.words)["interval"] == "+73.5 to +100.0"
    assert told.text % dict(told.words) == message


def test_what_is_not_known_is_shown_as_it_is() -> None:
    told = told_again("100 % odd: %(name)s")
    assert told.text % dict(told.words) == "100 % odd: %(name)s"


def test_every_code_of_the_documentation_has_a_title() -> None:
    text = DOCS.read_text().partition("**Errors** refuse it")[2].partition("`commonweight tune check FILE` says all")[0]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    codes = {code for row in rows for code in re.findall(r"`([a-z0-9_]+)`", row)}
    assert codes <= set(FINDING_TITLES)
    assert len(codes) > 40
