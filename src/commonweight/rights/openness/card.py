"""What a card says, section by section: enough to tell a filled-in section from a template's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from commonweight.rights.openness.osaid import DATA_STATEMENTS

MAX_SECTIONS: Final = 400  # headings of one card; real ones have below a hundred
MAX_TITLE: Final = 200  # characters of a heading that are looked at
LEAST_TEXT: Final = 40  # characters below which a section says nothing yet
LEAST_DATA_TEXT: Final = 200  # a sentence on the data is a claim; a paragraph or two can describe it
LEAST_STATEMENTS: Final = 2  # of DATA_STATEMENTS: below that it is a mention, not a description

_UNFILLED: Final = re.compile(r"\[?more information needed\]?|\[optional\]|\btodo\b|\btbd\b", re.IGNORECASE)
_GENERATED: Final = re.compile(
    r"model card has been generated automatically|automatically generated|generated from (the )?trainer", re.IGNORECASE
)

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
        r"\d[\d.,]{0,20}\s{0,3}(k|m|b|bn|t|thousand|million|billion|trillion)?\s{0,3}"
        r"(tokens|examples|samples|rows|documents|images|hours|words|sentences|pairs|conversations|pages|files|gb|tb|mb)\b"
        r"|\blanguages\b",
        re.IGNORECASE,
    ),
    "selection": re.compile(r"select|sampled|chosen|obtained|collected|crawl|gather|curat|\bmix(ture)?\b", re.IGNORECASE),
    "processing": re.compile(
        r"filter|de-?duplicat|clean|label|annotat|pre-?process|normali[sz]|remov|tokeni[sz]", re.IGNORECASE
    ),
    "public_list": re.compile(r"https?://|datasets/\w|\w[\w.-]{0,60}/[\w.-]|available (at|from|on)", re.IGNORECASE),
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
        text = " ".join(_UNFILLED.sub(" ", without_comments(self.body)).split())
        return text if len(text) >= LEAST_TEXT else ""

    @property
    def is_unfilled(self) -> bool:
        """A template's section that nobody has filled in."""
        return not self.filled and bool("<!--" in self.body or _UNFILLED.search(self.body))


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
        left = sum(section.is_unfilled for section in self.sections)
        return left > sum(bool(section.filled) for section in self.sections)

    @property
    def has_figures(self) -> bool:
        """A table with numbers in a section on evaluation."""
        bodies = (section.body for section in self.sections if TOPICS["evaluation"].search(section.title))
        return any(_is_figures(line) for body in bodies for line in body.splitlines())

    def data(self) -> DataText:
        return data_text(self.on("data"))


def data_text(text: str) -> DataText:
    """Which statements a description of data makes."""
    found = frozenset(key for key, pattern in _STATEMENTS.items() if pattern.search(text))
    return DataText(len(text), found)


def sections_of(text: str) -> tuple[Section, ...]:
    """The sections of a Markdown text; what stands before the first heading has the title ""."""
    titles, bodies = [""], [list[str]()]
    for line in text.splitlines():
        title = _title(line) if len(titles) < MAX_SECTIONS else ""
        if title:
            titles.append(title)
            bodies.append([])
        else:
            bodies[-1].append(line)
    return tuple(Section(title, "\n".join(body)) for title, body in zip(titles, bodies, strict=True))


def _title(line: str) -> str:
    """The text of a heading, or of a line that is bold alone; empty for any other line."""
    line = line[:MAX_TITLE].strip()
    if line.startswith("#"):
        return line.strip("#").strip()
    bare = line.rstrip(":")
    return bare.strip("*").strip() if len(bare) > 4 and bare.startswith("**") and bare.endswith("**") else ""


def _is_figures(line: str) -> bool:
    """A row of a table with a number in it."""
    line = line.strip()
    return line.startswith("|") and line.endswith("|") and any(character.isdigit() for character in line)


def without_comments(text: str) -> str:
    """The text without what stands between `<!--` and `-->`, or to the end where nothing closes it."""
    first, *rest = text.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in rest)
