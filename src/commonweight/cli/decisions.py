"""`commonweight rights decisions`: exceptions, readings and what is held from licensors, on an installation's home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click

from commonweight.cli.acting import administrator, user_option
from commonweight.cli.decision_text import change_lines, record_lines
from commonweight.cli.documents import print_json
from commonweight.cli.options import home_option, with_rooms
from commonweight.errors import InvalidInput
from commonweight.policy import (
    DecisionEdit,
    HeldPermission,
    Outcome,
    PermissionGrant,
    PersonsDecision,
    Preview,
    RecordNotFound,
)
from commonweight.rights import ACTS
from commonweight.rooms import Rooms

HELD: Final = ("bought", "granted", "registered")
DECIDED: Final = ("exception", "reading")
Record = HeldPermission | PersonsDecision

json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")


class Day(click.ParamType[date]):
    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no day; expected one such as 2027-01-31.", param, ctx)


@click.group()
def decisions() -> None:
    """What people decided, and what is held from licensors. Nothing is changed or deleted: it is ended and recorded anew."""


@decisions.command("list")
@click.option("--ended", is_flag=True, help="Also those that were ended.")
@json_option
@home_option
def list_all(ended: bool, as_json: bool, home: Path | None) -> None:
    """List what is recorded, what lapses first at the top, with how many standing verdicts rest on it."""

    async def deed(rooms: Rooms) -> tuple[list[tuple[Record, int]], date]:
        policy = rooms.policy
        records: list[Record] = [*await policy.decisions.list(ended=ended), *await policy.decisions.permissions(ended=ended)]
        tally = await policy.touching.tally([one for one in records if one.ended_at is None])
        records.sort(key=lambda one: (one.ended_at is not None, last_day(one) or date.max))
        return [(one, tally.of(one).applied if one.ended_at is None else 0) for one in records], policy.today()

    found, today = with_rooms(home, deed)
    if as_json:
        print_json([{**as_document(one), "verdicts": verdicts} for one, verdicts in found])
        return
    for one, verdicts in found:
        click.echo("\n".join(record_lines(one, last_day(one), verdicts, today)))
    if not found:
        click.echo("Nothing is recorded.")


@decisions.command("record")
@click.argument("kind", type=click.Choice([*DECIDED, *HELD]))
@click.argument("about")
@click.option("--choose", default="", help="allowed or prohibited for an exception; the id of a reading.")
@click.option("--author", default="", help="Who decided: a person or an office that can be asked.")
@click.option("--reason", default="", help="Why; it stands in every verdict that it touches.")
@click.option("--source", default="", help="Where it is written: a contract, a letter, an opinion.")
@click.option("--lifts", multiple=True, help="Id of a clause that something held lifts, as often as wanted; * for all.")
@click.option("--act", "acts", multiple=True, type=click.Choice(list(ACTS)), help="An act that it is for; without, all.")
@click.option("--use", default="", help="Number or name of the use that it is for; without, every use.")
@click.option("--model", default="", help="The model that it is for: namespace/name; without, every model.")
@click.option("--node", default="", help="Where the terms are declared; without, wherever.")
@click.option("--since", type=Day(), help="First day; without, at once.")
@click.option("--until", type=Day(), help="Last day; without, no end.")
@click.option("--name", default="", help="The name by which verdicts cite it; without, one is made up.")
@click.option("--dry-run", is_flag=True, help="Only say what it would change.")
@user_option
@json_option
@home_option
def record_one(kind: str, about: str, dry_run: bool, user: str, as_json: bool, home: Path | None, **given: Any) -> None:
    """
    Record one. ABOUT is the finding of an exception or a reading, as verdicts name it (llama-2#mau700); of what is bought,
    granted or registered the licence (llama-2).
    """
    check_given(kind, given)

    async def deed(rooms: Rooms) -> tuple[Record | None, Outcome | Preview]:
        caller = await administrator(rooms, user)
        policy = rooms.policy
        if kind in HELD:
            grant = grant_of(kind, about, given)
            return (
                (None, await policy.preview_permission(caller, grant))
                if dry_run
                else await policy.grant_permission(caller, grant)
            )
        edit = decision_of(kind, about, given, (await policy.uses.get(given["use"])).id if given["use"] else None)
        return (None, await policy.preview_decision(caller, edit)) if dry_run else await policy.record_decision(caller, edit)

    record, came = with_rooms(home, deed)
    tell(record, came, as_json)


@decisions.command("end")
@click.argument("name")
@click.option("--reason", required=True, help="Why it ends.")
@click.option("--kind", type=click.Choice([*DECIDED, *HELD]), help="Where a decision and a permission go by one name.")
@user_option
@json_option
@home_option
def end_one(name: str, reason: str, kind: str | None, user: str, as_json: bool, home: Path | None) -> None:
    """End what goes by NAME; verdicts that rest on it turn back at once."""

    async def deed(rooms: Rooms) -> Outcome:
        caller = await administrator(rooms, user)
        one = named(name, kind, [*await rooms.policy.decisions.list(), *await rooms.policy.decisions.permissions()])
        if isinstance(one, PersonsDecision):
            return await rooms.policy.end_decision(caller, one.id, reason)
        return await rooms.policy.end_permission(caller, one.id, reason)

    tell(None, with_rooms(home, deed), as_json)


def named(name: str, kind: str | None, records: Sequence[Record]) -> Record:
    """Raises RecordNotFound, InvalidInput where two go by the name."""
    found = [one for one in records if one.name == name and kind in (None, one.kind)]
    if not found:
        raise RecordNotFound("decision", name)
    if len(found) > 1:
        kinds = ", ".join(one.kind for one in found)
        raise InvalidInput(f"{len(found)} records go by the name {name!r}: {kinds}.", hint="Say which with --kind.")
    return found[0]


def check_given(kind: str, given: dict[str, Any]) -> None:
    """Raises UsageError for what this kind needs, or does not have."""
    needed = () if kind in HELD else ("choose", "author", "reason")
    other = ("choose", "reason", "use", "model", "node") if kind in HELD else ("lifts",)
    missing = [f"--{option}" for option in needed if not given[option]]
    if missing:
        raise click.UsageError(f"{kind} needs {', '.join(missing)}.")
    beside = [f"--{option}" for option in other if given[option]]
    if beside:
        raise click.UsageError(f"{kind} has no {', '.join(beside)}.")


def grant_of(kind: str, licence: str, given: dict[str, Any]) -> PermissionGrant:
    return PermissionGrant(
        licence, kind, given["name"], given["lifts"], given["acts"], given["since"], given["until"], given["author"],
        given["source"],
    )  # fmt: skip


def decision_of(kind: str, finding: str, given: dict[str, Any], use_id: int | None) -> DecisionEdit:
    return DecisionEdit(
        kind, finding, given["choose"], given["author"], given["reason"], given["name"], given["acts"], given["node"],
        given["model"], use_id, given["since"], given["until"], given["source"],
    )  # fmt: skip


def last_day(one: Record) -> date | None:
    return one.expires if isinstance(one, PersonsDecision) else one.until


def as_document(value: Any) -> dict[str, Any]:
    """A record as JSON holds it: days and moments as text."""
    return {key: given.isoformat() if isinstance(given, date | datetime) else given for key, given in asdict(value).items()}


def tell(record: Record | None, came: Outcome | Preview, as_json: bool) -> None:
    if not as_json:
        click.echo("\n".join(change_lines(record, came)))
        return
    document: dict[str, Any] = {} if record is None else {"record": as_document(record)}
    if isinstance(came, Outcome):
        document |= {"changed": came.changed, "waiting": came.waiting}
    else:
        document |= {"would_change": sum(came.counts.values()), "tried": came.tried, "touched": came.touched}
    print_json({**document, "changes": [asdict(one) for one in came.changes]})
