"""What a key may do with a model, worked out once and not for each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from commonweight.identity import Caller
from commonweight.plans.demand import Ticket
from commonweight.plans.key_terms import KeyTerms
from commonweight.plans.quotas import Meter
from commonweight.plans.values import Entitlement, ModelFacts, Wanted
from commonweight.plans.windows import Windows


class Offer(Protocol):
    """What the house says about a model: `serving.Offer` is one."""

    @property
    def name(self) -> str:
        """`namespace/name@commit`: what answers, also where it is an adapter of what runs."""
        ...

    @property
    def tags(self) -> tuple[str, ...]: ...

    @property
    def verdict(self) -> str: ...


class Way:
    """
    What follows from a key and a model: worked out once, for as long as the terms, the caller, the offer are the very ones
    that it was worked out of. What was read again is another object.
    """

    __slots__ = ("caller", "facts", "granted", "offer", "terms", "wanted")

    def __init__(self, caller: Caller, terms: KeyTerms, offer: Offer, asked: str) -> None:
        """`asked` is the model as the caller wrote it. Raises KeyNotAllowed."""
        repository = offer.name.partition("@")[0]
        terms.check_model(asked, repository)
        terms.check_payer(caller)
        self.caller = caller
        self.terms = terms
        self.offer = offer
        self.facts = ModelFacts(repository, offer.tags, offer.verdict)
        self.wanted = Wanted(terms.commercial, terms.plan_id, terms.payer_id)
        self.granted: Granted | None = None  # the last time

    def of(self, caller: Caller, terms: KeyTerms, offer: Offer) -> bool:
        """Whether it was worked out of these."""
        return self.terms is terms and self.offer is offer and self.caller is caller


class Granted(NamedTuple):
    """What an entitlement comes to on a way, in windows of limits. `meters`: by kind, of what has to be reserved."""

    caller: Caller
    terms: KeyTerms
    offer: Offer
    entitled: Entitlement
    windows: Windows
    meters: Mapping[str, Meter]
    ticket: Ticket
