"""`commonweight keys` and `commonweight usage`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from commonweight.cli.acting import administrator, user_option
from commonweight.cli.options import home_option, with_rooms
from commonweight.errors import InvalidInput, NotFound
from commonweight.identity import NO_TOKEN, Caller, Role, TokenInfo
from commonweight.plans import Budget, Key, KeyTerms, KeyWish, Period, UsageRow, UsageWish
from commonweight.rooms import Rooms

owner_option = click.option("--user", required=True, help="Whose keys.")


@click.group()
def keys() -> None:
    """Keys for programs: what each may use, at whose cost, how much and how long."""


@keys.command()
@click.argument("name")
@owner_option
@click.option("--billed-to", default="", help="An organisation whose member the user is; default the user.")
@click.option("--model", "models", multiple=True, help="namespace/name, namespace/*, or an alias; may be repeated.")
@click.option("--budget", default="", help="As 100000 tokens, or '25 EUR'; of each month unless --total is given.")
@click.option("--total", is_flag=True, help="The budget is for the key's whole life.")
@click.option("--days", type=click.IntRange(1, 36_500), help="How long it works.")
@click.option("--network", "networks", multiple=True, help="From where it works, as 10.0.0.0/8; may be repeated.")
@click.option("--use", "use_name", default="", help="The use whose verdicts hold; default the standing one.")
@click.option("--signed", is_flag=True, help="Every answer gets a signed receipt.")
@home_option
def create(
    name: str, user: str, billed_to: str, models: tuple[str, ...], budget: str, total: bool, days: int | None,
    networks: tuple[str, ...], use_name: str, signed: bool, home: Path | None,
) -> None:  # fmt: skip
    """Print a new key, and nothing else."""

    async def deed(rooms: Rooms) -> str:
        caller = await _acting_for(rooms, user)
        payer = None if not billed_to else await rooms.identity.account(billed_to)
        use = (await rooms.policy.uses.get(use_name)).id if use_name else None
        spend = _budget(budget, Period.TOTAL if total else Period.MONTH) if budget else None
        terms = KeyTerms(payer.id if payer else None, None, use, True, models, spend, signed)
        ends = rooms.clock.now() + timedelta(days=days) if days else None
        return (await rooms.api_keys.create(caller, KeyWish(name, terms, Role.READ, ends, networks)))[1]

    click.echo(with_rooms(home, deed))


@keys.command()
@click.argument("number", type=int)
@click.option("--at-once", is_flag=True, help="The text before works for nothing any more; else for another day.")
@owner_option
@home_option
def renew(number: int, at_once: bool, user: str, home: Path | None) -> None:
    """Print another text for a key, which stays what it is."""

    async def deed(rooms: Rooms) -> str:
        return (await rooms.api_keys.renew(await _acting_for(rooms, user), number, at_once=at_once))[1]

    click.echo(with_rooms(home, deed))


@keys.command("list")
@owner_option
@home_option
def list_keys(user: str, home: Path | None) -> None:
    """List a user's keys: number, name, who is billed, what it is for."""

    async def deed(rooms: Rooms) -> list[str]:
        return [_line(key) for key in await rooms.api_keys.list(await _acting_for(rooms, user))]

    for line in with_rooms(home, deed):
        click.echo(line)


@keys.command()
@click.argument("number", type=int)
@owner_option
@home_option
def revoke(number: int, user: str, home: Path | None) -> None:
    """Make a key worthless within seconds."""

    async def deed(rooms: Rooms) -> None:
        await rooms.api_keys.revoke(await _acting_for(rooms, user), number)

    with_rooms(home, deed)


@click.command()
@click.option("--days", type=click.IntRange(1, 3_660), default=30, show_default=True, help="How far back.")
@click.option("--by", default="payer,model", show_default=True, help="Of payer, account, key, model, plan, route, day, …")
@user_option
@home_option
def usage(days: int, by: str, user: str, home: Path | None) -> None:
    """Print who used what: a line for each group, separated by tabs."""

    async def deed(rooms: Rooms) -> list[UsageRow]:
        now = datetime.now(UTC)
        wish = UsageWish(now - timedelta(days=days), now + timedelta(hours=1), tuple(filter(None, by.split(","))))
        return list(await rooms.usage.read(await administrator(rooms, user), wish))

    rows = with_rooms(home, deed)
    click.echo("\t".join([*by.split(","), "requests", "prompt tokens", "completion tokens", "cost (micro-units)"]))
    for row in rows:
        amounts = (row.requests, row.prompt_tokens, row.completion_tokens, row.cost)
        click.echo("\t".join([*map(str, row.group.values()), *map(str, amounts)]))


async def _acting_for(rooms: Rooms, name: str) -> Caller:
    """Whoever can write to the home folder may act for its accounts. Raises NotFound."""
    account = await rooms.identity.account(name)
    if account.kind != "user":
        raise NotFound(f"{name} is an organisation; keys belong to people.", hint=f"Use --billed-to {name}.")
    organisations = await rooms.identity.organisations_of(account)
    return Caller(account, TokenInfo(NO_TOKEN, "command line", Role.WRITE), organisations)


def _budget(text: str, period: Period) -> Budget:
    amount, _, unit = text.partition(" ")
    try:
        number = float(amount.replace("_", ""))
    except ValueError:
        raise InvalidInput(f"{text!r} is no budget.", hint="Write it as '100000 tokens' or '25 EUR'.") from None
    if unit in ("", "tokens"):
        return Budget("tokens", int(number), period)
    return Budget(unit.upper(), round(number * 1_000_000), period)


def _line(key: Key) -> str:
    terms = key.terms
    budget = f"{terms.budget.amount} {terms.budget.unit} per {terms.budget.period}" if terms.budget else "no budget"
    ends = f"until {key.token.expires_at:%Y-%m-%d}" if key.token.expires_at else "without end"
    return "\t".join([str(key.token.id), key.token.name, key.payer, ",".join(terms.models) or "all models", budget, ends])
