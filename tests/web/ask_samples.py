"""The guided form with every kind of question."""

from __future__ import annotations

from commonweight.web.contexts import (
    AskField,
    AskPage,
    CellView,
    Choice,
    ComparePage,
    CompareRow,
    CompareSection,
    Flip,
    Frame,
    Head,
    SideView,
    StandingUse,
    VerdictView,
)
from commonweight.web.presenting import asking, words

_YES_OR_NO = (Choice("", "not known", "", False), Choice("yes", "yes", "", True), Choice("no", "no", "", False))
_LINES = (Choice("<=700", "at most 700", "", False), Choice(">700", "more than 700", "", False))


def ask_page(frame: Frame, head: Head | None, use: StandingUse, verdict: VerdictView) -> AskPage:
    return AskPage(
        frame=frame,
        head=head,
        title="a/b",
        href="/a/b/rights",
        action="/a/b/rights/ask",
        use=use,
        acts=asking.act_choices(("evaluate", "host")),
        purposes=asking.purpose_choices(("coding",)),
        verdict=verdict,
        open=(
            AskField("a.organisation.mau[group, 2024-08]", ("How many?", "And?"), "figure", _LINES, "", "llama-3.2"),
            AskField("a.organisation.business", ("Is one of these your business?",), "many", _LINES, "", "toy"),
            AskField("a.organisation.principal_place", ("Where?",), "text", (), "DE", "toy"),
            AskField("a.subject.nodes[x].licences.weights", ("Under which licence?",), "select", _YES_OR_NO, "", ""),
        ),
        given=(AskField("a.use.paid", ("Is money taken for it?",), "pick", _YES_OR_NO, "", "toy"),),
        idle=(("a.use.consent", "yes"),),
        unreadable=("What does the text of licence 'toy' say?",),
        may_keep=True,
        may_share=True,
        is_kept=True,
        flips=(Flip("a/c", "/a/c/rights", words.VERDICT_WORDS["unknown"], words.VERDICT_WORDS["allowed"]),),
        problem="A number was expected.",
    )


def compare_page(frame: Frame) -> ComparePage:
    side = SideView("a/b", "/a/b/rights", words.VERDICT_WORDS["prohibited"], "Prohibited: hosting it.", "Ask.", "Internal")
    row = CompareRow("host", CellView("Why.", words.VERDICT_WORDS["allowed"]), CellView("", None), differs=True)
    return ComparePage(
        frame=frame,
        models=("a/b", "a/c"),
        acts=(asking.act_choices(("host",)), asking.act_choices(())),
        uses=((Choice("", "Internal", "", False), Choice("2", "Selling", "", True)), ()),
        known=("a/b", "a/c"),
        sides=(side, side),
        sections=(CompareSection("Why", (row,)),),
        problem="Nothing is known of it.",
    )
