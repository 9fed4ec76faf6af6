"""The standing policy as a table, a form as a policy, and what another one would stop."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.policy import AREAS, MEASURES, READY_POLICIES, Approval, DryRun, Rules, StaleApproval, StoredVerdict, Use
from commonweight.rights import VALUES
from commonweight.web.contexts import (
    ApprovalView,
    Choice,
    DoesView,
    EffectView,
    MetModel,
    PolicyArea,
    PolicyCell,
    PolicyRow,
    RuleLine,
    TrialList,
    TrialView,
    Word,
)
from commonweight.web.links import with_query
from commonweight.web.presenting.measures import day_text
from commonweight.web.presenting.verdicts import subject_page, subject_text
from commonweight.web.presenting.words import ACT_NAMES, _, verdict_word
from commonweight.web.visits import Form

POLICY: Final = "/rights/policy"
SHOWN: Final = 50  # models of one list on the page; the API names more

MEASURE_WORDS: Final[Mapping[str, Word]] = {
    "warn": Word("warn", _("warn"), "ask", "flag", _("Say it, and stop nothing.")),
    "require_approval": Word(
        "require_approval", _("ask for approval"), "split", "key", _("Nothing goes out before somebody approved.")
    ),
    "refuse_download": Word(
        "refuse_download", _("refuse download"), "stop", "download", _("Files go to nobody but those who may write there.")
    ),
    "refuse_serving": Word("refuse_serving", _("refuse serving"), "stop", "stop", _("No engine here runs it.")),
}
AREA_NAMES: Final[Mapping[str, str]] = {
    "running": _("Running it"),
    "passing_on": _("Passing it on"),
    "answers": _("Using its answers"),
}
_DRAFTS: Final = (
    ("warn", _("A draft record only warns"), _("What nobody has checked yet stops nothing.")),
    ("count", _("A draft record counts"), _("It stops as a checked one does.")),
)
_STALE: Final = (
    ("hold", _("A stale approval still holds"), _("It is shown as stale until somebody ends it.")),
    ("void", _("A stale approval is void"), _("It lets nothing through any more.")),
)
_READY: Final[Mapping[str, tuple[str, str]]] = {
    "default": (_("As shipped"), _("What is refused is not served; everything else warns.")),
    "watch": (_("Only warn"), _("Nothing is stopped: see first what a stricter policy would mean.")),
    "approve": (
        _("Ask before doubt"),
        _("What is refused goes nowhere; what is unclear, unknown or needs permission waits for an approval."),
    ),
    "strict": (
        _("Only what is clear"),
        _("Whatever is not allowed goes nowhere, draft records count, and an approval ends when what it rested on changes."),
    ),
}
_STALE_APPROVALS: Final[Mapping[str, str]] = {
    "document": _("“%(title)s”, which %(licence)s incorporates, has changed."),
    "value": _("The verdict was “%(before)s” and is “%(after)s”."),
    "terms": _("The terms are not what they were: %(licences)s."),
    "lapsed": _("It was given until %(until)s."),
    "repository": _("The repository is gone."),
    "revision": _("The revision is gone."),
}


# The policy as a table


def policy_areas(rules: Rules, run: DryRun | None) -> tuple[PolicyArea, ...]:
    counted = run.values if run else {}
    return tuple(
        PolicyArea(
            AREA_NAMES[area],
            tuple(ACT_NAMES[act] for act in acts),
            tuple(_row(area, value, rules, counted.get(area, {}).get(value, 0)) for value in VALUES),
        )
        for area, acts in AREAS.items()
    )


def _row(area: str, value: str, rules: Rules, models: int) -> PolicyRow:
    on = rules.areas.get(area, {}).get(value, ())
    cells = tuple(PolicyCell(f"{area}.{value}", MEASURE_WORDS[one], one in on) for one in MEASURES)
    return PolicyRow(verdict_word(value), cells, models)


def rule_lines(rules: Rules) -> tuple[RuleLine, ...]:
    """Measure by measure; areas where the same answers ask for it stand together."""
    found = []
    for measure in MEASURES:
        parts: dict[tuple[Word, ...], list[str]] = {}
        for area, name in AREA_NAMES.items():
            values = rules.areas.get(area, {})
            asking = tuple(verdict_word(value) for value in VALUES if measure in values.get(value, ()))
            if asking:
                parts.setdefault(asking, []).append(name)
        if parts:
            found.append(RuleLine(MEASURE_WORDS[measure], tuple((tuple(areas), asking) for asking, areas in parts.items())))
    return tuple(found)


def draft_choices(rules: Rules) -> tuple[Choice, ...]:
    picked = "warn" if rules.drafts_warn else "count"
    return tuple(Choice(value, text, hint, value == picked) for value, text, hint in _DRAFTS)


def stale_choices(rules: Rules) -> tuple[Choice, ...]:
    picked = "void" if rules.stale_void else "hold"
    return tuple(Choice(value, text, hint, value == picked) for value, text, hint in _STALE)


def ready_policies() -> tuple[tuple[str, str, str], ...]:
    return tuple((*_READY[one.key], with_query(POLICY, [("ready", one.key)])) for one in READY_POLICIES)


def document_text(rules: Rules) -> str:
    return json.dumps(rules.to_document(), indent=2)


def document_from(form: Form) -> Any:
    """The policy that a form says: its table, or the document as it was typed. Raises ValueError for what is no JSON."""
    if form.one("document"):
        return json.loads(form.one("document"))
    areas = {area: {value: list(found) for value in VALUES if (found := form.many(f"{area}.{value}"))} for area in AREAS}
    return {"areas": areas, "drafts": form.one("drafts"), "stale_approvals": form.one("stale_approvals")}


# What it stops


def effect_views(run: DryRun) -> tuple[EffectView, ...]:
    total = max(run.models, 1)
    pairs = [(one, run.before.get(one, 0), run.after.get(one, 0)) for one in MEASURES]
    return tuple(
        EffectView(MEASURE_WORDS[one], before, after, round(100 * before / total), round(100 * after / total))
        for one, before, after in pairs
    )


def trial_view(run: DryRun) -> TrialView:
    found = []
    for measure in MEASURES:
        begins, ends = run.begins.get(measure, ()), run.ends.get(measure, ())
        if begins or ends:
            reasons = run.reasons.get(measure, {})
            first, last = (tuple(_met(one, reasons) for one in some[:SHOWN]) for some in (begins, ends))
            found.append(TrialList(MEASURE_WORDS[measure], first, last, max(len(begins), len(ends)) > SHOWN))
    return TrialView(tuple(found))


def _met(subject: str, reasons: Mapping[str, tuple[str, str]]) -> MetModel:
    act, value = reasons.get(subject, ("", ""))
    return MetModel(subject_text(subject), subject_page(subject), ACT_NAMES.get(act, act), verdict_word(value))


def does_view(verdict: StoredVerdict, *, may_approve: bool) -> DoesView:
    """What the policy makes of the verdict that decides here."""
    measures = tuple(dict.fromkeys(met.measure for met in verdict.met))
    about = verdict.subject.partition("/")[2] if verdict.repository_id is not None else ""
    asked = may_approve and "require_approval" in measures and not verdict.approved and bool(about)
    approve = f"{with_query(POLICY, [('about', about)])}#approvals" if asked else ""
    return DoesView(tuple(MEASURE_WORDS[one] for one in MEASURES if one in measures), verdict.approved, approve)


# Approvals


def approval_view(one: Approval, stale: StaleApproval | None, uses: Sequence[Use]) -> ApprovalView:
    model, _at, _commit = one.about.partition("@")
    words = dict(stale.words) if stale else {}
    if stale and stale.kind == "value":
        words = {name: verdict_word(value).text for name, value in words.items()}
    return ApprovalView(
        id=one.id,
        about=one.about,
        href="" if model.endswith("/*") else f"/{model}/rights",
        use=next((use.name for use in uses if use.id == one.use_id), ""),
        reason=one.reason,
        until=one.until.isoformat() if one.until else "",
        by=one.by,
        given=day_text(one.given_at),
        stale=_STALE_APPROVALS[stale.kind] if stale else "",
        words=tuple(words.items()),
        ended=day_text(one.ended_at) if one.ended_at else "",
        ended_by=one.ended_by,
        end_reason=one.end_reason,
    )
