"""What a card says, section by section: enough to tell a filled-in section from a template's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from commonweight.rights.openness.osaid import DATA_STATEMENTS

MAX_SECTIONS: Final = 400  # headings of one card; real ones have below a hundred
LEAST_TEXT: Final = 40  # characters below which a section says nothing yet
LEAST_DATA_TEXT: Final = 200  # a sentence on the data is a claim; a paragraph or two can describe it
LEAST_STATEMENTS: Final = 2  # of DATA_STATEMENTS: below that it is a mention, not a description

_HEADING: Final = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$|^\*\*([^*]{3,60})\*\*:?\s*$", re.MULTILINE)
_TEMPLATE: Final = re.compile(
    r"\[?more information needed\]?|\[optional\]|<!--.*?-->|\btodo\b|\btbd\b", re.IGNORECASE | re.DOTALL
)
_GENERATED: Final = re.compile(
    r"model card has been generated automatically|automatically generated|generated from (the )?trainer", re.IGNORECASE
)
_FIGURES: Final = re.compile(r"^\s*\|.*\d.*\|\s*$", re.MULTILINE)

#: Which headings speak of what.
TOPICS: Final = {
    "intended_use": re.compile(
        r"intended use|\buses?\b|use cases?|direct use|what (it|this) is for|uso previsto", re.IGNORECASE
    ),
    "limits": re.compile(r"limitation|limits|out[- ]of[- ]scope|bias|risk|known issue|caveat|limitaciones", re.IGNORECASE),
    "data": re.compile(
        r"(training|pre-?training|tuning) (data|corpus|set|mix)|\bdata ?sets?\b|^data\b|\bcorpus\b", re.IGNORECASE
    ),
    "evaluation": re.compile(r"evaluation|results?\b|benchmark|performance|metrics", re.IGNORECASE),
    "samples": re.compile(
        r"(sample|example)s? (model )?outputs?|example (answers|generations)|gallery|samples\b", re.IGNORECASE
    ),
    "settings": re.compile(r"hyper-?parameters?|training (procedure|details|setup|configuration|arguments)", re.IGNORECASE),
    "integration": re.compile(r"how to|usage|quick ?-?start|getting started|inference|deploy|installation", re.IGNORECASE),
}
_STATEMENTS: Final = {
    "provenance": re.compile(
        r"\bsources?\b|collected|crawl|scrap|derived from|taken from|wikipedia|github|generated (by|with)|licensed from",
        re.IGNORECASE,
    ),
    "scope": re.compile(
        r"\d[\d.,]*\s*(k|m|b|bn|t|thousand|million|billion|trillion)?\s*"
        r"(tokens|examples|samples|rows|documents|images|hours|words|sentences|pairs|conversations|pages|files|gb|tb|mb)\b"
        r"|\blanguages\b",
        re.IGNORECASE,
    ),
    "selection": re.compile(r"select|sampled|chosen|obtained|collected|crawl|gather|curat|\bmix(ture)?\b", re.IGNORECASE),
    "processing": re.compile(
        r"filter|de-?duplicat|clean|label|annotat|pre-?process|normali[sz]|remov|tokeni[sz]", re.IGNORECASE
    ),
    "public_list": re.compile(r"https?://|datasets/[\w.-]+|\b[\w.-]+/[\w.-]+\b|available (at|from|on)", re.IGNORECASE),
    "third_party_list": re.compile(
        r"third[- ]part|licensed (data|from)|purchas|proprietary data|all (of )?(the |our )?data (is|are) public"
        r"|only public|no (private|licensed|third|proprietary)|publicly available only",
        re.IGNORECASE,
    ),
}
_FOR_A_DATA_CARD: Final = ("provenance", "scope", "processing")  # what the framework asks of one


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    body: str

    @property
    def filled(self) -> str:
        """Its text without what a template left in it; empty where that says nothing."""
        text = " ".join(_TEMPLATE.sub(" ", self.body).split())
        return text if len(text) >= LEAST_TEXT else ""


@dataclass(frozen=True, slots=True)
class DataText:
    """A description of data: how long it is, and which statements (ids of `DATA_STATEMENTS`) were found in it."""

    length: int
    statements: frozenset[str]

    @property
    def is_description(self) -> bool:
        """More than a mention."""
        return self.length >= LEAST_DATA_TEXT and len(self.statements) >= LEAST_STATEMENTS

    @property
    def is_data_card(self) -> bool:
        """Sources, characteristics and preprocessing, as the framework asks."""
        return self.is_description and self.statements.issuperset(_FOR_A_DATA_CARD)

    @property
    def lacks(self) -> tuple[str, ...]:
        """The statements that were not found, in the definition's order."""
        return tuple(words for key, words in DATA_STATEMENTS if key not in self.statements)


class CardText:
    """A card's text by section."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sections = sections_of(text)

    def on(self, topic: str) -> str:
        """What the filled sections on a topic of `TOPICS` say, together; empty where there is none."""
        pattern = TOPICS[topic]
        return "\n".join(section.filled for section in self.sections if section.filled and pattern.search(section.title))

    @property
    def is_generated(self) -> bool:
        return bool(_GENERATED.search(self.text))

    @property
    def is_template(self) -> bool:
        """More of its sections are a template's than filled in."""
        left = sum(bool(_TEMPLATE.search(section.body)) and not section.filled for section in self.sections)
        return left > sum(bool(section.filled) for section in self.sections)

    @property
    def has_figures(self) -> bool:
        """A table with numbers in a section on evaluation."""
        bodies = (section.body for section in self.sections if TOPICS["evaluation"].search(section.title))
        return any(_FIGURES.search(body) for body in bodies)

    def data(self) -> DataText:
        return data_text(self.on("data"))


def data_text(text: str) -> DataText:
    """Which statements a description of data makes."""
    found = frozenset(key for key, pattern in _STATEMENTS.items() if pattern.search(text))
    return DataText(len(text), found)


def sections_of(text: str) -> tuple[Section, ...]:
    """The sections of a Markdown text; what stands before the first heading has the title ""."""
    marks = list(_HEADING.finditer(text))[:MAX_SECTIONS]
    starts: Iterable[tuple[str, int, int]] = [("", 0, 0), *((m[2] or m[3], m.start(), m.end()) for m in marks)]
    starts = list(starts)
    ends = [start for _title, start, _end in starts[1:]] + [len(text)]
    return tuple(Section(title, text[begin:end]) for (title, _start, begin), end in zip(starts, ends, strict=True))
