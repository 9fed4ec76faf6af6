"""Examples of the pages on what people decided."""

from __future__ import annotations

from dataclasses import replace

from commonweight.web.contexts import (
    Choice,
    CountedFlip,
    DecisionPage,
    DecisionsPage,
    DocumentPage,
    Frame,
    NewDecisionPage,
    OutcomeView,
    Page,
    PreviewView,
    RecordGroup,
    RecordView,
    TouchedRow,
)
from commonweight.web.presenting.decisions import STATE_WORDS
from commonweight.web.presenting.new_decision import TEXTS
from commonweight.web.presenting.words import KIND_WORDS, VERDICT_WORDS

EXCEPTION = RecordView(
    id=7,
    kind=KIND_WORDS["exception"],
    name="risk-12",
    href="/rights/decisions/exception/risk-12",
    end="/rights/decisions/decisions/7/end",
    state=STATE_WORDS["soon"],
    licence="llama-3.2",
    licence_href="/docs/licences/llama-3.2#mau700",
    clauses="mau700",
    chooses="counts as allowed",
    acts=("host for others",),
    model="meta-llama/llama-3.2-vision",
    node="meta-llama/llama-3.2-vision",
    use="A product",
    author="A. Owner",
    reason="Accepted for a trial.",
    source="Minutes of 12 November",
    since="2026-11-12",
    until="2027-01-12",
    recorded="2026-11-12 09:00 UTC, ada",
    ended="",
    end_reason="",
    applied=3,
    beside=1,
)
PERMISSION = replace(
    EXCEPTION, kind=KIND_WORDS["bought"], name="meta-1", end="", state=STATE_WORDS["ended"], clauses="", chooses="", acts=(),
    model="", node="", use="", source="", since="", until="", ended="2026-11-20 10:00 UTC, ada", end_reason="Replaced.",
    applied=0, beside=0,
)  # fmt: skip
UNUSED = replace(EXCEPTION, name="counsel-3", kind=KIND_WORDS["reading"], licence="", clauses="none#missing", applied=0)


def decision_pages(frame: Frame) -> tuple[Page, ...]:
    here = replace(frame, path="/rights/decisions")
    flips = (CountedFlip(VERDICT_WORDS["prohibited"], VERDICT_WORDS["allowed"], 4),)
    listed = DecisionsPage(
        here,
        (RecordGroup("About to lapse", (EXCEPTION, UNUSED)), RecordGroup("Ended", (PERMISSION,))),
        True,
        40,
        2,
        True,
        "Say why it ends.",
        "because",
        OutcomeView((), 0, 0, 0, "/rights/changes?cause=4"),
    )
    rows = (TouchedRow("meta-llama/llama-2", "/verdicts/abc", VERDICT_WORDS["allowed"], "A product"),)
    one = DecisionPage(here, "risk-12", (EXCEPTION, PERMISSION), rows, True)
    new = NewDecisionPage(
        here,
        "exception",
        (Choice("llama-3.2", "Llama 3.2", "llama-3.2", True),),
        "llama-3.2",
        (Choice("llama-3.2#mau700", "Above 700 million users there are no rights.", "2", True),),
        "none#missing",
        (Choice("allowed", "it counts as allowed", "We go on.", True),),
        (Choice("host", "host for others", "Give others access.", False),),
        (Choice("", "every use", "", True),),
        {**dict.fromkeys(TEXTS, ""), "author": "A. Owner", "until": "2027-01-12"},
        True,
        "Say why: it stands in every verdict that it touches.",
        PreviewView(flips, (), 4, 0, ""),
    )
    documents = (Choice("llama-3.2#aup", "Acceptable use policy", "llama-3.2", True),)
    document = DocumentPage(here, documents, "2026-11-29", "You agree not to", "by mail", True, "Pick the document.")
    return (listed, one, new, document)
