"""The check of a file of examples, line by line, in bounded memory (contract, section 9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from commonweight.files import Finding
from commonweight.tuning.data.alike import Alike, Pairs
from commonweight.tuning.data.answers import targets
from commonweight.tuning.data.canonical import canonical
from commonweight.tuning.data.examples import form_of, problems_of
from commonweight.tuning.data.forms import LineForm
from commonweight.tuning.data.personal import Personal
from commonweight.tuning.data.problems import Problem
from commonweight.tuning.data.reading import Read
from commonweight.tuning.data.warnings import Warnings

FEWEST: Final = 10  # examples
MOST: Final = 2_000_000  # each is remembered by 28 bytes
FEW: Final = 50  # below these, a model learns a form at most; and too few can be held out to judge it
LONG: Final = 24_000  # characters: some 6,000 tokens, more than many small models read
ONE_SIDED: Final = 0.9  # the share of one answer that makes labels one-sided


class TuningLines:
    """
    A `LineCheck` for files of the purpose fine-tune: one form for all lines, at least FEWEST examples, and every line as
    it has to be. What is no error is told by `facts`: duplicates, contradictions, odd characters, personal data. Nothing
    that stands in a line is kept or repeated there.
    """

    def __init__(self, personal: Callable[[], Personal] = Personal.looking, of_a_kind: int | None = None) -> None:
        self._personal = personal()
        self._form: tuple[LineForm, int] | None = None  # and the line that said it first
        self._lines = 0
        self._characters = 0
        self._learnt = 0  # characters of the answers that are learnt
        self._alike = Alike()
        self._duplicates = Pairs(0, ())
        self._kinds: Counter[str] = Counter()
        self.warnings = Warnings() if of_a_kind is None else Warnings(of_a_kind)

    def line(self, number: int, document: Mapping[str, Any]) -> Iterable[Finding]:
        self._lines += 1
        if self._lines == MOST + 1:
            yield Finding(None, "too_many_lines", f"The file has more than {MOST:,} examples.")
        if self._lines > MOST:
            return
        form = form_of(document)
        if isinstance(form, Problem):
            yield _finding(number, form)
            return
        if self._form is None:
            self._form = form, number
        elif form is not self._form[0]:
            yield _finding(number, self._mixed(form))
            return
        problems = [_finding(number, found) for found in problems_of(document, form)]
        yield from problems
        if not problems:
            self._look(number, document, form)

    def _mixed(self, form: LineForm) -> Problem:
        assert self._form is not None
        first, line = self._form
        message = f"The line is an example of {form.value}; line {line} is one of {first.value}, and a file is of one form."
        return Problem("mixed_forms", "", message)

    def _look(self, number: int, document: Mapping[str, Any], form: LineForm) -> None:
        """At a line without errors."""
        read = Read.of(document, canonical(document), form)
        self._characters += read.characters
        self._learnt += read.learnt
        self._kinds[read.kind] += 1
        self._alike.add(number, *read.hashes)
        for param, code, message in read.suspicions():
            self._warn(number, code, message, param)
        if read.characters > LONG:
            self._warn(number, "long_line", f"it has {read.characters:,} characters, which may not fit into the model", None)
        if self._personal.due(read.characters):
            for param, text in read.texts:
                for code, message in self._personal.kinds(text):
                    self._warn(number, code, message, param)

    def _warn(self, number: int, code: str, message: str, param: str | None) -> None:
        self.warnings.add(number, code, f"{f'{param!r}: ' if param else ''}{message}.", param)

    def end(self) -> Iterable[Finding]:
        self._look_at_all()
        if self._lines < FEWEST:
            yield Finding(None, "too_few_lines", f"The file has {self._lines} examples; at least {FEWEST} were expected.")

    def _look_at_all(self) -> None:
        """At what only all lines together tell."""
        warn, alike = self.warnings.add_all, self._alike
        self._duplicates = alike.duplicates()
        warn("duplicate", self._duplicates, "it says the same as line {}")
        if self._form and self._form[0] is not LineForm.PREFERENCE:  # several pairs to one question are usual
            warn("contradiction", alike.contradictions(), "it asks what line {} asks, and answers otherwise")
        if FEWEST <= self._lines < FEW:
            message = (
                f"The file has {self._lines} examples. A model learns a form from so few, hardly more; 100 are a start."
            )
            self.warnings.add(None, "few_lines", message)
        told = alike.answers()
        if len(alike) > 1 and told.distinct == 1:
            self.warnings.add(None, "constant_answers", "All answers are the same: a model would learn to say just that.")
        elif told.most_common >= ONE_SIDED:
            message = f"{told.most_common:.0%} of the answers are the same: a model may learn to say just that."
            self.warnings.add(None, "one_sided_answers", message)

    def facts(self) -> Mapping[str, Any]:
        """What is kept with a file. `warnings` are the first, `warning_counts` count all of them by code."""
        return {
            "lines": self._lines,
            "form": self._form[0].value if self._form else None,
            "examples": len(self._alike),
            "duplicates": self._duplicates.count,
            "characters": self._characters,
            "learnt_characters": self._learnt,
            "targets": targets(self._kinds, self._alike.answers()),
            "personal_data_looked_for": round(self._personal.share, 4),
            "warnings": self.warnings.document(),
            "warning_counts": dict(sorted(self.warnings.counts.items())),
        }


def _finding(number: int, found: Problem) -> Finding:
    return Finding(number, found.code, found.message, found.param or None)
