"""Webhooks of an account, and what was delivered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word


@dataclass(frozen=True)
class WebhookForm:
    url: str = says("Where it is told.")
    watched: str = says("What is watched: a type and a name on each line.")
    repo: bool = says("Whether changes of repositories are told.")
    discussion: bool = says("Whether discussions and comments are told.")


@dataclass(frozen=True)
class WebhookRow:
    key: str = says("What addresses call it by.")
    url: str = says("Where it is told.")
    watched: tuple[str, ...] = says("Names of what is watched.")
    state: Word = says("Enabled or disabled.")
    why_disabled: str = says("Why it was disabled by itself; else empty.")


@dataclass(frozen=True)
class WebhooksPage:
    template: ClassVar[str] = "webhooks.html"

    frame: Frame = says("What is around the page.")
    rows: tuple[WebhookRow, ...] = says("Those of the reader.")
    form: WebhookForm = says("What was typed.")
    error: str = says("Why it was refused; empty where it was not.")


@dataclass(frozen=True)
class SentRow:
    number: int = says("Its number.")
    event: str = says("Scope and action.")
    about: str = says("The repository.")
    state: Word = says("Waiting, delivered or failed.")
    tries: int = says("How often it was tried.")
    status: str = says("Status of the last answer; empty where none came.")
    answer: str = says("Its beginning, or why there was none.")
    body: str = says("What is sent.")
    when: str = says("When it happened.")
    tried: str = says("When it was tried last; empty where it was not.")


@dataclass(frozen=True)
class WebhookPage:
    template: ClassVar[str] = "webhook.html"

    frame: Frame = says("What is around the page.")
    row: WebhookRow = says("The webhook.")
    has_secret: bool = says("Whether deliveries carry a secret and a signature.")
    deliveries: tuple[SentRow, ...] = says("The newest first.")
    older: str = says("Address of the next page; empty on the last.")
    form: WebhookForm = says("As it is, or what was typed.")
    error: str = says("Why something was refused; empty where it was not.")
