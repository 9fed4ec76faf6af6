"""`commonweight tune`: a model from a model and examples. This file only gathers the commands."""

from __future__ import annotations

import click

from commonweight.cli.lazy import lazy

#: Each command is imported when it is asked for.
COMMANDS = {
    "check": ("commonweight.cli.tune_check", "check", "What is wrong with a file of examples, and a repaired copy."),
    "tokens": ("commonweight.cli.tune_tokens", "tokens", "How many tokens examples have, and which would be cut."),
    "eval": ("commonweight.cli.tune_eval", "evaluation", "Ask base and tuned standard tasks, and compare them."),
    "start": ("commonweight.cli.tune_jobs", "start", "Tune a model with a file of examples."),
    "list": ("commonweight.cli.tune_jobs", "list_them", "Tunings, the newest first."),
    "show": ("commonweight.cli.tune_jobs", "show", "Everything about one."),
    "watch": ("commonweight.cli.tune_jobs", "watch", "How one goes, until it is over."),
    "pause": ("commonweight.cli.tune_jobs", "pause", "Keep what was trained so far, and wait."),
    "resume": ("commonweight.cli.tune_jobs", "resume", "Go on from the last checkpoint."),
    "cancel": ("commonweight.cli.tune_jobs", "cancel", "Stop one for good."),
    "report": ("commonweight.cli.tune_report", "report", "How base and tuned did on what was held out."),
    "accept": ("commonweight.cli.tune_report", "accept", "Make the draft a model like any other."),
}


@click.group(cls=lazy(COMMANDS))
def tune() -> None:
    """Make a model from examples."""
