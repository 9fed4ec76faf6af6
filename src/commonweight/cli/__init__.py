"""The command `commonweight`. One file per noun; this one only gathers them."""

from __future__ import annotations

import sys

import click

from commonweight import __version__
from commonweight.cli.lazy import lazy
from commonweight.errors import CommonweightError

#: Each command is imported when it is asked for, so that `--help` and `token` need not load the server.
COMMANDS = {
    "up": ("commonweight.cli.up", "up", "Start the server; on a fresh home folder also set it up."),
    "token": ("commonweight.cli.token", "token", "Create, list and revoke tokens."),
    "orgs": ("commonweight.cli.orgs", "orgs", "Organisations: make them, add and remove members, give roles."),
    "tokens": ("commonweight.cli.token", "token", "The same as token."),
    "ps": ("commonweight.cli.engines", "ps", "Show the engines: memory, slots, queues, tokens per second."),
    "load": ("commonweight.cli.engines", "load", "Load a model before somebody asks for it."),
    "unload": ("commonweight.cli.engines", "unload", "Unload a model after the requests that it is working on."),
    "pin": ("commonweight.cli.engines", "pin", "Keep a model loaded, or no longer."),
    "remote": ("commonweight.cli.remote", "remote", "Models at other addresses: add, list and remove them."),
    "alias": ("commonweight.cli.alias", "alias", "Name models for those who call them: set, list and remove aliases."),
    "serve": ("commonweight.cli.serve", "serve", "Make a model callable by a name, and say how to call it."),
    "seed": ("commonweight.cli.seed", "seed", "Fill a test installation from a YAML file."),
    "retention": (
        "commonweight.cli.retention",
        "retention",
        "Decide what is kept of prompts: allow, list, end.",
    ),
    "guardrails": (
        "commonweight.cli.guardrails",
        "guardrails",
        "Decide what must not be said to models or by them.",
    ),
    "tune": ("commonweight.cli.tune", "tune", "Make a model from examples: check them, tune, look at what came of it."),
    "convert": ("commonweight.cli.convert", "convert", "A model of the hub as GGUF and smaller, in its own repository."),
    "batches": ("commonweight.cli.batches", "batches", "List, show and cancel batches."),
    "plans": ("commonweight.cli.plans", "plans", "Sell and give models: plans, subscriptions, statements."),
    "lineage": ("commonweight.cli.lineage", "lineage", "What was a model made from, and what stands on it?"),
    "receipt": ("commonweight.cli.receipt", "receipt", "Check signed receipts of answers, offline."),
    "keys": ("commonweight.cli.keys", "keys", "Make, list and revoke keys for programs."),
    "usage": ("commonweight.cli.keys", "usage", "Who used what, and what it cost?"),
    "storage": (
        "commonweight.cli.storage",
        "storage",
        "See what is stored, remove what nothing refers to, look for damage.",
    ),
    "migrate-store": (
        "commonweight.cli.migrate_store",
        "migrate_store",
        "Move all stored bytes to S3, or to the disk.",
    ),
    "rights": ("commonweight.cli.rights", "rights", "May we use this model, for this, and what do we owe?"),
}


@click.group(cls=lazy(COMMANDS), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def commonweight() -> None:
    """A self-hosted platform for open AI models."""


def main() -> None:
    """The command border: an error of ours becomes one sentence and exit status 1, everything else is a defect."""
    try:
        commonweight(prog_name="commonweight")
    except CommonweightError as error:
        click.echo(f"commonweight: {error.sentence}", err=True)
        sys.exit(1)
