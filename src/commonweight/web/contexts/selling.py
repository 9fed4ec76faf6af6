"""Plans, subscriptions and statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.facts import Choice
from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.plan_view import PlanView
from commonweight.web.contexts.repository import Head


@dataclass(frozen=True)
class PlansPage:
    template: ClassVar[str] = "plans.html"

    frame: Frame = says("What is around the page.")
    publisher: str = says("Whose plans these are; empty for everybody's.")
    plans: tuple[PlanView, ...] = says("What is offered.")
    payers: tuple[str, ...] = says("Accounts for which the reader may subscribe.")
    publishers: tuple[str, ...] = says("Accounts for which the reader may make and change plans.")


@dataclass(frozen=True)
class ModelPlansPage:
    template: ClassVar[str] = "model_plans.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, verdict, tabs.")
    plans: tuple[PlanView, ...] = says("By which plans it can be called.")
    payers: tuple[str, ...] = says("Accounts for which the reader may subscribe.")
    needs_none: bool = says("Whether the reader may call it without a plan, although there are some.")


@dataclass(frozen=True)
class SubscriptionRow:
    number: int = says("By which it is called.")
    href: str = says("Its page.")
    subscriber: str = says("Who has it.")
    plan: PlanView = says("The plan as it was promised.")
    state: Word = says("How it stands.")
    since: str = says("Day of its beginning, or of the request.")
    next_plan: str = says("Plan that follows when the month ends; empty where none.")
    ends: str = says("Day on which it ends; empty where none is known.")
    may_answer: bool = says("Whether the reader may approve or refuse it.")


@dataclass(frozen=True)
class SubscriptionsPage:
    template: ClassVar[str] = "subscriptions.html"

    frame: Frame = says("What is around the page.")
    mine: tuple[SubscriptionRow, ...] = says("Of the reader and their organisations.")
    of_others: tuple[SubscriptionRow, ...] = says("To plans of the reader; requests first.")
    error: str = says("Why the last deed failed; empty otherwise.")


@dataclass(frozen=True)
class EventRow:
    when: str = says("To the minute, in UTC.")
    what: str = says("What happened, in words; translated by the template.")
    by: str = says("Who did it; empty where time or a payment provider did.")
    detail: str = says("Amounts and reasons.")


@dataclass(frozen=True)
class SubscriptionPage:
    template: ClassVar[str] = "subscription.html"

    frame: Frame = says("What is around the page.")
    row: SubscriptionRow = says("The subscription.")
    events: tuple[EventRow, ...] = says("What happened to it, the newest first.")
    others: tuple[PlanView, ...] = says("Plans of the same publisher that it can be changed to.")
    may_change: bool = says("Whether the reader may change and cancel it.")
    is_open: bool = says("Whether there is anything left to cancel.")
    error: str = says("Why the last deed failed; empty otherwise.")


@dataclass(frozen=True)
class PlanField:
    name: str = says("By which it is sent.")
    question: str = says("What is asked; translated by the template.")
    hint: str = says("What may be typed; empty where it is plain.")
    kind: str = says("text, long, short, amount or number.")
    value: str = says("What was typed.")


@dataclass(frozen=True)
class PlanGroup:
    title: str = says("What its fields are about; translated by the template.")
    fields: tuple[PlanField, ...] = says("What is typed.")


@dataclass(frozen=True)
class GrantForm:
    """What the publisher permits as the licensor."""

    licences: tuple[Choice, ...] = says("Licences to pick one of.")
    licence: str = says("Key of the one picked; empty for none.")
    clauses: tuple[Choice, ...] = says("What of it can be lifted.")
    acts: tuple[Choice, ...] = says("What it can be permitted for.")
    terms: str = says("The permission in words, for the subscriber.")
    is_licensor: bool = says("Whether the publisher was found to be its licensor.")


@dataclass(frozen=True)
class NewPlanPage:
    template: ClassVar[str] = "new_plan.html"

    frame: Frame = says("What is around the page.")
    publishers: tuple[str, ...] = says("Accounts for which the reader may make plans.")
    publisher: str = says("The one chosen.")
    groups: tuple[PlanGroup, ...] = says("What is typed.")
    verdicts: tuple[Choice, ...] = says("By which verdicts its models can be narrowed.")
    grant: GrantForm = says("What comes with it as the licensor's permission.")
    join: str = says("automatic, self or approval.")
    use: str = says("commercial or other.")
    prepaid: bool = says("Whether it begins when it is paid.")
    move: bool = says("Whether running subscriptions follow.")
    error: str = says("Why the last try failed; empty at first.")
