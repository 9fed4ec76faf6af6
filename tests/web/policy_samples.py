"""Made-up examples of the pages of policy and of changes."""

from __future__ import annotations

from dataclasses import replace

from commonweight.policy import DryRun, Rules
from commonweight.policy.ready_policies import READY_POLICIES
from commonweight.web.contexts import ApprovalForm, ApprovalView, Choice, Frame, MovedDocument, PolicyPage
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
