"""The market's rows as a page shows them, with the counts beside its filters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from commonweight.choosing import OFFERS, MarketRow
from commonweight.policy import Use
from commonweight.rights import LABELS, VALUES, Say, plain
from commonweight.web.contexts import Deed, Facet, Heading, Option, Picked, RowView, StandingUse, VerdictBrief, Word
from commonweight.web.links import with_query
from commonweight.web.presenting.causes import CAUSE_WORDS
from commonweight.web.presenting.measures import size_text
from commonweight.web.presenting.openness import SHORT_LABELS, openness_view
from commonweight.web.presenting.words import DEED_WORDS, HOSTED_WORDS, OFFER_WORDS, _, other_word, verdict_word

_SIZE: Final = re.compile(r"\d+(?:\.\d+)?[KMBT]\b")
MAX_PARAMETER_TEXT: Final = 24  # characters; more does not fit beside the publisher


@dataclass(frozen=True)
class Kind:
    """One filter: its parameter, its title, the words a row has in it, how a word is shown, their order."""

    name: str
    title: str
    words_of: Callable[[MarketRow], tuple[str, ...]]
    shown: Callable[[str], Word]
    order: Sequence[str] = ()

    def knows(self, word: str) -> bool:
        """Whether a row could have this word: those in `order`, or any where no order is given."""
        return word in self.order if self.order else bool(word)


KINDS: Final = (
    Kind("verdict", _("May we use it?"), lambda row: (row.value,), verdict_word, tuple(VALUES)),
    Kind("hosted", _("Where"), lambda row: ("yes" if row.hosted else "no",), lambda v: HOSTED_WORDS[v], ("yes", "no")),
    Kind(
        "label",
        _("How open"),
        lambda row: (row.label,),
        lambda v: Word(v, SHORT_LABELS[v], "plain", "", LABELS[v]),
        tuple(LABELS),
    ),
    Kind("offer", _("Offer"), lambda row: (row.offer,), lambda v: OFFER_WORDS[v], tuple(OFFERS)),
    Kind("modality", _("What it works on"), lambda row: row.modality, other_word),
)
COLUMNS: Final = (
    (_("Model"), "name"),
    (_("May we use it?"), "verdict"),
    (_("How open"), "openness"),
    (_("Licence"), ""),
    (_("Offer"), ""),
    ("", ""),
)


@dataclass(frozen=True)
class Selection:
    """What the reader asked for: words searched for, sort key, and per filter the values picked (none means all)."""

    query: str = ""
    sort: str = "best"
    picked: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def fits(self, row: MarketRow, *, but: str = "") -> bool:
        """Whether a row is shown; `but` leaves one filter out of account, for its own counts."""
        return all(
            not self.picked.get(kind.name) or kind.name == but or self.picked[kind.name] & set(kind.words_of(row))
            for kind in KINDS
        )

    def address(self, *, without: tuple[str, str] = ("", ""), sort: str | None = None) -> str:
        """The page with this selection, less one value, or sorted otherwise."""
        picked = [(kind.name, value) for kind in KINDS for value in sorted(self.picked.get(kind.name, ()))]
        order = self.sort if sort is None else sort
        pairs = [("q", self.query), ("sort", "" if order == "best" else order), *picked]
        return with_query("/", [pair for pair in pairs if pair != without])


def facets(rows: Sequence[MarketRow], selection: Selection) -> tuple[Facet, ...]:
    made = (_facet(kind, rows, selection) for kind in KINDS)
    return tuple(facet for facet in made if len(facet.options) > 1)


def _facet(kind: Kind, rows: Sequence[MarketRow], selection: Selection) -> Facet:
    occurring = {word for row in rows for word in kind.words_of(row)}
    fitting = [row for row in rows if selection.fits(row, but=kind.name)]
    ordered = [word for word in kind.order if word in occurring] or sorted(occurring)
    picked = selection.picked.get(kind.name, frozenset())
    options = (Option(word, kind.shown(word), _count(kind, fitting, word), word in picked) for word in ordered)
    return Facet(kind.name, kind.title, tuple(options))


def _count(kind: Kind, rows: Iterable[MarketRow], word: str) -> int:
    return sum(word in kind.words_of(row) for row in rows)


def picked(selection: Selection) -> tuple[Picked, ...]:
    found = [
        Picked(kind.shown(value).text, selection.address(without=(kind.name, value)))
        for kind in KINDS
        for value in sorted(selection.picked.get(kind.name, ()))
    ]
    if selection.query:
        found.insert(0, Picked(f"“{selection.query}”", selection.address(without=("q", selection.query))))
    return tuple(found)


def headings(selection: Selection) -> tuple[Heading, ...]:
    return tuple(
        Heading(title, selection.address(sort=sort) if sort else "", "ascending" if sort and sort == selection.sort else "")
        for title, sort in COLUMNS
    )


def row_view(row: MarketRow, speak: Say = plain) -> RowView:
    rights = f"{row.page}/rights" if row.hosted else row.page
    return RowView(
        id=row.id,
        href=row.page,
        is_hosted=row.hosted,
        meta=_meta(row),
        openness=openness_view(row.openness, speak),
        verdict=VerdictBrief(verdict_word(row.value), row.reason or row.headline, rights, _stale(row)),
        licences=row.licences,
        offer=_offer(row),
        deed=_deed(row, rights),
    )


def _stale(row: MarketRow) -> str:
    """A row stands on what holds, but for a document that changed and waits for somebody's review."""
    return CAUSE_WORDS["document"].meaning if row.stale else ""


def _meta(row: MarketRow) -> tuple[str, ...]:
    size = size_text(row.size) if row.size else ""
    publisher = "" if row.hosted else row.publisher
    name = "" if row.hosted else row.name
    facts = (name, publisher, short_list(row.parameters), size, ", ".join(row.modality), row.released)
    return tuple(fact for fact in facts if fact)


def short_list(parameters: str) -> str:
    """
    "7B, 13B, 70B" -> "7B – 70B", "132B total, 36B active" -> "132B, 36B": the sizes, at most from first to last
    """
    sizes = list(dict.fromkeys(_SIZE.findall(parameters)))
    if not sizes:
        return parameters[:MAX_PARAMETER_TEXT]
    return ", ".join(sizes) if len(sizes) < 3 else f"{sizes[0]} – {sizes[-1]}"


def _offer(row: MarketRow) -> str:
    """The condition in a few words where there is one; of what is paid the word says enough."""
    return row.offer_note if row.offer_note and row.offer != "plan" else OFFER_WORDS[row.offer].text


def _deed(row: MarketRow, rights: str) -> Deed:
    pages = {"try": f"{row.page}/chat", "download": f"{row.page}/tree/main", "read_why_not": rights}
    return Deed(DEED_WORDS[row.deed], pages.get(row.deed, row.page))


def use_view(use: Use, *, may_edit: bool) -> StandingUse:
    return StandingUse(use.name, f"/rights/uses/{use.id}", may_edit)
