"""What the command prints, in the languages it speaks."""

from __future__ import annotations

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from commonweight.catalogues import read_catalogue
from commonweight.cli.rights import rights
from commonweight.rights import languages

ROOM = Path(str(files("commonweight.cli")))
OTHERS = languages()[1:]


def _marked() -> set[str]:
    trees = (ast.parse(path.read_text()) for path in ROOM.rglob("*.py"))
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "_" and isinstance(call.args[0], ast.Constant)
    }


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_of_the_command_is_translated(language: str) -> None:
    path = ROOM / "locales" / f"{language}.po"
    texts = read_catalogue(path.read_text(), path.name).texts
    assert _marked() - {english for english, other in texts.items() if other} == set()
    for english, other in texts.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", other)), other


def test_a_verdict_can_be_read_in_spanish() -> None:
    case = Path(__file__).parent / "rights" / "cases" / "T02.yaml"
    text = CliRunner().invoke(rights, ["decide", str(case), "--lang", "es"]).output
    assert text.startswith("REQUIERE PERMISO")
    assert "no es asesoramiento jurídico" in text or "no asesoramiento" in text
