"""For an act that may not be done: nothing but the reason."""

from __future__ import annotations

from typing import Final

from commonweight.rights.pack.markdown import page, plain
from commonweight.rights.pack.values import Pack, PackFile
from commonweight.rights.said import Say, joined, mark, say
from commonweight.rights.verdict import Clause, Verdict
from commonweight.rights.vocabulary import Value

PATH: Final = "WHY_NOT.md"
REFUSED: Final = frozenset({Value.PROHIBITED, Value.NEEDS_PERMISSION})


def refused(verdict: Verdict, speak: Say) -> Pack:
    """The pack of an act that the texts withhold, or make depend on the licensor."""
    reason = joined([verdict.headline, *(_cited(clause) for clause in verdict.deciding)])
    lines = [f"- {plain(speak(_cited(clause)))}" for clause in verdict.deciding]
    remedy = plain(speak(say("What could help: {remedy}", remedy=verdict.remedy))) if verdict.remedy else ""
    content = page(f"# {plain(speak(verdict.headline))}", lines, remedy, plain(speak(verdict.disclaimer)))
    return Pack(verdict.value, speak(reason), (PackFile(PATH, content, mark("Why there is nothing to give along.")),))


def _cited(clause: Clause) -> str:
    if not clause.clause:
        return clause.reason
    return say("{reason} ({licence} {clause})", reason=clause.reason, licence=clause.licence, clause=clause.clause)
