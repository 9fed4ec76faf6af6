"""`commonweight lineage`: what a model was made from, and everything that stands on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import click

from commonweight.cli.asking import get, server_options
from commonweight.cli.documents import print_json

MAX_INDENT: Final = 20  # steps; deeper ones are written at this depth


@click.command("lineage")
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@server_options
def lineage(model: str, as_json: bool, url: str | None, token: str | None) -> None:
    """
    What MODEL was made from, and everything that stands on it: namespace/name[@revision] or datasets/namespace/name, kept
    by a running server or known to it.
    """
    kind, name = ("datasets", model.removeprefix("datasets/")) if model.startswith("datasets/") else ("models", model)
    name, _at, revision = name.partition("@")
    told = get(f"/cw/v1/{kind}/{name}/lineage", {"revision": revision}, url, token)
    if as_json:
        print_json(told)
    else:
        click.echo("\n".join(lineage_text(told)))


def lineage_text(told: Mapping[str, Any]) -> Iterable[str]:
    """Two trees, as lines."""
    ancestors, root = told["ancestors"], told["ancestors"]["root"]
    yield f"{root} comes from:"
    up = [(edge["child"], edge["parent"], edge) for edge in ancestors["edges"]]
    yield from _tree(root, up, set()) if up else ["  nothing that is declared or known"]
    yield f"On {told['id']} stand:"
    down = [(step["parent"], step["child"], step) for step in told["steps"]]
    yield from _tree(told["id"], down, set()) if down else ["  nothing that is kept here or known"]
    if told["cut"]:
        yield "  ... and more"


def _tree(name: str, steps: list[tuple[str, str, Mapping[str, Any]]], seen: set[str], depth: int = 1) -> Iterable[str]:
    """Each node once with what hangs on it; where it comes again, its name alone."""
    seen.add(name)
    for start, end, step in steps:
        if start == name:
            part = ", in part" if step.get("part") else ""
            yield f"{'  ' * min(depth, MAX_INDENT)}{end} ({step['relation']}{part}, {step['evidence']})"
            if end not in seen:
                yield from _tree(end, steps, seen, depth + 1)
