"""`commonweight guardrails`: what must not be said to models, or by them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import click
import yaml

from commonweight.cli.acting import administrator, user_option
from commonweight.cli.options import home_option, with_rooms
from commonweight.errors import InvalidInput
from commonweight.guarding import (
    PERSONAL,
    Action,
    Guardrail,
    NewGuardrail,
    Scope,
    Side,
    Thing,
    Told,
    Topic,
    Wanted,
    tried,
)
from commonweight.rooms import Rooms

THINGS: Final = {
    "personal": PERSONAL,
    **{str(thing): frozenset({thing}) for thing in Thing if thing not in (Thing.WORD, Thing.TOPIC)},
}

file_argument = click.Path(exists=True, dir_okay=False, path_type=Path)
find_option = click.option(
    "--find",
    multiple=True,
    type=click.Choice(sorted(THINGS)),
    help="What to look for; again for more. personal: all but secret.",
)
country_option = click.option(
    "--country", "countries", multiple=True, help="Whose phone numbers are known without +, whose ids are looked for (DE)."
)
word_option = click.option("--word", "words", multiple=True, help="A word or phrase; again for more.")
words_option = click.option("--words", "words_file", type=file_argument, help="A file with a phrase on each line.")


@click.group()
def guardrails() -> None:
    """Personal data, secrets, words and topics that must not be said to models, or by them. Off until decided here."""


@guardrails.command()
@click.argument("name")
@find_option
@country_option
@word_option
@words_option
@click.option("--topics", "topics_file", type=file_argument, help="YAML: names of topics, each with a list of sentences.")
@click.option("--judge", default="", help="The embedding model that tells topics, as it is called.")
@click.option("--likeness", type=float, default=0.4, show_default=True, help="From which cosine on a text is about a topic.")
@click.option("--on", "side", type=click.Choice([str(side) for side in Side]), default="both", show_default=True)
@click.option("--do", "action", type=click.Choice([str(action) for action in Action]), default="mask", show_default=True)
@click.option(
    "--for", "scope", type=click.Choice([str(scope) for scope in Scope]), default="installation", show_default=True
)
@click.option("--account", default="", help="The account or organisation, or whose key it is.")
@click.option("--key", type=int, default=0, help="The number of the key.")
@click.option("--model", default="", help="The alias, or namespace/name.")
@click.option("--reason", required=True, help="Why; it stays on record.")
@user_option
@home_option
def add(user: str, home: Path | None, **given: Any) -> None:
    """Look for something from now on; a running server does within seconds."""
    new = _new(given)

    async def deed(rooms: Rooms) -> Guardrail:
        return await rooms.guardrails.decide(await administrator(rooms, user), new)

    click.echo(_line(with_rooms(home, deed)))


@guardrails.command("list")
@click.option("--all", "every", is_flag=True, help="Those that have ended too.")
@user_option
@home_option
def list_guardrails(every: bool, user: str, home: Path | None) -> None:
    """List guardrails, the newest first."""

    async def deed(rooms: Rooms) -> list[Guardrail]:
        return await rooms.guardrails.of(await administrator(rooms, user))

    for one in with_rooms(home, deed):
        if every or one.ended_at is None:
            click.echo(_line(one))


@guardrails.command()
@click.argument("number", type=int)
@user_option
@home_option
def end(number: int, user: str, home: Path | None) -> None:
    """Look for it no longer. The decision stays on record."""

    async def deed(rooms: Rooms) -> Guardrail:
        return await rooms.guardrails.end(await administrator(rooms, user), number)

    click.echo(_line(with_rooms(home, deed)))


@guardrails.command("try")
@find_option
@country_option
@word_option
@words_option
@click.argument("file", type=click.File())
def try_out(find: tuple[str, ...], countries: tuple[str, ...], file: Any, **given: Any) -> None:
    """Show what would be masked in a FILE (- for what is piped in), and keep nothing of it."""
    wanted = Wanted(_things(find), tuple(map(str.upper, countries)), _phrases(given))
    told = Told()
    click.echo(asyncio.run(tried(wanted).sift(Side.REQUEST, told, file.read())), nl=False)
    counts = {action.value: count for (_, action), count in told.counts.items()}
    click.echo(f"{counts.get('mask', 0)} found", err=True)


def _new(given: dict[str, Any]) -> NewGuardrail:
    wanted = Wanted(
        _things(given["find"]),
        tuple(map(str.upper, given["countries"])),
        _phrases(given),
        _topics(given["topics_file"]),
        given["judge"],
        given["likeness"],
    )
    whom = {name: given[name] for name in ("account", "key", "model")}
    side, action, scope = Side(given["side"]), Action(given["action"]), Scope(given["scope"])
    return NewGuardrail(given["name"], wanted, given["reason"], side, action, scope, **whom)


def _things(names: tuple[str, ...]) -> frozenset[Thing]:
    return frozenset[Thing]().union(*(THINGS[name] for name in names))


def _phrases(given: dict[str, Any]) -> tuple[str, ...]:
    file = given["words_file"]
    lines = file.read_text(encoding="utf-8").splitlines() if file else []
    return (*given["words"], *(line.strip() for line in lines if line.strip()))


def _topics(file: Path | None) -> tuple[Topic, ...]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8")) if file else {}
    except yaml.YAMLError as error:
        raise InvalidInput(f"{file} is no YAML: {error}") from None
    fits = isinstance(document, dict) and all(isinstance(value, list) for value in document.values())
    if not fits or not all(isinstance(one, str) for value in document.values() for one in value):
        raise InvalidInput(f"{file} holds no topics; expected names, each with a list of sentences.")
    return tuple(Topic(str(name), tuple(examples)) for name, examples in document.items())


def _line(one: Guardrail) -> str:
    ended = f"ended {one.ended_at:%Y-%m-%d} by {one.ended_by}" if one.ended_at else "in force"
    whom = f"{one.scope} {one.subject}".strip()
    since = f"{one.decided_at:%Y-%m-%d} by {one.decided_by}"
    return f"{one.id}\t{one.name}\t{whom}\t{one.action} on {one.side}\t{one.wanted.summary}\t{since}\t{ended}\t{one.reason}"
