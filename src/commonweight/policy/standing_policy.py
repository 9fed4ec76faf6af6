"""The standing policy and its approvals in the database, read through a few seconds of memory."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import insert, select, update

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.tables import policy as tables
from commonweight.errors import NotAllowed
from commonweight.identity import Caller, account_names, record
from commonweight.policy.errors import RecordNotFound
from commonweight.policy.rules import DEFAULT_RULES, Rules
from commonweight.policy.values import StoredVerdict

SECONDS: Final = 2.0  # a changed policy, or a new approval, reaches another process after this

_policies, _approvals, _documents = tables.standing_policies, tables.approvals, tables.document_changes


#: Why an approval no longer rests on what it did, or lets nothing through any more.
STALE_APPROVALS: Final[Mapping[str, str]] = {
    "document": "'{title}', which {licence} incorporates, has changed.",
    "value": "The verdict was {before} and is {after}.",
    "terms": "The terms are not what they were: {licences}.",
    "lapsed": "It was given until {until}.",
    "repository": "The repository is gone.",
    "revision": "The revision is gone.",
}


@dataclass(frozen=True)
class StaleApproval:
    """`kind` is a word of STALE_APPROVALS, `words` what goes into its sentence."""

    kind: str
    words: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return STALE_APPROVALS[self.kind].format(**self.words)


@dataclass(frozen=True)
class Approval:
    """
    Somebody let something through: a model at a commit, a model, or a namespace. `rests_on` is what its verdict was then:
    value, id, and digests of its terms. `by` and `ended_by` name who gave and ended it, where a list was asked for.
    """

    id: int
    use_id: int
    namespace_id: int
    repository_id: int | None
    commit: str
    about: str
    reason: str
    until: date | None
    rests_on: Mapping[str, Any]
    given_at: datetime
    given_by: int | None
    ended_at: datetime | None = None
    end_reason: str = ""
    by: str = ""
    ended_by: str = ""

    def covers(self, verdict: StoredVerdict, today: date) -> bool:
        if self.use_id != verdict.use_id or self.namespace_id != verdict.namespace_id:
            return False
        if self.until is not None and self.until < today:
            return False
        commit = verdict.subject.rpartition("@")[2]
        return self.repository_id in (None, verdict.repository_id) and self.commit in ("", commit)

    def stale_because(self, verdict: StoredVerdict, moved: Mapping[str, Moved]) -> StaleApproval | None:
        """Why it no longer rests on what it did; None where it does. `moved`: by licence, a document that changed."""
        terms = dict(verdict.document["terms_digests"])
        for key in terms:
            if key in moved:
                return StaleApproval("document", {"title": moved[key].title, "licence": key})
        if not self.rests_on:
            return None
        if self.rests_on.get("value") != verdict.value:
            return StaleApproval("value", {"before": str(self.rests_on.get("value")), "after": verdict.value})
        then = self.rests_on.get("terms", {})
        changed = sorted(key for key in {*terms, *then} if terms.get(key) != then.get(key))
        return StaleApproval("terms", {"licences": ", ".join(changed)}) if changed else None


@dataclass(frozen=True)
class Moved:
    """That a document which a licence incorporates changed, and when that was recorded here; nobody has reviewed it yet."""

    licence: str
    title: str
    at: datetime


@dataclass(frozen=True)
class Held:
    """Rules, approvals in force, and by licence a document that changed and was not reviewed."""

    rules: Rules
    approvals: tuple[Approval, ...]
    moved: Mapping[str, Moved]

    def approval_of(self, verdict: StoredVerdict, today: date) -> Approval | None:
        """One that lets this verdict through."""
        for approval in self.approvals:
            if approval.covers(verdict, today):
                if self.rules.stale_void and approval.stale_because(verdict, self.moved):
                    continue
                return approval
        return None


class StandingPolicy:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._kept: tuple[float, Held] | None = None

    async def held(self) -> Held:
        kept = self._kept
        if kept is None or kept[0] < time.monotonic():
            kept = self._kept = (time.monotonic() + SECONDS, await self._read())
        return kept[1]

    async def _read(self) -> Held:
        async with self._database.read() as connection:
            document = await connection.scalar(select(_policies.c.document).order_by(_policies.c.id.desc()).limit(1))
            rows = (await connection.execute(select(_approvals).where(_approvals.c.ended_at.is_(None)))).all()
            columns = (_documents.c.licence, _documents.c.title, _documents.c.recorded_at)
            unread = select(*columns).where(_documents.c.reviewed_at.is_(None)).order_by(_documents.c.id.desc())
            moved = {row.licence: Moved(*row) for row in await connection.execute(unread)}  # the oldest of each stays
        rules = DEFAULT_RULES if document is None else Rules.from_document(document)
        return Held(rules, tuple(_approval(row) for row in rows), moved)

    def forget(self) -> None:
        self._kept = None

    def check_may_change(self, caller: Caller) -> None:
        """Raises NotAllowed for anybody but an administrator of the installation."""
        if not caller.is_admin:
            raise NotAllowed(
                "The policy and its approvals are set by an administrator of this installation only.",
                hint="Sign in with an administrator's token that has the role admin.",
            )

    async def set(self, caller: Caller, document: Any) -> Rules:
        """Another policy. Audited. Raises NotAllowed, InvalidPolicy."""
        self.check_may_change(caller)
        rules, now = Rules.from_document(document), self._clock.now()
        before = (await self._read()).rules
        row = {"document": rules.to_document(), "set_at": now, "set_by": caller.account.id if caller.account else None}
        async with self._database.write() as connection:
            await connection.execute(insert(_policies).values(row))
            detail = {"before": before.to_document(), "after": rules.to_document()}
            await record(connection, now, caller, "policy.change", "policy", **detail)
        self.forget()
        return rules

    async def approvals(self, *, ended: bool = False) -> list[Approval]:
        """Newest first."""
        query = select(_approvals).order_by(_approvals.c.id.desc())
        async with self._database.read() as connection:
            rows = (await connection.execute(query if ended else query.where(_approvals.c.ended_at.is_(None)))).all()
            people = {row.given_by for row in rows} | {row.ended_by for row in rows}
            names = await account_names(connection, {one for one in people if one is not None})
        return [
            replace(_approval(row), by=names.get(row.given_by, ""), ended_by=names.get(row.ended_by, "")) for row in rows
        ]

    async def approve(self, caller: Caller, row: Mapping[str, Any]) -> Approval:
        """Write an approval. Audited. Raises NotAllowed."""
        self.check_may_change(caller)
        now = self._clock.now()
        by = caller.account.id if caller.account else None
        values = {**row, "given_at": now, "given_by": by, "end_reason": ""}
        async with self._database.write() as connection:
            made = (await connection.execute(insert(_approvals).values(values).returning(_approvals))).one()
            detail = {"about": row["about"], "reason": row["reason"]}
            await record(connection, now, caller, "approval.give", f"approvals/{made.id}", **detail)
        self.forget()
        return _approval(made)

    async def end(self, caller: Caller, number: int, reason: str) -> None:
        """Raises NotAllowed, RecordNotFound."""
        self.check_may_change(caller)
        now = self._clock.now()
        ended = {"ended_at": now, "ended_by": caller.account.id if caller.account else None, "end_reason": reason}
        async with self._database.write() as connection:
            mine = (_approvals.c.id == number) & _approvals.c.ended_at.is_(None)
            if (await connection.execute(update(_approvals).where(mine).values(**ended))).rowcount == 0:
                raise RecordNotFound("approval", number)
            await record(connection, now, caller, "approval.end", f"approvals/{number}", reason=reason)
        self.forget()


def rests_on(verdict: StoredVerdict) -> dict[str, Any]:
    """What an approval of a model rests on."""
    return {"value": verdict.value, "verdict": verdict.id, "terms": dict(verdict.document["terms_digests"])}


def _approval(row: Any) -> Approval:
    return Approval(
        row.id, row.use_id, row.namespace_id, row.repository_id, row.commit, row.about, row.reason, row.until, row.rests_on,
        row.given_at, row.given_by, row.ended_at, row.end_reason,
    )  # fmt: skip
