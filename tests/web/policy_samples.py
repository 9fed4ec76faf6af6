"""Made-up examples of the pages of policy and of changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from commonweight.policy import Cause, Change, DryRun, Rules, SweepProgress, WaitsFor
from commonweight.policy.ready_policies import READY_POLICIES
from commonweight.web.contexts import ApprovalForm, ApprovalView, ChangesPage, Choice, Frame, MovedDocument, PolicyPage
from commonweight.web.presenting import changes as told
from commonweight.web.presenting import policy as shown

TUNED = "models/ada/tuned@0123456789012345678901234567890123456789"
RUN = DryRun(
    before={"warn": 14, "refuse_serving": 3},
    after={"warn": 2, "refuse_serving": 3, "refuse_download": 3, "require_approval": 12},
    begins={"require_approval": ("known/xai/grok-1", TUNED), "refuse_download": ("known/stabilityai/sdxl-turbo",)},
    ends={"warn": ("known/xai/grok-1",)},
    reasons={
        "require_approval": {"known/xai/grok-1": ("evaluate", "unknown"), TUNED: ("evaluate", "unclear")},
        "refuse_download": {"known/stabilityai/sdxl-turbo": ("offer_product", "prohibited")},
        "warn": {"known/xai/grok-1": ("evaluate", "unknown")},
    },
    values={"running": {"allowed": 25, "unknown": 12, "prohibited": 3}, "passing_on": {}, "answers": {}},
    models=40,
)
APPROVAL = ApprovalView(
    7, "ada/tuned", "/ada/tuned/rights", "Product", "Legal holds a licence, number 4711", "2026-12-31", "root",
    "2026-03-01", "", (), "", "", "",
)  # fmt: skip
VALUES = (("before", "Unclear"), ("after", "No"))
STALE = replace(APPROVAL, id=8, about="ada/*", href="", until="", stale="The verdict was “%(before)s” and is “%(after)s”.")
PRODUCT = Choice("1", "Product", "", True)
MOVED = MovedDocument(
    3, "llama-3.1", "Acceptable Use Policy", "2026-03-02", "The page says so", ("surveillance", "weapons"),
    ("--- before", "+++ now", "-You may not spy.", "+You may not spy or spam."),
)  # fmt: skip


def policy_page(frame: Frame) -> PolicyPage:
    """An administrator's, after a try."""
    rules = Rules.from_document(READY_POLICIES[2].document)
    return PolicyPage(
        frame=replace(frame, path="/rights/policy/try"),
        use="Product",
        may_edit=True,
        measures=tuple(shown.MEASURE_WORDS.values()),
        areas=shown.policy_areas(rules, RUN),
        lines=shown.rule_lines(rules),
        drafts=shown.draft_choices(rules),
        stale=shown.stale_choices(rules),
        document=shown.document_text(rules),
        ready=shown.ready_policies(),
        is_draft=True,
        effects=shown.effect_views(RUN),
        models=RUN.models,
        trial=shown.trial_view(RUN),
        is_saved=True,
        error="The document is no JSON: Expecting value: line 1 column 1 (char 0). Correct it, or use the table.",
        approvals=(APPROVAL, replace(STALE, words=VALUES)),
        past=(replace(APPROVAL, ended="2026-03-03", ended_by="root", end_reason="The licence ran out"),),
        approve=ApprovalForm("ada/tuned", "", "2026-12-31", (PRODUCT,), "'x' is no day.", "Approved."),
        documents=(MOVED,),
    )


def readers_policy_page(frame: Frame) -> PolicyPage:
    """What somebody sees who sets nothing."""
    nothing: dict[str, tuple[()]] = {"ready": (), "effects": (), "approvals": (), "past": (), "documents": ()}
    page = replace(policy_page(frame), may_edit=False, approve=None, trial=None, error="", is_saved=False, is_draft=False)
    return replace(page, frame=replace(frame, path="/rights/policy", is_admin=False), models=0, **nothing)  # type: ignore[arg-type]  # one type for all


AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "facts": {
        "organisation.mau": {"before": None, "after": [{"scope": "group", "month": "2026-02", "value": 710_000_000}]},
        "organisation.principal_place": {"before": "DE", "after": "FR"},
    }
}
MERGED: dict[str, Any] = {
    "subject": TUNED,
    "differences": [
        {"edge": {"child": "ada/tuned", "parent": "meta-llama/llama-2"}, "before": None, "after": ["finetune (declared)"]},
        {"node": "ada/base", "what": "licences", "before": ["mit"], "after": ["openrail"]},
    ],
}


def _change(number: int, subject: str, before: str, after: str, cause: Cause, headline: str) -> Change:
    halves = ("a" * 48, "a" * 48 if before == after else "b" * 48)
    return Change(number, AT, subject, subject, "Product", before, after, *halves, cause, headline)


def changes_page(frame: Frame) -> ChangesPage:
    """Every kind of row, and a sweep that is half through."""
    causes = (
        Cause(9, "organisation", FACTS, AT, "root", 812),
        Cause(8, "lineage", MERGED, AT, "", 1),
        Cause(7, "records", {"records": [f"llama-{number}" for number in range(12)]}, AT, "", 3),
        Cause(6, "document", {"licence": "llama-3.1", "document": "Use Policy", "seen_on": "2026-03-01"}, AT, "root", 1),
    )
    says = "Permission is needed: offering a product with llama-2. More than 700 million people a month use your products."
    changes = (
        (_change(4, "known/meta-llama/llama-2", "allowed_with_duties", "needs_permission", causes[0], says),),
        (_change(3, TUNED, "allowed", "unknown", causes[1], "Not known: evaluating tuned internally. A fact is missing."),),
        (_change(2, "known/xai/grok-1", "unknown", "allowed", causes[2], "Allowed: evaluating grok-1 internally."),),
        (_change(1, TUNED, "unknown", "unknown", causes[3], "Not known: evaluating tuned internally."),),
    )
    waits = (WaitsFor(9, "organisation", AT, 2000, 812), WaitsFor(10, "records", AT, 40, 40))
    return ChangesPage(
        frame=replace(frame, path="/rights/changes"),
        progress=told.progress_view(SweepProgress(852, 2040, waits, True)),
        uses=(Choice("Product", "Product", "", True),),
        kinds=tuple(Choice(cause.kind, told.cause_word(cause.kind).text, "", False) for cause in causes),
        directions=tuple(Choice(key, word.text, "", False) for key, word in told.DIRECTION_WORDS.items()),
        subject="",
        cause="9",
        is_filtered=True,
        groups=tuple(
            told.cause_group(cause, some, href=told.of_cause(cause) if cause.id == 9 else "")
            for cause, some in zip(causes, changes, strict=True)
        ),
        next="/rights/changes?before=6.1",
        feed="/cw/v1/changes/feed.atom?use=Product",
    )


def quiet_changes_page(frame: Frame) -> ChangesPage:
    """Nothing changed, and nothing waits."""
    progress = told.progress_view(SweepProgress(0, 0, (), False))
    page = replace(changes_page(frame), progress=progress, groups=(), is_filtered=False, cause="", next="")
    return replace(page, feed="/cw/v1/changes/feed.atom")
