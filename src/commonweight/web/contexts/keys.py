"""Keys and usage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame


@dataclass(frozen=True)
class BudgetBar:
    share: float = says("How much of it is gone, of 100.")
    spent: str = says("What is gone, in its unit.")
    whole: str = says("All of it, with its unit.")
    is_monthly: bool = says("Whether it is of each month; else of the key's life.")
    tone: str = says("good, ask (nearly gone) or stop (gone).")


@dataclass(frozen=True)
class KeyRow:
    number: int = says("By which it is changed, renewed and revoked.")
    name: str = says("Name given by its owner.")
    owner: str = says("Who calls by it.")
    is_mine: bool = says("Whether the reader owns it, and so may change and renew it.")
    facts: tuple[tuple[str, str], ...] = says("Name and value of what it is for and how far it reaches.")
    models: tuple[str, ...] = says("Models that it may call; empty for all.")
    is_expired: bool = says("Whether its end has passed.")
    is_signed: bool = says("Whether every answer is signed.")
    last_used: str = says("When, in UTC; empty where it never was.")
    requests: str = says("Requests of the month that has begun.")
    tokens: str = says("Tokens of the month that has begun.")
    budget: BudgetBar | None = says("How its budget stands; None where it has none.")


@dataclass(frozen=True)
class KeyForm:
    """What was typed, so that a refusal loses nothing."""

    name: str = says("Name.", "")
    payer: str = says("Who is billed.", "")
    plan: str = says("Number of the plan; empty for whichever fits.", "")
    use: str = says("Number of the use; empty for the default one.", "")
    models: str = says("Models, separated by spaces.", "")
    expires: str = says("Last day; empty for none.", "")
    budget: str = says("Amount of the budget; empty for none.", "")
    unit: str = says("tokens, or a currency.", "tokens")
    period: str = says("month or total.", "month")
    networks: str = says("Networks, separated by spaces.", "")
    commercial: bool = says("Whether its use is commercial.", True)
    signed: bool = says("Whether every answer is signed.", False)


@dataclass(frozen=True)
class KeysPage:
    template: ClassVar[str] = "keys.html"

    frame: Frame = says("What is around the page.")
    keys: tuple[KeyRow, ...] = says("Keys that work, the newest first.")
    payers: tuple[str, ...] = says("Accounts that a new key can be billed to.")
    plans: tuple[tuple[str, str], ...] = says("Number and name of plans that a new key can call by.")
    uses: tuple[tuple[str, str], ...] = says("Number and name of the uses that are recorded.")
    form: KeyForm = says("What was typed.")
    changing: str = says("Number of the key that the form changes; empty where it makes one.")
    new_key: str = says("A key just made, shown this once; empty otherwise.")
    renewed: str = says("What becomes of the text before, translated by the template; empty where the key is new.")
    example: str = says("How to call with it; empty without a new key.")
    error: str = says("Why the last deed failed; empty otherwise.")


@dataclass(frozen=True)
class UsageBar:
    x: float = says("Where it begins, of 100.")
    width: float = says("How wide it is, of 100.")
    prompt: float = says("Height of the tokens of prompts, of 100.")
    whole: float = says("Height of all tokens, of 100.")
    title: str = says("Day and figures.")


@dataclass(frozen=True)
class UsageGroup:
    name: str = says("Model, account or key.")
    requests: str = says("How many.")
    prompt: str = says("Tokens of prompts.")
    completion: str = says("Tokens of answers.")
    amount: str = says("What it cost; empty where nothing.")
    share: float = says("Of all tokens, of 100.")
    bars: tuple[UsageBar, ...] = says("Its tokens by day, by their own scale; empty where it is one of many.", ())


@dataclass(frozen=True)
class UsagePage:
    template: ClassVar[str] = "usage.html"

    frame: Frame = says("What is around the page.")
    by: str = says("What it is added up by: model, payer, account or key.")
    days: int = says("How many days are looked at.")
    bars: tuple[UsageBar, ...] = says("One for each day, the oldest first.")
    first: str = says("First day.")
    last: str = says("Last day.")
    most: str = says("Tokens of the busiest day.")
    groups: tuple[UsageGroup, ...] = says("The sums, most tokens first.")
    requests: str = says("All requests.")
    tokens: str = says("All tokens.")
    amounts: tuple[str, ...] = says("All costs, by currency.")
