"""Facts as plain questions in a form, and what answering them otherwise comes to."""

from __future__ import annotations

from dataclasses import dataclass

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Word


@dataclass(frozen=True)
class Choice:
    value: str = says("What the form sends; empty for not known.")
    text: str = says("What people read.")
    hint: str = says("One sentence about it, or empty.")
    picked: bool = says("Whether it is chosen now.")


@dataclass(frozen=True)
class FigureRow:
    scope: str = says("licensee, group or product.")
    product: str = says("Which product; empty for none in particular.")
    period: str = says("A month, a year, current or any; empty for a row that is not filled in.")
    bound: str = says("value, at_least, at_most or between.")
    amount: str = says("The number as people write it; two with a dash for between.")
    currency: str = says("Three letters for money; else empty.")
    source: str = says("Where the figure comes from.")


@dataclass(frozen=True)
class FactField:
    name: str = says("Name of the form's parameter.")
    question: str = says("A plain question.")
    help: str = says("Why it matters.")
    kind: str = says("one (radio), many (checkboxes), text, figures (amounts, each with whose and when).")
    choices: tuple[Choice, ...] = says("What can be answered; empty for text.")
    value: str = says("The text given; empty where there is none.")
    rows: tuple[FigureRow, ...] = says("Figures, with room for another.")
    is_money: bool = says("Whether figures have a currency.")
    more_rows: int = says("Figures that are recorded and not shown; they stay as they are.")
    asked_by: tuple[tuple[str, str], ...] = says("Licences that ask for it, the first of them: key and page.")
    asked_count: int = says("How many recorded licences ask for it.")
    problem: str = says("Why this answer was refused; empty otherwise.")


@dataclass(frozen=True)
class FieldGroup:
    title: str = says("Subject of the questions.")
    fields: tuple[FactField, ...] = says("The questions.")
    is_folded: bool = says("Whether it is closed until somebody opens it: nothing in it is answered.")


@dataclass(frozen=True)
class Flip:
    id: str = says("The model.")
    href: str = says("Its rights page.")
    before: Word = says("The answer before.")
    after: Word = says("The answer now.")


@dataclass(frozen=True)
class CountedFlip:
    before: Word = says("The answer before.")
    after: Word = says("The answer now.")
    models: int = says("How many models go this way.")


@dataclass(frozen=True)
class PreviewView:
    """What other facts would change; nothing is written."""

    counts: tuple[CountedFlip, ...] = says("Models by answer before and after, most first.")
    flips: tuple[Flip, ...] = says("The first of those models.")
    total: int = says("How many verdicts would come out otherwise.")
    untried: int = says("Verdicts (of shapes of lineages) that were too many to try.")
    problem: str = says("Why it could not be tried; empty otherwise.")


@dataclass(frozen=True)
class OutcomeView:
    """What a change came to."""

    flips: tuple[Flip, ...] = says("The first verdicts that came out otherwise.")
    changed: int = says("How many did, so far.")
    waiting: int = says("Verdicts (of shapes of lineages) that a job still has to decide.")
    touched: int = says("How many there were.")
    href: str = says("All of them, in the list of changes.")


@dataclass(frozen=True)
class Difference:
    question: str = says("What is asked.")
    recorded: str = says("What is recorded now; empty where it is not known.")
    typed: str = says("What was typed; empty where it is not known.")


@dataclass(frozen=True)
class OvertakenView:
    """Somebody saved while this was being typed."""

    by: str = says("Who saved; empty where that is not known.")
    at: str = says("When.")
    differences: tuple[Difference, ...] = says("Where what is in the form differs from what is recorded now.")
    taken: tuple[str, ...] = says("Questions that the form now answers as they did: they were left alone in it.")
