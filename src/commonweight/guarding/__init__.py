"""
Guardrails: personal data, secrets, words and topics that must not be said to a model, or by one. Off until decided.

`Guardrails` holds who decided what and gives a `Guard` for a request; a `Sieve` lets a text through as far as it is clean,
piece by piece. What is found is written nowhere: it is counted.
"""

from commonweight.guarding.checking import NewGuardrail
from commonweight.guarding.errors import (
    ContentRefused,
    GuardNotInstalled,
    GuardrailNotFound,
    GuardUnavailable,
    InvalidGuardrail,
    MayNotGuard,
)
from commonweight.guarding.finder import Finder
from commonweight.guarding.guard import Guard, tried
from commonweight.guarding.guardrails import Guardrails
from commonweight.guarding.sieve import Sieve
from commonweight.guarding.topics import Embed, TopicRule, end_of_passage, passages_of
from commonweight.guarding.values import PERSONAL, Action, Guardrail, Scope, Side, Thing, Told, Topic, Wanted

__all__ = [
    "PERSONAL",
    "Action",
    "ContentRefused",
    "Embed",
    "Finder",
    "Guard",
    "GuardNotInstalled",
    "GuardUnavailable",
    "Guardrail",
    "GuardrailNotFound",
    "Guardrails",
    "InvalidGuardrail",
    "MayNotGuard",
    "NewGuardrail",
    "Scope",
    "Side",
    "Sieve",
    "Thing",
    "Told",
    "Topic",
    "TopicRule",
    "Wanted",
    "end_of_passage",
    "passages_of",
    "tried",
]
