"""`commonweight plans`: what is offered, who is subscribed, on an installation's home, as an administrator of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import click
import yaml

from commonweight.cli.acting import administrator, user_option
from commonweight.cli.documents import file_type, print_json, read_text
from commonweight.cli.options import home_option, with_rooms
from commonweight.errors import InvalidInput
from commonweight.identity import Caller
from commonweight.plans import ManualPayment, Owed, Plan, PlanEdit, Shown, as_csv, decimal, write_terms
from commonweight.rooms import Rooms

FORM: Final = "title, description and terms (docs/plans.md)"

json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")


@click.group()
def plans() -> None:
    """Plans by which models are sold and given, and subscriptions to them."""


@plans.command("list")
@click.option("--publisher", default="", help="Of this account or organisation only.")
@json_option
@user_option
@home_option
def list_plans(publisher: str, as_json: bool, user: str, home: Path | None) -> None:
    """List plans, also those that are offered no longer."""

    async def deed(rooms: Rooms, caller: Caller) -> list[Plan]:
        return await rooms.selling.offering.plans(caller, publisher)

    found = _as_administrator(home, user, deed)
    if as_json:
        print_json([_document(plan) for plan in found])
        return
    click.echo("\n".join(_plan_line(plan) for plan in found) or "No plan is offered.")


@plans.command()
@click.argument("plan")
@click.argument("file", type=file_type)
@click.option("--move", is_flag=True, help="Running subscriptions follow when the next month begins.")
@user_option
@home_option
def offer(plan: str, file: Path, move: bool, user: str, home: Path | None) -> None:
    """Offer PLAN (publisher/name) as FILE (YAML) says; again: its next version."""
    publisher, edit = _edit(plan, file, move)

    async def deed(rooms: Rooms, caller: Caller) -> Plan:
        return await rooms.selling.offering.offer(caller, publisher, edit)

    click.echo(_plan_line(_as_administrator(home, user, deed)))


@plans.command()
@click.argument("plan")
@user_option
@home_option
def withdraw(plan: str, user: str, home: Path | None) -> None:
    """Offer PLAN no longer; who has it keeps it."""

    async def deed(rooms: Rooms, caller: Caller) -> Plan:
        return await rooms.selling.offering.withdraw(caller, plan)

    click.echo(_plan_line(_as_administrator(home, user, deed)))


@plans.command()
@click.argument("plan")
@click.argument("account")
@click.option("--non-commercial", is_flag=True, help="For uses that are not commercial.")
@user_option
@home_option
def subscribe(plan: str, account: str, non_commercial: bool, user: str, home: Path | None) -> None:
    """Subscribe ACCOUNT to PLAN."""

    async def deed(rooms: Rooms, caller: Caller) -> Shown:
        made = await rooms.selling.subscribing.subscribe(caller, plan, account, commercial=not non_commercial)
        return await rooms.selling.subscriptions.get(caller, made.id)

    click.echo(_line(_as_administrator(home, user, deed)))


@plans.command()
@json_option
@user_option
@home_option
def subscriptions(as_json: bool, user: str, home: Path | None) -> None:
    """List subscriptions, newest first."""

    async def deed(rooms: Rooms, caller: Caller) -> list[Shown]:
        return await rooms.selling.subscriptions.all(caller)

    found = _as_administrator(home, user, deed)
    if as_json:
        print_json([{"id": one.subscription.id, "subscriber": one.subscriber, "plan": one.plan.full_name,
                     "version": one.plan.version, "state": one.subscription.state} for one in found])  # fmt: skip
        return
    click.echo("\n".join(_line(one) for one in found) or "Nobody is subscribed.")


@plans.command()
@click.argument("subscription", type=int)
@user_option
@home_option
def approve(subscription: int, user: str, home: Path | None) -> None:
    """Let a request begin."""
    _change(home, user, subscription, lambda rooms, caller: rooms.selling.subscribing.approve(caller, subscription))


@plans.command()
@click.argument("subscription", type=int)
@click.option("--reason", default="", help="What the subscriber is told.")
@user_option
@home_option
def refuse(subscription: int, reason: str, user: str, home: Path | None) -> None:
    """Refuse a request."""
    _change(home, user, subscription, lambda rooms, caller: rooms.selling.subscribing.refuse(caller, subscription, reason))


@plans.command()
@click.argument("subscription", type=int)
@click.option("--now", "at_once", is_flag=True, help="Today, and the days after it are given back; else with the month.")
@click.option("--reason", default="")
@user_option
@home_option
def cancel(subscription: int, at_once: bool, reason: str, user: str, home: Path | None) -> None:
    """Cancel a subscription."""

    def deed(rooms: Rooms, caller: Caller) -> Awaitable[Any]:
        return rooms.selling.subscribing.cancel(caller, subscription, at_once=at_once, reason=reason)

    _change(home, user, subscription, deed)


@plans.command()
@click.argument("subscription", type=int)
@click.argument("amount", type=int)
@click.argument("currency")
@click.option("--reference", required=True, help="The number of the invoice or transfer; the same again changes nothing.")
@user_option
@home_option
def paid(subscription: int, amount: int, currency: str, reference: str, user: str, home: Path | None) -> None:
    """Record that AMOUNT micro-units of CURRENCY arrived for a subscription (below 0: were paid back)."""

    async def deed(rooms: Rooms, caller: Caller) -> str:
        return await rooms.selling.payments.record(caller, ManualPayment(subscription, amount, currency, reference))

    click.echo(_as_administrator(home, user, deed))


@plans.command()
@user_option
@home_option
def owed(user: str, home: Path | None) -> None:
    """List what subscriptions owe: subscription, subscriber, plan, standing, open and late amounts."""

    async def deed(rooms: Rooms, caller: Caller) -> list[str]:
        shown = await rooms.selling.subscriptions.all(caller)
        found = await rooms.selling.owing.of(shown)
        return [_owed_line(one, each) for one in shown for each in found.get(one.subscription.id, ())]

    click.echo("\n".join(_as_administrator(home, user, deed)) or "Nothing was charged yet.")


@plans.command()
@click.argument("account")
@click.argument("licence")
@click.option("--reason", required=True, help="What shows that they are the licensor.")
@user_option
@home_option
def licensor(account: str, licence: str, reason: str, user: str, home: Path | None) -> None:
    """Record that ACCOUNT is the licensor of LICENCE, so that its plans can permit."""

    async def deed(rooms: Rooms, caller: Caller) -> str:
        found = await rooms.selling.standings.find(caller, account, "licensor", reason, licence)
        return f"{found.account} is the licensor of {found.licence} here (standing {found.id})."

    click.echo(_as_administrator(home, user, deed))


@plans.command()
@click.argument("month")
@click.argument("account")
@click.option("--publisher", is_flag=True, help="What its models earned, rather than what it pays.")
@user_option
@home_option
def statement(month: str, account: str, publisher: bool, user: str, home: Path | None) -> None:
    """Print the statement of ACCOUNT for MONTH (2026-11) as CSV."""

    async def deed(rooms: Rooms, caller: Caller) -> str:
        side = "publisher" if publisher else "payer"
        return as_csv(await rooms.selling.statements.get(caller, month, account, side))

    click.echo(_as_administrator(home, user, deed), nl=False)


def _as_administrator(home: Path | None, user: str, deed: Callable[[Rooms, Caller], Awaitable[Any]]) -> Any:
    async def run(rooms: Rooms) -> Any:
        return await deed(rooms, await administrator(rooms, user))

    return with_rooms(home, run)


def _change(home: Path | None, user: str, number: int, deed: Callable[[Rooms, Caller], Awaitable[Any]]) -> None:
    async def run(rooms: Rooms, caller: Caller) -> Shown:
        await deed(rooms, caller)
        return await rooms.selling.subscriptions.get(caller, number)

    click.echo(_line(_as_administrator(home, user, run)))


def _edit(plan: str, file: Path, move: bool) -> tuple[str, PlanEdit]:
    """Raises InvalidInput."""
    publisher, mark, name = plan.partition("/")
    if not mark:
        raise InvalidInput(f"{plan!r} is no plan; expected publisher/name.")
    try:
        document = yaml.safe_load(read_text(file))
    except yaml.YAMLError as error:
        raise InvalidInput(f"{file.name} is not YAML: {error}.") from None
    if not isinstance(document, dict) or not document.keys() <= {"title", "description", "terms"}:
        raise InvalidInput(f"{file.name} must hold a mapping with {FORM}.")
    terms = document.get("terms") or {}
    return publisher, PlanEdit(name, str(document.get("title", "")), str(document.get("description", "")), terms, move)


def _plan_line(plan: Plan) -> str:
    fee = "free" if plan.terms.is_free else f"{decimal(plan.terms.monthly_fee)} {plan.terms.currency} a month"
    state = "" if plan.offered else "\toffered no longer"
    return f"{plan.full_name}\tversion {plan.version}\t{plan.terms.join}\t{fee}{state}"


def _line(one: Shown) -> str:
    plan = f"{one.plan.full_name}\tversion {one.plan.version}"
    return f"{one.subscription.id}\t{one.subscriber}\t{plan}\t{one.subscription.state}"


def _owed_line(one: Shown, owed: Owed) -> str:
    amounts = [f"{decimal(amount)} {owed.currency}" for amount in (owed.awaited or owed.open, owed.late)]
    return "\t".join([str(owed.subscription_id), one.subscriber, one.plan.full_name, owed.standing, *amounts])


def _document(plan: Plan) -> dict[str, Any]:
    same = {name: getattr(plan, name) for name in ("id", "version", "publisher", "name", "title", "description", "offered")}
    return {**same, "terms": write_terms(plan.terms)}
