"""/cw/v1/keys and /cw/v1/usage: keys for programs, and who used what."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from commonweight.errors import InvalidInput, NotFound
from commonweight.identity import Account, Caller, Role
from commonweight.plans import Budget, InvalidKey, Key, Keys, KeyTerms, KeyWish, Period, Usage, UsageWish, Used
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.numbers import Number

UNUSED = Used()
DEFAULT_DAYS = 30  # of usage, where nobody says since when


class BudgetBody(BaseModel):
    """So much of each calendar month (UTC), or in all: tokens, or micro-units of a currency."""

    model_config = ConfigDict(extra="forbid")

    unit: str = Field(description="`tokens`, or a currency (ISO 4217)")
    amount: Number
    period: str = Field(default="month", description="`month` or `total`")


class KeyBody(BaseModel):
    """What a key is for."""

    model_config = ConfigDict(extra="forbid")

    name: str
    role: str = Field(default="read", description="read is enough for /v1; only when it is made")
    billed_to: str = Field(default="", description="an organisation whose member you are; empty: yourself")
    plan_id: Number | None = None
    use_id: Number | None = Field(default=None, description="whose verdicts hold; empty: the default use")
    commercial: bool = True
    models: list[str] = Field(default_factory=list, description="namespace/name, namespace/*, or an alias; empty: all")
    budget: BudgetBody | None = None
    expires_at: datetime | None = None
    networks: list[str] = Field(default_factory=list, description="as 10.0.0.0/8; empty: from everywhere")
    signed: bool = Field(default=False, description="every answer gets a signed receipt (docs/receipts.md)")

    def wish(self, caller: Caller) -> KeyWish:
        """Raises InvalidKey, NotFound."""
        budget = None
        if self.budget is not None:
            period = next((one for one in Period if one == self.budget.period), None)
            if period is None:
                raise InvalidKey(f"{self.budget.period!r} is no period of a budget; expected month or total.")
            budget = Budget(self.budget.unit, self.budget.amount, period)
        if self.role not in ("read", "write"):
            raise InvalidKey(f"{self.role!r} is no role of a key; expected read or write.")
        if self.expires_at is not None and self.expires_at.tzinfo is None:
            raise InvalidKey("expires_at has no time zone.", hint="Write it as 2027-01-01T00:00:00Z.")
        payer = payer_of(caller, self.billed_to)
        terms = KeyTerms(payer.id, self.plan_id, self.use_id, self.commercial, tuple(self.models), budget, self.signed)
        return KeyWish(self.name, terms, Role[self.role.upper()], self.expires_at, tuple(self.networks))


class KeyAnswer(BaseModel):
    """A key. `key` is its text, shown once, when it is made."""

    id: int
    name: str
    role: str
    owner: str
    billed_to: str
    plan_id: int | None
    use_id: int | None
    commercial: bool
    models: list[str]
    budget: BudgetBody | None
    expires_at: datetime | None
    networks: list[str]
    signed: bool
    created_at: datetime
    last_used_at: datetime | None = Field(description="its minute, or its hour where that was some days ago")
    spent: int = Field(description="of the budget, in its unit")
    key: str | None = None

    @classmethod
    def of(cls, key: Key, text: str | None = None, used: Used = UNUSED) -> "KeyAnswer":
        token, terms = key.token, key.terms
        granted = terms.budget
        budget = BudgetBody(unit=granted.unit, amount=granted.amount, period=granted.period) if granted else None
        return cls(
            id=token.id, name=token.name, role=token.role.word, owner=key.owner, billed_to=key.payer, plan_id=terms.plan_id,
            use_id=terms.use_id, commercial=terms.commercial, models=list(terms.models), budget=budget,
            expires_at=token.expires_at, networks=[str(network) for network in token.networks], created_at=key.created_at,
            signed=terms.signed, last_used_at=used.last, spent=used.spent, key=text,
        )  # fmt: skip


def payer_of(caller: Caller, name: str) -> Account:
    """The caller's own account, or the organisation by that name. Raises NotFound where the caller is no member of it."""
    assert caller.account is not None, "signed_in has been asked"
    if name in ("", caller.account.name):
        return caller.account
    for organisation, _ in caller.organisations.values():
        if organisation.name.lower() == name.lower():
            return organisation
    raise NotFound(f"You are in no organisation {name!r}.", hint="Leave billed_to out to be billed yourself.")


def key_routes(callers: Callers, keys: Keys) -> APIRouter:
    """Keys are made and changed by a token that is none itself."""
    router = APIRouter(tags=["keys"])
    signed_in = Depends(callers.signed_in)

    @router.get("/keys", operation_id="list_keys")
    async def read(caller: Annotated[Caller, signed_in]) -> list[KeyAnswer]:
        """Your keys, and those billed to organisations that you administer; the newest first."""
        found = await keys.list(caller)
        used = await keys.use.of(found)
        return [KeyAnswer.of(key, used=used[key.token.id]) for key in found]

    @router.post("/keys", operation_id="create_key", status_code=201)
    async def create(body: KeyBody, caller: Annotated[Caller, signed_in]) -> KeyAnswer:
        """Make a key. Its text is in this answer and nowhere else."""
        return KeyAnswer.of(*await keys.create(caller, body.wish(caller)))

    @router.put("/keys/{number}", operation_id="change_key")
    async def change(number: Number, body: KeyBody, caller: Annotated[Caller, signed_in]) -> KeyAnswer:
        """Other terms; they hold within seconds. Text and role stay."""
        return KeyAnswer.of(await keys.change(caller, number, body.wish(caller)))

    @router.post("/keys/{number}/renew", operation_id="renew_key")
    async def renew(number: Number, caller: Annotated[Caller, signed_in], at_once: bool = False) -> KeyAnswer:
        """Another text for the same key, in this answer alone. The one before works for another day, unless `at_once`."""
        return KeyAnswer.of(*await keys.renew(caller, number, at_once=at_once))

    @router.delete("/keys/{number}", operation_id="revoke_key", status_code=204)
    async def revoke(number: Number, caller: Annotated[Caller, signed_in]) -> None:
        """Make a key worthless within seconds."""
        await keys.revoke(caller, number)

    return router


class UsageAnswer(BaseModel):
    """Sums by what was asked; times in UTC. `cost` is in micro-units of the currency: ask by it where there are several."""

    since: datetime
    until: datetime
    by: list[str]
    rows: list[dict[str, Any]]


def usage_routes(callers: Callers, usage: Usage) -> APIRouter:
    """Everybody sees what they called and what they pay for."""
    router = APIRouter(tags=["usage"])

    @router.get("/usage", operation_id="read_usage")
    async def read(
        caller: Annotated[Caller, Depends(callers.signed_in)],
        since: datetime | None = None,
        until: datetime | None = None,
        by: Annotated[
            str,
            Query(
                description="of payer, account, key, model, commit, plan, use, route, currency; minute, hour, day or month"
            ),
        ] = "model",
        payer: Annotated[list[str], Query()] = [],  # noqa: B006
        account: Annotated[list[str], Query()] = [],  # noqa: B006
        key: Annotated[list[int], Query()] = [],  # noqa: B006
        model: Annotated[list[str], Query()] = [],  # noqa: B006
    ) -> UsageAnswer:
        """Requests, tokens, cost and seconds of engines, added up; the last 30 days where no time is given."""
        end = _aware(until) or datetime.now(UTC) + timedelta(hours=1)
        begin, words = _aware(since) or end - timedelta(days=DEFAULT_DAYS), tuple(word for word in by.split(",") if word)
        wish = UsageWish(begin, end, words, tuple(payer), tuple(account), tuple(key), tuple(model))
        rows = [{**one.pop("group"), **one} for one in map(asdict, await usage.read(caller, wish))]
        return UsageAnswer(since=begin, until=end, by=list(words), rows=rows)

    return router


def _aware(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise InvalidInput("A time has no zone.", hint="Write it as 2027-01-01T00:00:00Z.")
    return moment
