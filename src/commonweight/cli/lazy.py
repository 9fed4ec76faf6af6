"""Groups of commands of which each is imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click


def lazy(commands: Mapping[str, tuple[str, str, str]]) -> type[click.Group]:
    """A class for `click.group(cls=…)`. Of each command by its name: the module, the attribute in it, and a sentence."""

    class Lazy(click.Group):
        def list_commands(self, ctx: click.Context) -> list[str]:
            return list(commands)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            if cmd_name not in commands:
                return None
            module, attribute, _ = commands[cmd_name]
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(name, sentence) for name, (_, _, sentence) in commands.items()])

    return Lazy
