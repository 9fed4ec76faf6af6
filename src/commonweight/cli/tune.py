"""`commonweight tune`: a model from a model and examples. This file only gathers the commands."""

from __future__ import annotations

import click

from commonweight.cli.lazy import lazy

#: Each command is imported when it is asked for.
COMMANDS = {
    "check": ("commonweight.cli.tune_check", "check", "What is wrong with a file of examples, and a repaired copy."),
    "eval": ("commonweight.cli.tune_eval", "evaluation", "Ask base and tuned standard tasks, and compare them."),
}


@click.group(cls=lazy(COMMANDS))
def tune() -> None:
    """Make a model from examples."""
