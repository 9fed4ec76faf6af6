"""What is kept of what is said, and what must not be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame


@dataclass(frozen=True)
class KeptRow:
    number: int = says("By which the decision is ended.")
    account: str = says("Whose prompts and answers they are.")
    scope: str = says("What is kept, in words.")
    facts: tuple[tuple[str, str], ...] = says("Name and value: for how long, by whom, how much is kept now.")
    reason: str = says("Why it was decided.")
    ends: bool = says("Whether it is in force, and can be ended.")


@dataclass(frozen=True)
class GuardrailRow:
    number: int = says("By which it is ended.")
    name: str = says("Name given by who decided it.")
    scope: str = says("For whom, in words.")
    subject: str = says("Which account, key or model; empty for everybody.")
    side: str = says("Where it looks, in words.")
    action: str = says("What happens, in words.")
    tone: str = says("Tone of what happens.")
    facts: tuple[tuple[str, str], ...] = says("Name and value: where, by whom, since when.")
    things: tuple[str, ...] = says("What it looks for, in words.")
    said: tuple[str, ...] = says("Words, topics and countries, as they were given.")
    reason: str = says("Why it was decided.")
    holds: bool = says("Whether it is in force, and can be ended.")


@dataclass(frozen=True)
class KeepForm:
    """What was typed, so that a refusal loses nothing."""

    account: str = says("Whose.", "")
    scope: str = says("responses, completions or all.", "all")
    days: str = says("For how many days.", "")
    reason: str = says("Why.", "")
    opened: bool = says("Whether the form is shown at once.", False)


@dataclass(frozen=True)
class GuardForm:
    """What was typed, so that a refusal loses nothing."""

    name: str = says("Name.", "")
    things: tuple[str, ...] = says("What to look for.", ())
    countries: str = says("Codes, separated by spaces.", "")
    words: str = says("A phrase on each line.", "")
    topics: str = says("A name, a colon and a sentence on each line.", "")
    judge: str = says("Embedding model.", "")
    likeness: str = says("From which cosine on.", "0.4")
    side: str = says("request, answer or both.", "both")
    action: str = says("note, mask or refuse.", "mask")
    scope: str = says("For whom.", "account")
    subject: str = says("Which account, key or model.", "")
    reason: str = says("Why.", "")
    opened: bool = says("Whether the form is shown at once.", False)


@dataclass(frozen=True)
class PrivacyPage:
    template: ClassVar[str] = "privacy.html"

    frame: Frame = says("What is around the page.")
    kept: tuple[KeptRow, ...] = says("Retention decisions, the newest first.")
    guardrails: tuple[GuardrailRow, ...] = says("Guardrails, those in force first.")
    accounts: tuple[str, ...] = says("Accounts that may be decided about; empty for who may decide nothing.")
    scopes: tuple[tuple[str, str], ...] = says("What may be kept: word and name.")
    things: tuple[tuple[str, str, str], ...] = says("What may be looked for: word, name and what is meant.")
    sides: tuple[tuple[str, str], ...] = says("Where: word and name.")
    actions: tuple[tuple[str, str], ...] = says("What happens: word and name.")
    whom: tuple[tuple[str, str], ...] = says("For whom: word and name.")
    keep: KeepForm = says("What was typed of a retention decision.")
    guard: GuardForm = says("What was typed of a guardrail.")
    error: str = says("Why the last deed failed; empty otherwise.")
