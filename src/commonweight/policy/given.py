"""Permissions and decisions as a question gives them, before they are records: for trying what they would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from commonweight.clock import Clock
from commonweight.policy.asking import HeldPermission, PersonsDecision
from commonweight.policy.facts import checked_record
from commonweight.policy.values import OWN


def given_permissions(given: Sequence[Mapping[str, Any]], clock: Clock) -> tuple[HeldPermission, ...]:
    """Raises InvalidUse."""
    return tuple(_permission(checked_record("permissions", one, clock), clock) for one in given)


def given_decisions(given: Sequence[Mapping[str, Any]], clock: Clock) -> tuple[PersonsDecision, ...]:
    """Raises InvalidUse."""
    return tuple(_decision(checked_record("decisions", one, clock), clock) for one in given)


def _permission(given: Mapping[str, Any], clock: Clock) -> HeldPermission:
    return HeldPermission(
        id=0,
        organisation=OWN,
        name=given["id"],
        licence=given["licence"],
        kind=given["kind"],
        lifts=tuple(given.get("lifts", ())),
        acts=tuple(given.get("acts", ())),
        since=_day(given.get("since")),
        until=_day(given.get("until")),
        author=given.get("author", ""),
        source=given.get("source", ""),
        outside_id=None,
        recorded_at=clock.now(),
        recorded_by=None,
    )


def _decision(given: Mapping[str, Any], clock: Clock) -> PersonsDecision:
    scope = given.get("scope") or {}
    return PersonsDecision(
        id=0,
        organisation=OWN,
        use_id=None,
        name=given["id"],
        kind=given["kind"],
        finding=given["finding"],
        choose=given["choose"],
        acts=tuple(scope.get("acts", ())),
        node=scope.get("node"),
        model=None,
        author=given["author"],
        reason=given["reason"],
        source="",
        since=_day(given.get("since")),
        expires=_day(given.get("expires")),
        recorded_at=clock.now(),
        recorded_by=None,
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
