"""
What is sold and given: plans, what they cost, who is subscribed, and what follows for one caller and one model.

Money is counted in micro-units of a currency (ISO 4217), as integers: 1,500,000 micro-units of EUR are EUR 1.50. A price
is micro-units per million tokens. Nothing here is a float.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from commonweight.identity import Caller
from commonweight.plans.errors import InvalidPlan

MICRO: Final = 1_000_000  # micro-units of a unit of a currency; and the tokens that a price is for


@dataclass(frozen=True)
class Tokens:
    """Of one request, as its engine counted them. `cached` are those of `prompt` that a cache answered for."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0

    def __post_init__(self) -> None:
        if min(self.prompt, self.cached, self.completion) < 0 or self.cached > self.prompt:
            raise InvalidPlan(f"{self} are no tokens of a request; expected cached <= prompt and nothing below 0.")

    @property
    def total(self) -> int:
        return self.prompt + self.completion

    def beyond(self, covered: int) -> Tokens:
        """What is left when the first `covered` tokens are taken away, in the order of a request: prompt, then answer."""
        fresh = self.prompt - self.cached
        rest_fresh = max(0, fresh - covered)
        rest_cached = max(0, self.cached - max(0, covered - fresh))
        rest_completion = max(0, self.completion - max(0, covered - self.prompt))
        return Tokens(rest_fresh + rest_cached, rest_cached, rest_completion)


@dataclass(frozen=True)
class Price:
    """
    Micro-units of `currency` per million tokens: of the prompt, of the answer, and of that part of the prompt which a cache
    answered for.
    """

    currency: str
    input: int
    output: int
    cached_input: int

    def cost(self, tokens: Tokens) -> int:
        """
        Micro-units for these tokens. Rounded once for the whole request, half to even, so that many small requests are
        neither dearer nor cheaper than one large one on the whole.
        """
        fresh = tokens.prompt - tokens.cached
        exact = fresh * self.input + tokens.cached * self.cached_input + tokens.completion * self.output
        return half_even(exact, MICRO)


@dataclass(frozen=True)
class Limits:
    """What one subscriber may do at once and per minute, over all processes; None: no limit. `weight` orders the queue."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrent_requests: int | None = None
    weight: int = 1


class Join(enum.StrEnum):
    """How one comes to a plan."""

    AUTOMATIC = "automatic"  # everybody has it, and nobody subscribes
    SELF = "self"  # whoever wants to subscribes
    APPROVAL = "approval"  # whoever wants to asks, and the publisher approves


class State(enum.StrEnum):
    """Of a subscription."""

    REQUESTED = "requested"
    UNPAID = "unpaid"  # approved where that was needed; begins when the first month is paid
    ACTIVE = "active"
    LAPSED = "lapsed"  # its end came, or what was owed was not paid
    CANCELLED = "cancelled"
    REFUSED = "refused"


@dataclass(frozen=True)
class Covered:
    """
    Which models a plan is about: names or patterns in `namespace/name` (`*` and `?` stand for any characters), tags of the
    card, values of the verdict for the subscriber's use (`allowed`). Whatever is given must fit; nothing given fits nothing.
    """

    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """
    What the licensor permits to each subscriber: `licence` is the record's key or any name of the text, `lifts` ids of
    clauses inside it (`mau700`) or `*`, `acts` what it is for; empty: any. `terms` says it in words for the subscriber.
    """

    licence: str
    lifts: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    terms: str = ""


@dataclass(frozen=True)
class Terms:
    """
    What one version of a plan promises. Of a calendar month (UTC), `included_tokens` cost nothing beyond `monthly_fee`
    (micro-units of `currency`); None: any number. What goes beyond costs `price`; without a price there is nothing beyond.
    """

    covered: Covered
    join: Join = Join.SELF
    commercial: bool = True  # False: for uses that are not commercial only
    limits: Limits = Limits()
    included_tokens: int | None = None
    price: Price | None = None
    currency: str = "EUR"
    monthly_fee: int = 0
    prepaid: bool = False  # begins when the first month is paid
    grant: Grant | None = None

    @property
    def is_free(self) -> bool:
        return self.monthly_fee == 0 and (self.price is None or self.price.input == self.price.output == 0)


@dataclass(frozen=True)
class Plan:
    """One version of a plan, of the account or organisation `publisher` that offers it. `offered`: can be subscribed to."""

    id: int
    version: int
    publisher_id: int
    publisher: str
    name: str  # unique with its publisher, for addresses and commands
    title: str
    description: str
    terms: Terms
    offered: bool
    since: datetime  # of this version
    anywhere: bool = False  # offered by an administrator of the installation: models of any namespace

    @property
    def full_name(self) -> str:
        return f"{self.publisher}/{self.name}"


@dataclass(frozen=True)
class Subscription:
    """
    Of an account or organisation, to one version of a plan. A period is a calendar month (UTC): when one begins,
    `next_version` of `next_plan_id` takes over, where a change waits, or the subscription ends, where `ends_at` says so.
    """

    id: int
    plan_id: int
    version: int
    subscriber_id: int
    state: State
    commercial: bool
    requested_at: datetime
    began_at: datetime | None = None
    charged_until: datetime | None = None  # end of the newest month whose fee was charged
    ends_at: datetime | None = None
    next_plan_id: int | None = None
    next_version: int | None = None


@dataclass(frozen=True)
class Entitlement:
    """
    What one caller may do with one model, by which subscription, and who pays. `payer_id` is whose limits and included
    tokens are used up: the subscriber, else the caller's own account. No plan: the default of the installation, no price.
    """

    payer_id: int
    limits: Limits
    commercial: bool = True
    plan_id: int | None = None
    plan_version: int | None = None
    subscription_id: int | None = None  # None with a plan: an automatic one
    publisher_id: int | None = None  # of the plan, else whose model it is
    included_tokens: int | None = None  # of a calendar month (UTC); None: any number
    price: Price | None = None  # of what goes beyond; None: nothing does

    def cost(self, tokens: Tokens, used_before: int) -> int:
        """Micro-units for a request, where the payer had used so many tokens of the month under this entitlement."""
        if self.price is None or self.included_tokens is None:
            return 0
        return self.price.cost(tokens.beyond(max(0, self.included_tokens - used_before)))


class ModelFacts(NamedTuple):
    """Of a model that somebody wants to call: what plans look at. `verdict` is the value for the use it is called under."""

    repository: str  # namespace/name
    tags: tuple[str, ...] = ()
    verdict: str = ""

    @property
    def namespace(self) -> str:
        return self.repository.partition("/")[0]


class Wanted(NamedTuple):
    """
    What a key says: whether its use is commercial, and by which plan or at whose cost it calls; None: whichever fits.
    """

    commercial: bool = True
    plan_id: int | None = None
    payer_id: int | None = None


@dataclass(frozen=True)
class Event:
    """One line of a subscription's history."""

    at: datetime
    what: str
    by: str
    detail: Mapping[str, object] = field(default_factory=dict)


class Entitlements(Protocol):
    """Asked by admission for every request; answers from memory, at most seconds old."""

    async def of(self, caller: Caller, model: ModelFacts, wanted: Wanted) -> Entitlement:
        """Raises PlanNeeded (403) where the model is under plans and the caller has none of them that fits."""
        ...


def half_even(numerator: int, denominator: int) -> int:
    """`numerator / denominator` as the nearest integer, halves to the even one; `denominator` above 0, no floats."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))
