"""Human decisions: permissions held, exceptions made, readings chosen. They override by id and stay visible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from commonweight.rights.attachment import Attachment
from commonweight.rights.errors import QuestionError
from commonweight.rights.finding import Finding, OwedDuty
from commonweight.rights.question import Decision, Permission, Question
from commonweight.rights.said import say
from commonweight.rights.vocabulary import Value

_LIFTS_GATES: Final = ("bought", "granted")
_REGISTRATION: Final = "registration"  # a gate of this id asks for a registration only: having registered opens it


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one human decision in this verdict: applied, lapsed, not_yet or unused."""

    id: str
    kind: str
    state: str
    findings: tuple[str, ...]
    author: str
    reason: str
    until: date | None


class HumanDecisions:
    """The permissions and decisions of one question, at the day of the question."""

    def __init__(self, question: Question) -> None:
        self._today = question.use.date
        self._permissions = question.organisation.permissions
        self._decisions = question.decisions
        self._touched: dict[str, set[str]] = {}
        #: Whether there is any.
        self.given = bool(self._permissions or self._decisions)

    def decide(self, finding: Finding) -> Finding:
        """The finding after every permission and decision that speaks of it. An exception has the last word."""
        for permission in self._permissions:
            if finding.effect is not Value.ALLOWED and self._is_current(permission) and _lifts(permission, finding):
                finding = self._lifted(finding, permission)
        for decision in self._decisions:
            if self._is_in_force(decision) and _speaks_of(decision, finding):
                finding = self._overridden(finding, decision)
        return finding

    def settle(self, duty: OwedDuty) -> OwedDuty:
        """A duty to register is met by a registration that is held."""
        for permission in self._permissions:
            named = duty.local in permission.lifts or (duty.do == "register" and not permission.lifts)
            if named and self._is_current(permission) and _is_of(permission, duty.found):
                self._touch(permission.id, duty.id)
                return duty._replace(settled_by=permission.id)
        return duty

    def applied(self) -> tuple[Applied, ...]:
        """Every human decision given, with what became of it, in the order of ids."""
        held = [
            Applied(item.id, item.kind, self._state(item.id, item.since, item.until), self._of(item.id), item.author,
                    item.source, item.until)
            for item in self._permissions
        ]  # fmt: skip
        made = [
            Applied(item.id, item.kind, self._state(item.id, item.since, item.expires), self._of(item.id), item.author,
                    item.reason, item.expires)
            for item in self._decisions
        ]  # fmt: skip
        return tuple(sorted([*held, *made], key=lambda item: (item.kind, item.id)))

    def _lifted(self, finding: Finding, permission: Permission) -> Finding:
        self._touch(permission.id, finding.id)
        held = {"reason": finding.reason, "id": permission.id, "kind": permission.kind}
        reason = say("{reason} Lifted by the permission '{id}' ({kind}).", **held)
        if permission.until:
            until = permission.until.isoformat()
            reason = say("{reason} Lifted by the permission '{id}' ({kind} until {until}).", **held, until=until)
        return finding._replace(
            effect=Value.ALLOWED, reason=reason, decided_by=permission.id, missing=(), softened="", readings=(),
            facts=(*finding.facts, f"organisation.permissions[{permission.id}]"),
        )  # fmt: skip

    def _overridden(self, finding: Finding, decision: Decision) -> Finding:
        self._touch(decision.id, finding.id)
        effect = _reading_of(finding, decision) if decision.kind == "reading" else Value(decision.choose)
        reason = say(
            "{reason} Decided by {author} ('{id}'): {why}",
            reason=finding.reason, author=decision.author, id=decision.id, why=decision.reason,
        )  # fmt: skip
        return finding._replace(
            effect=effect, reason=reason, decided_by=decision.id, missing=(), softened="",
            facts=(*finding.facts, f"decisions[{decision.id}]"),
        )  # fmt: skip

    def _is_current(self, permission: Permission) -> bool:
        return _within(permission.since, permission.until, self._today)

    def _is_in_force(self, decision: Decision) -> bool:
        return _within(decision.since, decision.expires, self._today)

    def _touch(self, item: str, finding: str) -> None:
        self._touched.setdefault(item, set()).add(finding)

    def _of(self, item: str) -> tuple[str, ...]:
        return tuple(sorted(self._touched.get(item, ())))

    def _state(self, item: str, since: date | None, until: date | None) -> str:
        if item in self._touched:
            return "applied"
        if until is not None and until < self._today:
            return "lapsed"
        return "not_yet" if since is not None and since > self._today else "unused"


def _within(since: date | None, until: date | None, today: date) -> bool:
    return (since is None or since <= today) and (until is None or today <= until)


def _lifts(permission: Permission, finding: Finding) -> bool:
    if (permission.acts and finding.act not in permission.acts) or not _is_of(permission, finding.found):
        return False
    if permission.lifts:
        return "*" in permission.lifts or finding.local in permission.lifts
    if finding.kind != "gate":
        return False
    return permission.kind in _LIFTS_GATES or finding.local == _REGISTRATION


def _is_of(permission: Permission, found: Attachment) -> bool:
    """A permission names a text version by our key, or a text by any name or id of its record."""
    return permission.licence == found.key or (found.terms is not None and permission.licence in found.terms.names)


def _speaks_of(decision: Decision, finding: Finding) -> bool:
    if decision.finding != finding.id or (decision.acts and finding.act not in decision.acts):
        return False
    return decision.node is None or decision.node == finding.found.node.id


def _reading_of(finding: Finding, decision: Decision) -> Value:
    for reading in finding.readings:
        if reading.id == decision.choose:
            return reading.value
    known = ", ".join(reading.id for reading in finding.readings) or "none: this finding has no readings"
    raise QuestionError(f"decisions[{decision.id}].choose", repr(decision.choose), f"one of {known}")
