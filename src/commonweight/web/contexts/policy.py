"""What verdicts do here, what another policy would stop, and who let what through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.facts import Choice
from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word


@dataclass(frozen=True)
class PolicyCell:
    name: str = says("Name of the checkbox.")
    measure: Word = says("What is done.")
    is_on: bool = says("Whether it is done.")


@dataclass(frozen=True)
class PolicyRow:
    value: Word = says("An answer.")
    cells: tuple[PolicyCell, ...] = says("Each measure, in the order of the columns.")
    models: int = says("How many models have this answer for an act of the area now; 0 also where nobody may know.")


@dataclass(frozen=True)
class PolicyArea:
    name: str = says("The area of acts, in words.")
    acts: tuple[str, ...] = says("Its acts.")
    rows: tuple[PolicyRow, ...] = says("Each answer, best first.")


@dataclass(frozen=True)
class RuleLine:
    measure: Word = says("What is done.")
    parts: tuple[tuple[tuple[str, ...], tuple[Word, ...]], ...] = says(
        "Areas of acts, and the answers that ask for it there."
    )


@dataclass(frozen=True)
class EffectView:
    measure: Word = says("What is done.")
    before: int = says("Models it meets under the policy that holds.")
    after: int = says("Models it would meet under the one that is tried; the same where none is.")
    share_before: int = says("Percent of all models, for the bar.")
    share_after: int = says("Percent of all models, for the bar.")


@dataclass(frozen=True)
class MetModel:
    title: str = says("The model.")
    href: str = says("Its rights page.")
    act: str = says("The act that asks for the measure.")
    value: Word = says("The answer that asks for it.")


@dataclass(frozen=True)
class TrialList:
    measure: Word = says("What is done.")
    begins: tuple[MetModel, ...] = says("Models that it would meet and does not now.")
    ends: tuple[MetModel, ...] = says("Models that it meets now and would not.")
    is_cut: bool = says("Whether there are more than are shown.")


@dataclass(frozen=True)
class TrialView:
    lists: tuple[TrialList, ...] = says("Measures that would meet other models; empty where nothing would change.")


@dataclass(frozen=True)
class ApprovalView:
    id: int = says("Number by which it is ended.")
    about: str = says("What it lets through.")
    href: str = says("Its page, or empty for a namespace's models.")
    use: str = says("Name of the use it is for.")
    reason: str = says("Why it was given.")
    until: str = says("The last day; empty for no end.")
    by: str = says("Who gave it.")
    given: str = says("When.")
    stale: str = says("Why it no longer rests on what it did; a text with places for `words`, or empty.")
    words: tuple[tuple[str, str], ...] = says("What goes into the places of `stale`.")
    ended: str = says("When it was ended; empty while it is in force.")
    ended_by: str = says("Who ended it.")
    end_reason: str = says("Why it was ended.")


@dataclass(frozen=True)
class MovedDocument:
    id: int = says("Number by which it is reviewed.")
    licence: str = says("Key of the licence that incorporates it.")
    title: str = says("The document.")
    seen_on: str = says("The day on which somebody saw the change.")
    note: str = says("What they wrote, or empty.")
    purposes: tuple[str, ...] = says("Purposes that its bans speak of.")
    diff: tuple[str, ...] = says("Lines of the difference to the text before; empty where no text is at hand.")


@dataclass(frozen=True)
class ApprovalForm:
    about: str = says("What was typed, or asked for by the address.")
    reason: str = says("What was typed.")
    until: str = says("What was typed.")
    uses: tuple[Choice, ...] = says("Uses that it can be for.")
    error: str = says("Why the last deed failed; empty otherwise.")
    done: str = says("What the last deed came to; empty otherwise.")


@dataclass(frozen=True)
class PolicyPage:
    template: ClassVar[str] = "policy.html"

    frame: Frame = says("What is around the page.")
    use: str = says("Name of the use whose verdicts decide here.")
    may_edit: bool = says("Whether the caller sets the policy.")
    measures: tuple[Word, ...] = says("The columns.")
    areas: tuple[PolicyArea, ...] = says("The policy, area by area.")
    lines: tuple[RuleLine, ...] = says("The same in words: each measure that something asks for.")
    drafts: tuple[Choice, ...] = says("What a draft record does.")
    stale: tuple[Choice, ...] = says("What a stale approval does.")
    document: str = says("The policy as a document.")
    ready: tuple[tuple[str, str, str], ...] = says("Ready policies: title, description, address.")
    is_draft: bool = says("Whether the table shows something else than what holds.")
    effects: tuple[EffectView, ...] = says("How many models each measure meets; empty for those who may not know.")
    models: int = says("Models that have a verdict for this use.")
    trial: TrialView | None = says("What the policy in the form would change; None where it was not tried.")
    is_saved: bool = says("Whether a save has just happened.")
    error: str = says("Why the last save or try was refused; empty otherwise.")
    approvals: tuple[ApprovalView, ...] = says("Approvals that nobody ended.")
    past: tuple[ApprovalView, ...] = says("Approvals that were ended.")
    approve: ApprovalForm | None = says("To let something through; None for those who may not.")
    documents: tuple[MovedDocument, ...] = says("Documents that changed and wait for a review.")
