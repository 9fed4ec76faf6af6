"""The rows of the market: one model each, kept here or only known, with what one needs to choose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from commonweight.errors import InvalidInput
from commonweight.rights import LABELS, VALUES, Openness

OFFERS: Final[dict[str, str]] = {
    "free": "Anyone may get it without asking.",
    "plan": "It is offered for money, or by permission.",
    "ask": "It is given out on request or registration.",
}
DEEDS: Final[dict[str, str]] = {
    "try": "An engine here can run it.",
    "download": "It is kept here and can be downloaded.",
    "read_why_not": "The standing verdict does not let it be used.",
    "see_terms": "It is known and not kept here: see its terms and how to bring it in.",
}
SORTS: Final[dict[str, str]] = {
    "best": "Models that can be tried first, then by verdict, openness and name.",
    "name": "By name.",
    "publisher": "By publisher, then name.",
    "newest": "Newest release or change first.",
    "openness": "Most open first.",
    "verdict": "What may be used first.",
}
MAX_SEARCH: Final = 200  # characters; a name has 193 at most
_DEED_ORDER: Final = {word: rank for rank, word in enumerate(("try", "download", "see_terms", "read_why_not"))}
_VALUE_ORDER: Final = {word: rank for rank, word in enumerate(VALUES)}
_LABEL_ORDER: Final = {word: rank for rank, word in enumerate(LABELS)}


@dataclass(frozen=True)
class MarketRow:
    """
    One model. `id` is `namespace/name` or the id of a known model; `key` tells rows apart. `value`, `headline` and
    `verdict_id` are of the standing use; `review` is the weakest review status among the records that decided it.
    """

    key: str
    id: str
    name: str
    publisher: str
    hosted: bool
    page: str  # path on this server
    parameters: str  # as claimed: "135M", "8B, 70B"; empty where nobody says
    size: int  # bytes of the files kept here; 0 for a known model
    modality: tuple[str, ...]
    released: str  # a day, month or year; the day of the last change for a hosted model
    openness: Openness
    evidence: str  # how the terms were learned: files, or the catalogue's mark (text, registry, secondary, unverified)
    value: str
    headline: str
    review: str
    verdict_id: str
    offer: str  # a word of OFFERS
    offer_note: str  # the condition in a few words, or empty
    deed: str  # a word of DEEDS
    licences: tuple[str, ...]
    private: bool = False
    downloads: int = 0
    commit: str = ""
    tags: tuple[str, ...] = ()
    reason: str = ""  # the first of the verdict's reasons: the clause or the missing fact behind the headline
    stale: bool = False  # what the verdict rests on changed and waits for somebody: see `stale_reason`
    stale_reason: str = ""
    terms: tuple[str, ...] = ()  # keys of the terms that reach it, its own and those of its lineage
    text: str = field(default="", repr=False)  # what a search looks into, in lower case

    @property
    def label(self) -> str:
        """The short word of openness: a key of `rights.LABELS`."""
        return self.openness.label.value


@dataclass(frozen=True)
class MarketFilters:
    """What to show. An empty word does not filter. `hosted` True shows what is kept here, False what is only known."""

    search: str = ""
    hosted: bool | None = None
    verdict: str = ""
    label: str = ""
    modality: str = ""
    offer: str = ""
    sort: str = "best"

    def checked(self) -> MarketFilters:
        """This, if its words are in the vocabulary. Raises InvalidInput."""
        if len(self.search) > MAX_SEARCH:
            raise InvalidInput(f"The search has {len(self.search)} characters; at most {MAX_SEARCH} are looked for.")
        for name, value, words in (
            ("verdict", self.verdict, VALUES),
            ("label", self.label, LABELS),
            ("offer", self.offer, OFFERS),
            ("sort", self.sort, SORTS),
        ):
            if value not in words and (value or name == "sort"):
                raise InvalidInput(
                    f"{name} is {value!r}; expected one of {', '.join(words)}.", hint="Leave it out to see all."
                )
        return self

    def fits(self, row: MarketRow) -> bool:
        """Whether a row is to be shown."""
        return (
            self.hosted in (None, row.hosted)
            and self.verdict in ("", row.value)
            and self.label in ("", row.label)
            and self.offer in ("", row.offer)
            and (not self.modality or self.modality in row.modality)
            and all(word in row.text for word in self.search.lower().split())
        )


@dataclass(frozen=True)
class Counts:
    """How many rows have each word, for the filters of a page."""

    hosted: Mapping[bool, int]
    verdict: Mapping[str, int]
    label: Mapping[str, int]
    modality: Mapping[str, int]
    offer: Mapping[str, int]


def count(rows: Iterable[MarketRow]) -> Counts:
    """The rows by each filter's words."""
    rows = list(rows)
    return Counts(
        hosted=Counter(row.hosted for row in rows),
        verdict=Counter(row.value for row in rows),
        label=Counter(row.label for row in rows),
        modality=Counter(word for row in rows for word in row.modality),
        offer=Counter(row.offer for row in rows),
    )


def in_order(rows: Iterable[MarketRow], sort: str) -> list[MarketRow]:
    """Rows by a word of SORTS; rows that are equal by it stand by name."""
    by_name = sorted(rows, key=lambda row: (row.name.lower(), row.id.lower()))
    if sort == "newest":
        return sorted(by_name, key=lambda row: row.released, reverse=True)
    return sorted(by_name, key=_KEYS[sort])


_KEYS: Final = {
    "best": lambda row: (_DEED_ORDER[row.deed], _VALUE_ORDER[row.value], _LABEL_ORDER[row.label]),
    "name": lambda row: (),
    "publisher": lambda row: (row.publisher.lower(),),
    "openness": lambda row: (_LABEL_ORDER[row.label],),
    "verdict": lambda row: (_VALUE_ORDER[row.value],),
}
