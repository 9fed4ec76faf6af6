"""`commonweight lineage` prints two trees."""

from __future__ import annotations

from typing import Any

from commonweight.cli.lineage import lineage_text


def step(child: str, parent: str, relation: str = "finetune") -> dict[str, Any]:
    return {"child": child, "parent": parent, "relation": relation, "evidence": "declared", "part": False}


def told(ancestors: list[dict[str, Any]], steps: list[dict[str, Any]], *, cut: bool = False) -> dict[str, Any]:
    return {"id": "a/me", "ancestors": {"root": "a/me", "edges": ancestors}, "steps": steps, "cut": cut}


def test_what_hangs_on_a_node_is_indented_below_it() -> None:
    lines = list(lineage_text(told([step("a/me", "b/base"), step("b/base", "c/data", "trained_on_data")], [])))
    assert lines == [
        "a/me comes from:",
        "  b/base (finetune, declared)",
        "    c/data (trained_on_data, declared)",
        "On a/me stand:",
        "  nothing that is kept here or known",
    ]


def test_a_node_that_comes_again_is_named_and_not_opened_again() -> None:
    lines = list(lineage_text(told([], [step("x", "a/me"), step("y", "x"), step("x", "y")], cut=True)))
    assert lines[-4:] == [
        "  x (finetune, declared)",
        "    y (finetune, declared)",
        "      x (finetune, declared)",
        "  ... and more",
    ]
