"""Verdicts as kept (docs/rights-io.md) to what a page shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonweight.policy import StoredVerdict
from commonweight.rights import ACTS
from commonweight.web.contexts import (
    ActView,
    AskView,
    ClauseView,
    ConflictView,
    DecidedView,
    DoubtView,
    DutyView,
    EdgeView,
    NodeView,
    ReadingView,
    VerdictView,
)
from commonweight.web.links import known_address, record_address, repository_address
from commonweight.web.presenting.causes import stale_view
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.words import (
    ACT_NAMES,
    APPLIED_WORDS,
    DUTY_TITLES,
    EDGE_WORDS,
    EFFECT_NAMES,
    EVIDENCE_WORDS,
    KIND_WORDS,
    RELATION_NAMES,
    REVIEW_WORDS,
    other_word,
    verdict_word,
)

WEAK_EVIDENCE = ("secondary", "suspected")


def verdict_view(verdict: StoredVerdict, links: Mapping[str, str], *, has_account: bool = False) -> VerdictView:
    """`links` gives the page of each node of the lineage that has one; `has_account` whether the reader has one."""
    said = verdict.document
    clauses = _in_order([_clause(clause) for clause in said["clauses"]], said["value"], said["clauses"])
    return VerdictView(
        id=verdict.id,
        word=verdict_word(verdict.value),
        headline=said["headline"],
        subject=subject_text(verdict.subject),
        decided=minute_text(verdict.created_at),
        acts=tuple(_act(act) for act in said["acts"]),
        clauses=clauses,
        duties=tuple(_duty(duty) for duty in said["duties"]),
        conflicts=tuple(_conflict(conflict) for conflict in said["label_conflicts"]),
        doubts=tuple(_doubt(doubt) for doubt in said["doubts"]),
        questions=tuple(AskView(ask["question"], _settles(ask)) for ask in said["questions"]),
        assumptions=tuple(said["assumptions"]),
        changes=tuple(_change(expiry) for expiry in said["expires_when"]),
        remedy=said.get("remedy") or "",
        nodes=tuple(node_view(node, verdict.lineage, links) for node in verdict.lineage.get("nodes", ())),
        edges=tuple(edge_view(edge) for edge in verdict.lineage.get("edges", ())),
        disclaimer=said["disclaimer"],
        digests=_digests(said),
        decided_by=tuple(_decided(one) for one in said.get("decisions", ())),
        stale=stale_view(verdict.stale, has_account=has_account),
    )


def subject_text(subject: str) -> str:
    """`models/ada/tiny@0123…` -> `ada/tiny @ 01234567`; `known/xai/grok-1` -> `xai/grok-1`."""
    kind, _, rest = subject.partition("/")
    name, _, commit = rest.partition("@")
    shown = name if kind in ("models", "known") else f"{kind}/{name}"
    return f"{shown} @ {commit[:8]}" if commit else shown


def _in_order(views: list[ClauseView], value: str, clauses: list[Mapping[str, Any]]) -> tuple[ClauseView, ...]:
    """The clauses that decided come first; otherwise as the engine orders them."""
    decides = "allowed" if value == "allowed_with_duties" else value
    pairs = zip(clauses, views, strict=True)
    return tuple(view for _clause, view in sorted(pairs, key=lambda pair: pair[0]["effect"] != decides))


def _clause(clause: Mapping[str, Any]) -> ClauseView:
    word = verdict_word(clause["effect"])
    return ClauseView(
        licence=clause["licence"],
        clause=clause["clause"],
        reason=clause["reason"],
        tone=word.tone,
        effect=EFFECT_NAMES.get(clause["effect"], clause["effect"]),
        evidence=EVIDENCE_WORDS.get(clause["evidence"]),
        review=REVIEW_WORDS.get(clause["review"]),
        via=_via(clause["path"]),
        quote="",
        finding=clause.get("id", ""),
    )


def _decided(one: Mapping[str, Any]) -> DecidedView:
    return DecidedView(
        kind=KIND_WORDS.get(one["kind"]) or other_word(one["kind"]),
        name=one["id"],
        href=record_address(one["kind"], one["id"]),
        state=APPLIED_WORDS.get(one["state"]) or other_word(one["state"]),
        author=one.get("author") or "",
        reason=one.get("reason") or "",
        until=str(one.get("until") or ""),
    )


def _via(path: list[Mapping[str, Any]]) -> str:
    """`ada/tiny → base → data`, by the last part of each name."""
    if not path:
        return ""
    names = [path[0]["child"], *(step["parent"] for step in path)]
    weak = next((step["evidence"] for step in path if step["evidence"] in WEAK_EVIDENCE), "")
    return " → ".join(name.rpartition("/")[2] for name in names) + (f" ({EDGE_WORDS[weak].text})" if weak else "")


def _cited(entry: Mapping[str, Any], tone: str = "plain", effect: str = "") -> ClauseView | None:
    if not entry.get("licence"):
        return None
    evidence = entry.get("evidence") or entry.get("clause_evidence") or ""
    return ClauseView(
        entry["licence"],
        entry.get("clause", ""),
        "",
        tone,
        effect,
        EVIDENCE_WORDS.get(evidence),
        REVIEW_WORDS.get(entry.get("review", "")),
        _via(entry.get("path", [])),
        "",
    )


def _duty(duty: Mapping[str, Any]) -> DutyView:
    settled = (f"Met already, by {duty['settled_by']}.",) if duty.get("settled_by") else ()
    acts = ", ".join(ACT_NAMES.get(act, act) for act in duty["acts"])
    return DutyView(
        title=DUTY_TITLES.get(duty["do"], duty["do"].replace("_", " ")),
        detail=f"{duty['reason']} ({acts})" if acts else duty["reason"],
        text=duty.get("text") or "",
        places=tuple(place.replace("_", " ") for place in duty["where"]),
        clause=_cited(duty),
        doubts=(*settled, *duty["doubts"]),
    )


def _conflict(conflict: Mapping[str, Any]) -> ConflictView:
    weak = conflict["lineage_evidence"] if conflict["lineage_evidence"] in WEAK_EVIDENCE else ""
    known = f" Known from: {EDGE_WORDS[weak].meaning}." if weak else ""
    return ConflictView(conflict["says"], f"{conflict['why']}{known}", _cited(conflict))


def _doubt(doubt: Mapping[str, Any]) -> DoubtView:
    readings = [
        ReadingView(f"{reading['says']} ({verdict_word(reading['value']).text})", reading["id"] == doubt.get("default"))
        for reading in doubt.get("readings", ())
    ]
    return DoubtView(doubt["about"], tuple(readings), _cited(doubt, "split"))


def _settles(ask: Mapping[str, Any]) -> str:
    found = sorted({finding.partition("#")[0] for finding in ask["settles"]})
    return ", ".join(found)


def _change(expiry: Mapping[str, Any]) -> str:
    cited = " ".join(expiry[key] for key in ("licence", "clause") if expiry.get(key))
    date = f", {expiry['date']}" if expiry.get("date") else ""
    return f"{expiry['what']}{date}{f' ({cited})' if cited else ''}"


def _act(act: Mapping[str, Any]) -> ActView:
    return ActView(ACT_NAMES.get(act["act"], act["act"]), ACTS.get(act["act"], ""), verdict_word(act["value"]))


def node_view(node: Mapping[str, Any], lineage: Mapping[str, Any], links: Mapping[str, str]) -> NodeView:
    keys = list(dict.fromkeys(row["key"] for row in node.get("licence", ())))
    is_root = node["id"] == lineage.get("root")
    return NodeView(node["id"], node.get("kind", "model"), ", ".join(keys), links.get(node["id"], ""), is_root)


def edge_view(edge: Mapping[str, Any]) -> EdgeView:
    evidence = edge.get("evidence", "declared")
    relation = RELATION_NAMES.get(edge["relation"], edge["relation"])
    if edge.get("part"):
        relation = f"{relation}, in part"
    word = EDGE_WORDS.get(evidence) or other_word(evidence)
    return EdgeView(edge["child"], edge["parent"], relation, word, evidence in WEAK_EVIDENCE)


def _digests(said: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    terms = tuple((f"terms {key}", value) for key, value in said["terms_digests"].items())
    return (("facts", said["facts_digest"]), *terms, ("engine", said["engine_version"]))


def subject_page(subject: str) -> str:
    """`models/ada/tiny@0123…` -> `/ada/tiny/rights`; `known/xai/grok-1` -> `/models/xai/grok-1`."""
    kind, _, rest = subject.partition("/")
    name = rest.partition("@")[0]
    if kind == "known":
        return known_address(name)
    return f"{repository_address(kind.removesuffix('s'), name)}/rights"
