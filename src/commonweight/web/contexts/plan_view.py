"""A plan as pages show it."""

from __future__ import annotations

from dataclasses import dataclass

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Word


@dataclass(frozen=True)
class PlanView:
    number: int = says("By which it is subscribed to.")
    full_name: str = says("publisher/name, as keys and commands call it.")
    publisher: str = says("Who offers it.")
    title: str = says("Its name for people.")
    description: str = says("What its publisher says of it.")
    version: int = says("Which version this is.")
    join: Word = says("How one comes to it.")
    fee: str = says("What a month costs; empty where it is free.")
    facts: tuple[tuple[str, str], ...] = says("Name and value of what it includes, costs and allows.")
    models: tuple[str, ...] = says("Names, patterns and tags of its models.")
    verdicts: tuple[Word, ...] = says("Verdicts for the subscriber's use that it keeps to; empty: any.")
    grant: str = says("What its publisher permits as the licensor; empty where nothing.")
    offered: bool = says("Whether it can be had.")
    mine: str = says("Address of the reader's own subscription to it; empty without one.")
    may_subscribe: bool = says("Whether the reader can subscribe here.")
