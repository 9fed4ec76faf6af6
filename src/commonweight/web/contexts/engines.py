"""The engines, for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word


@dataclass(frozen=True)
class HostView:
    name: str = says("The host.")
    held: str = says("Bytes that its engines hold.")
    budget: str = says("Bytes that they may hold.")
    percent: float = says("The part of the budget that is held, of 100.")
    cores: int = says("Its cores.")


@dataclass(frozen=True)
class EngineView:
    state: Word = says("Whether it is wanted, loading, ready, on its way out, or failed.")
    host: str = says("Where it runs; empty while no worker has taken it up.")
    program: str = says("Name and version of the engine; empty before it runs.")
    memory: str = says("Bytes that it holds; empty before it runs.")
    under_way: int = says("Requests that it works on.")
    slots: int = says("Requests that it can work on side by side; 0 before it is ready.")
    tokens: str = says("Tokens per second of late; empty for none.")
    note: str = says("How far the load is, or why it failed.")


@dataclass(frozen=True)
class ModelEnginesView:
    name: str = says("The model with its commit.")
    short: str = says("The model as people read it.")
    href: str = says("Its page.")
    queued: int = says("Requests that wait for a slot.")
    is_pinned: bool = says("Whether it stays loaded.")
    least: int = says("Replicas that are always there.")
    most: int = says("Replicas under load.")
    windows: tuple[str, ...] = says("When it is kept warm.")
    is_up: bool = says("Whether something of it runs or loads.")
    engines: tuple[EngineView, ...] = says("Its replicas.")


@dataclass(frozen=True)
class EnginesPage:
    template: ClassVar[str] = "engines.html"

    frame: Frame = says("What is around the page.")
    hosts: tuple[HostView, ...] = says("The hosts with a worker.")
    models: tuple[ModelEnginesView, ...] = says("Models that run, or that something is ordered of.")
    error: str = says("Why the last deed was refused; empty otherwise.")
