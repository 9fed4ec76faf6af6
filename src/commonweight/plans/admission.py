"""Lets a request in or not: what its key says, what its plan grants, what of both is left. Reserves, then settles."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from commonweight.identity import Caller
from commonweight.plans.demand import BATCH, Demand, Ticket
from commonweight.plans.key_terms import TOKENS, Budget, KeyTerms, TermsOfKeys
from commonweight.plans.quotas import Draw, Exhausted, Meter, Quotas
from commonweight.plans.rate_headers import rate_headers, seconds_until
from commonweight.plans.refusals import KeyNotAllowed, Limited, QuotaExceeded, RateLimited, TokensLimited
from commonweight.plans.values import Entitlement, Entitlements, Limits, Tokens
from commonweight.plans.ways import Granted, Offer, Way
from commonweight.plans.windows import Period

REQUESTS: Final = "r"
TOKENS_PER_MINUTE: Final = "t"
CONCURRENT: Final = "c"
INCLUDED: Final = "i"
BUDGET: Final = "b"

NO_LIMITS: Final = Limits()
WAYS_KEPT: Final = 4_096  # keys times models in use at once by one process; about a kilobyte each

Write = Callable[[list[Any]], None]


class Admitted:
    """A request that was let in. Whoever gets one settles or releases it, whatever happens; the first of them counts."""

    __slots__ = ("_began", "_book", "_caller", "_demand", "_draws", "_entitled", "_offer", "_terms", "headers", "ticket")

    def __init__(self, book: Book, granted: Granted, demand: Demand, draws: Mapping[str, Draw], now: float) -> None:
        """`now` in Unix seconds."""
        self._book: Book | None = book
        self._caller = granted.caller
        self._offer = granted.offer
        self._demand = demand
        self._terms = granted.terms
        self._entitled = granted.entitled
        self._draws = draws
        self.headers = _rate_headers(granted.meters, now)
        self.ticket = granted.ticket

    @property
    def is_settled(self) -> bool:
        """Whether it was settled or released."""
        return self._book is None

    @property
    def prompt_bytes(self) -> int:
        """What the prompt was bounded by."""
        return self._demand.prompt_tokens_at_most

    def answered_by(self, offer: Offer) -> None:
        """Another model than the one asked for stands in: it is named in the ledger, under the terms that were asked for."""
        self._offer = offer

    def settle(self, tokens: Tokens, engine_seconds: float = 0.0) -> None:
        """
        The request came to this, also where it was broken off. Written down when this returns. Raises NotRecorded.
        """
        book, self._book = self._book, None
        if book is None:
            return
        entitled, draws, total = self._entitled, self._draws, tokens.total
        included = draws.get(INCLUDED)
        covered = min(included.amount, total) if included else 0
        cost = entitled.price.cost(tokens.beyond(covered)) if entitled.price and included else 0
        used = {REQUESTS: 1, TOKENS_PER_MINUTE: total, INCLUDED: covered}
        if included and entitled.price is None:
            used[INCLUDED] = total
        if self._terms.budget:
            used[BUDGET] = total if self._terms.budget.unit == TOKENS else cost
        spent = book.give_back(draws, used)
        account, token = self._caller.account, self._caller.token
        repository, _, commit = self._offer.name.partition("@")
        book.write(
            [
                int(book.now()),
                entitled.payer_id,
                account.id if account else 0,
                token.id if token else 0,
                repository,
                commit,
                entitled.plan_id or 0,
                entitled.plan_version or 0,
                entitled.subscription_id or 0,
                self._terms.use_id or 0,
                self._demand.kind,
                entitled.price.currency if entitled.price else "",
                entitled.publisher_id or 0,
                tokens.prompt,
                tokens.cached,
                tokens.completion,
                used[INCLUDED],
                cost,
                round(engine_seconds * 1e6),
                spent,
            ]
        )

    def release(self) -> None:
        """Nothing came of it: everything goes back but that it was asked. Does nothing after `settle`."""
        book, self._book = self._book, None
        if book is not None:
            book.give_back(self._draws, {REQUESTS: 1})


class Book:
    """What a request that was let in needs to settle: the quotas of the process, and its journal."""

    def __init__(self, quotas: Quotas, write: Write) -> None:
        self._quotas = quotas
        self.write = write
        self.now = quotas.now

    def give_back(self, draws: Mapping[str, Draw], used: Mapping[str, int]) -> list[tuple[str, str, int]]:
        """What was reserved and not used; the answer is what counts as spent after a death of this process."""
        spent = []
        for kind, draw in draws.items():
            amount, meter = used.get(kind, 0), draw.meter
            if amount != draw.amount:
                self._quotas.give(meter, draw.amount - amount)
            if amount and meter.period in (Period.MONTH, Period.TOTAL):
                spent.append((meter.name, meter.window, amount))
        return spent


class Admission:
    """One per process: see `Accounting`, which makes it."""

    def __init__(self, keys: TermsOfKeys, entitlements: Entitlements, quotas: Quotas, write: Write) -> None:
        self._keys = keys
        self._entitlements = entitlements
        self._quotas = quotas
        self._book = Book(quotas, write)
        self._ways: dict[tuple[int, str, str], Way] = {}

    async def admit(self, caller: Caller, offer: Offer, demand: Demand) -> Admitted:
        """
        Reserve what the request may come to at most. Raises KeyNotAllowed, PlanNeeded (403), RateLimited, QuotaExceeded
        (429), Unavailable where the database is away.
        """
        terms = await self._keys.of(caller)
        way = self._way(caller, terms, offer, demand)
        entitled = await self._entitlements.of(caller, way.facts, way.wanted)
        now = self._quotas.now()
        granted = way.granted
        if granted is None or granted.entitled is not entitled or granted.windows is not self._quotas.windows:
            granted = way.granted = self._granted(way, entitled, demand.lane)
        draws = _draws(granted, demand)
        try:
            await self._quotas.take(draws.values())
        except Exhausted as exhausted:
            raise self._refusal(exhausted.draw, draws) from None
        return Admitted(self._book, granted, demand, draws, now)

    def _way(self, caller: Caller, terms: KeyTerms, offer: Offer, demand: Demand) -> Way:
        """Raises KeyNotAllowed."""
        key = (caller.token.id if caller.token else 0, demand.name, demand.lane)
        way = self._ways.get(key)
        if way is None or not way.of(caller, terms, offer):
            way = Way(caller, terms, offer, demand.name)
            if len(self._ways) >= WAYS_KEPT:
                self._ways.clear()
            self._ways[key] = way
        return way

    def _granted(self, way: Way, entitled: Entitlement, lane: str) -> Granted:
        meters = self._meters(way, entitled, lane)
        ticket = Ticket(entitled.payer_id, entitled.limits.weight, lane)
        return Granted(way.caller, way.terms, way.offer, entitled, self._quotas.windows, meters, ticket)

    def _meters(self, way: Way, entitled: Entitlement, lane: str) -> dict[str, Meter]:
        """A payer's plan is counted for all its keys and all processes together."""
        meters: dict[str, Meter] = {}
        budget, token = way.terms.budget, way.caller.token
        # A batch waits for room by itself: it must not use up the minute of those who sit and wait.
        limits = NO_LIMITS if lane == BATCH else entitled.limits
        whose = f"{entitled.payer_id}:{entitled.plan_id or 0}"
        for kind, period, limit in (
            (REQUESTS, Period.MINUTE, limits.requests_per_minute),
            (TOKENS_PER_MINUTE, Period.MINUTE, limits.tokens_per_minute),
            (CONCURRENT, Period.NOW, limits.concurrent_requests),
            (INCLUDED, Period.MONTH, entitled.included_tokens),
        ):
            if limit is not None:
                meters[kind] = self._quotas.meter(f"{kind}:{whose}", period, limit)
        if budget is not None and token is not None:
            meters[BUDGET] = self._quotas.meter(f"{BUDGET}:{token.id}", budget.period, budget.amount)
        return meters

    def _refusal(self, draw: Draw, draws: Mapping[str, Draw]) -> Limited:
        meter = draw.meter
        kind = next(kind for kind, one in draws.items() if one is draw)
        if kind in (INCLUDED, BUDGET):
            return _used_up(kind, draw)
        now = self._quotas.now()
        meters = {kind: one.meter for kind, one in draws.items()}
        shown = {name.decode(): value.decode() for name, value in _rate_headers(meters, now)}
        if kind == CONCURRENT:
            detail = f"Too many requests at once: {meter.limit} may be under way, of all keys of this payer together."
            return RateLimited(detail, hint="Wait for one to end.", headers={**shown, "retry-after": "1"})
        wait = str(math.ceil(seconds_until(meter, now)))
        if kind == REQUESTS:
            detail = f"Rate limit reached: {meter.limit} requests per minute."
            return RateLimited(detail, hint=f"Please try again in {wait}s.", headers={**shown, "retry-after": wait})
        detail = f"Rate limit reached: {meter.limit} tokens per minute; this request may need {draw.amount}."
        return TokensLimited(detail, hint=f"Please try again in {wait}s.", headers={**shown, "retry-after": wait})


def _draws(granted: Granted, demand: Demand) -> dict[str, Draw]:
    """By kind, what has to be reserved. Raises KeyNotAllowed."""
    draws: dict[str, Draw] = {}
    tokens = demand.tokens
    for kind, meter in granted.meters.items():
        amount, partly = tokens, False
        if kind in (REQUESTS, CONCURRENT):
            amount = 1
        elif kind == TOKENS_PER_MINUTE:
            # What could never fit takes a whole minute, rather than being refused for ever.
            amount = min(tokens, meter.limit)
        elif kind == INCLUDED:
            partly = granted.entitled.price is not None
        else:
            amount = _of_budget(granted.terms.budget, granted.entitled, demand)
        draws[kind] = Draw(meter, amount, partly)
    return draws


def _rate_headers(meters: Mapping[str, Meter], now: float) -> list[tuple[bytes, bytes]]:
    return rate_headers(meters.get(REQUESTS), meters.get(TOKENS_PER_MINUTE), now)


def _of_budget(budget: Budget | None, entitled: Entitlement, demand: Demand) -> int:
    """What a request may take of a key's budget at most. Raises KeyNotAllowed where it is money of another kind."""
    if budget is None or budget.unit == TOKENS:
        return demand.tokens
    if entitled.price is None or entitled.included_tokens is None:
        return 0
    if entitled.price.currency != budget.unit:
        raise KeyNotAllowed(
            f"This key's budget is in {budget.unit}, and this model costs {entitled.price.currency}.",
            hint=f"Use a key with a budget in {entitled.price.currency} or in tokens.",
        )
    return entitled.price.cost(Tokens(demand.prompt_tokens_at_most, 0, demand.completion_tokens_at_most))


def _used_up(kind: str, draw: Draw) -> QuotaExceeded:
    left, meter = draw.meter.remaining, draw.meter
    what = "the tokens that the plan includes each month" if kind == INCLUDED else "the budget of this key"
    until = " Next month there is a new one." if meter.period is Period.MONTH else ""
    detail = f"You exceeded {what}: of {meter.limit}, {left} are left, and this request may need {draw.amount}.{until}"
    hint = "Lower max_tokens, or ask for more." if left else "Ask whoever granted it for more."
    return QuotaExceeded(detail, hint=hint)
