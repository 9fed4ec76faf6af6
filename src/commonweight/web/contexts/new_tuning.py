"""A tuning that is being put together: base, examples, settings, and what it will take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.facts import Choice
from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.tuning import Told


@dataclass(frozen=True)
class BaseChoice:
    name: str = says("The model as it is asked for.")
    href: str = says("Its page.")
    verdict: Word = says("Whether a derivative may be made of it and used.")
    why: str = says("The verdict in a sentence.")
    rights: str = says("Where the verdict is told.")
    size: str = says("Its parameters and bytes.")
    note: str = says("What to know of it before it is picked; translated by the template.")
    refusal: str = says("Why it cannot be tuned here, with what could be done; empty where it can.")
    is_picked: bool = says("Whether it is chosen.")


@dataclass(frozen=True)
class FindingGroup:
    """Everything of one kind that is wrong with a file."""

    level: Word = says("Whether it must be mended or should be looked at.")
    title: str = says("What is wrong, translated by the template.")
    remedy: str = says("What to do; empty where the title says it.")
    lines: str = says("Numbers of the lines, the first few; empty where it is the whole file.")
    count: int = says("How many lines have it.")
    first: str = says("What was said of the first line that has it, as the checker says it: in English.", "")


@dataclass(frozen=True)
class TurnView:
    role: str = says("system, user, assistant, tool, prompt or completion; translated by the template.")
    text: str = says("What is said.")
    is_learnt: bool = says("Whether the model learns to say it.")


@dataclass(frozen=True)
class ExampleView:
    line: int = says("Its line in the file.")
    turns: tuple[TurnView, ...] = says("What is said, in order.")


@dataclass(frozen=True)
class ChangedLines:
    what: str = says("What was wrong, translated by the template.")
    lines: str = says("Numbers of the lines, the first few.")
    count: int = says("How many.")
    first: str = says("What was done in the first line, as the repair says it: in English.", "")


@dataclass(frozen=True)
class RepairView:
    changes: tuple[ChangedLines, ...] = says("What the repaired copy has changed.")
    lines: int = says("Lines that it keeps.")


@dataclass(frozen=True)
class CheckView:
    """What was found in the examples."""

    source: str = says("Where they come from: the file's name, or the data set.")
    facts: tuple[tuple[str, str], ...] = says("Name and value of what is in them.")
    groups: tuple[FindingGroup, ...] = says("What is wrong, the worst first.")
    is_fit: bool = says("Whether a model can be tuned with them as they are.")
    repair: RepairView | None = says("What mending them would do; None where nothing can be mended by itself.")
    examples: tuple[ExampleView, ...] = says("The first ones, as the model will see them.")
    train: int = says("Examples that are learnt from.")
    held_out: int = says("Examples that are kept back, by which base and tuned one are compared.")
    download: str = says("Where the file can be had as it is kept; empty where none is.", "")


@dataclass(frozen=True)
class EstimateView:
    verdict: Word = says("Whether the derivative may be made and used.")
    headline: str = says("The verdict in a sentence.")
    clause: str = says("The clause that it rests on; empty where none is named.")
    rights: str = says("Where the whole verdict is told.")
    figures: tuple[tuple[str, str], ...] = says("Time, memory and disk, with their values.")
    refusal: str = says("Why it cannot be started; empty where it can.")
    hint: str = says("What would help; empty where nothing is wrong.")
    warnings: tuple[Told, ...] = says("What to know before.", ())


@dataclass(frozen=True)
class TuningForm:
    """All that was typed, so that nothing is lost."""

    base: str = says("The base.", "")
    paste: str = says("Examples, pasted.", "")
    file: str = says("An uploaded file, by its id.", "")
    dataset: str = says("A data set of the hub.", "")
    revision: str = says("Of the data set.", "")
    path: str = says("A file of the data set.", "")
    system: str = says("The column of a table with a system message.", "")
    question: str = says("The column with what is asked.", "")
    answer: str = says("The column with what is to be answered.", "")
    validation: str = says("An uploaded file with examples to hold out; empty: a tenth is held out.", "")
    method: str = says("supervised or dpo.", "supervised")
    form: str = says("lora, full or qlora.", "lora")
    epochs: str = says("How often all examples are gone through; empty: chosen.", "")
    batch: str = says("Examples at once; empty: chosen.", "")
    rate: str = says("Multiplier of the learning rate; empty: chosen.", "")
    rank: str = says("Rank of the adapter; empty: chosen.", "")
    beta: str = says("How closely preferences are followed; empty: chosen.", "")
    seed: str = says("Seed; empty: chosen.", "")
    suffix: str = says("What the model is called.", "")
    use: str = says("Number of the use by whose verdict it is let through; empty: the default one.", "")
    licence: str = says("Licence of the examples, as a tag, where they are not the reader's own.", "")
    judge: str = says("A model here that compares free texts; empty: they are compared by likeness.", "")
    kinds: tuple[str, ...] = says("Quantisations that are published beside the adapter.", ())
    raw: str = says("An uploaded file that is not fit yet, by its id: it is kept for a day to be repaired.", "")


@dataclass(frozen=True)
class NewTuningPage:
    template: ClassVar[str] = "new_tuning.html"

    frame: Frame = says("What is around the page.")
    bases: tuple[BaseChoice, ...] = says("Models that are here, those that can be tuned first.")
    files: tuple[Choice, ...] = says("Files of examples that were uploaded before, the newest first.")
    uses: tuple[tuple[str, str], ...] = says("Number and name of the uses that are recorded.")
    kinds: tuple[tuple[str, str], ...] = says("Quantisations: word and what it is for, translated by the template.")
    form: TuningForm = says("What was typed.")
    check: CheckView | None = says("What was found in the examples; None before they were looked at.")
    estimate: EstimateView | None = says("What it will take; None before base and examples are fit.")
    opened: bool = says("Whether the settings are unfolded.", False)
    error: str = says("Why the last deed failed; empty otherwise.", "")
    hint: str = says("What to do about it; empty where the error says it.", "")
