"""Records of terms as pages show them: lists with filters, and the document of one (docs/rights-io.md) in parts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from commonweight.choosing import MarketRow
from commonweight.rights import Terms
from commonweight.web.contexts import (
    AmbiguityView,
    ChangeView,
    CiteView,
    ConditionView,
    Facet,
    ItemView,
    LicenceRow,
    Option,
    Picked,
    ReachView,
    RightView,
    UnderView,
    Word,
)
from commonweight.web.links import with_query
from commonweight.web.presenting.words import (
    CHANGE_WORDS,
    DUTY_TITLES,
    EVIDENCE_WORDS,
    GRANT_WORDS,
    OPENNESS_WORDS,
    REVIEW_WORDS,
    SECTION_NAMES,
    _,
    other_word,
    verdict_word,
)

LICENCES: Final = "/docs/licences"  # `docs` is a reserved name: no account can stand in its way
_NARROW: Final = {"prohibited": "stop", "needs_permission": "ask", "unclear": "split"}
_DRAWN: Final = {"full": "full", "duty_only": "duty", "none": "free", "banned": "banned"}
Item = Mapping[str, Any]


def licence_address(key: str) -> str:
    return f"{LICENCES}/{quote(key, safe='')}"


# The list


@dataclass(frozen=True)
class Kind:
    """
    One filter of the list: its parameter, its title, the word that a record has in it, how that is shown, and the words
    there are (none: any).
    """

    name: str
    title: str
    word_of: Callable[[Terms], str]
    shown: Callable[[str], Word]
    words: Collection[str] = ()

    def knows(self, word: str) -> bool:
        return word in self.words if self.words else bool(word)


KINDS: Final = (
    Kind("class", _("How open"), lambda terms: terms.openness, OPENNESS_WORDS.__getitem__, OPENNESS_WORDS),
    Kind("review", _("Record"), lambda terms: terms.review.status, REVIEW_WORDS.__getitem__, REVIEW_WORDS),
    Kind("family", _("Family"), lambda terms: terms.family, other_word),
)


@dataclass(frozen=True)
class LicenceSelection:
    """What the reader asked for: words searched for, and per filter the values picked (none means all)."""

    query: str = ""
    picked: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def fits(self, terms: Terms, *, but: str = "") -> bool:
        """Whether a record is shown; `but` leaves one filter out of account, for its own counts."""
        found = all(word in _text(terms) for word in self.query.lower().split())
        kinds = (kind for kind in KINDS if kind.name != but and self.picked.get(kind.name))
        return found and all(kind.word_of(terms) in self.picked[kind.name] for kind in kinds)

    def address(self, without: tuple[str, str] = ("", "")) -> str:
        pairs = [(kind.name, value) for kind in KINDS for value in sorted(self.picked.get(kind.name, ()))]
        return with_query(LICENCES, [pair for pair in [("q", self.query), *pairs] if pair != without])


def _text(terms: Terms) -> str:
    return " ".join((terms.key, terms.title, terms.family, terms.licensor, *terms.names)).lower()


def licence_facets(records: Sequence[Terms], selection: LicenceSelection) -> tuple[Facet, ...]:
    return tuple(_facet(kind, records, selection) for kind in KINDS)


def _facet(kind: Kind, records: Sequence[Terms], selection: LicenceSelection) -> Facet:
    words = [kind.word_of(terms) for terms in records if selection.fits(terms, but=kind.name)]
    every = sorted({kind.word_of(terms) for terms in records}, key=lambda word: (-words.count(word), word))
    chosen = selection.picked.get(kind.name, frozenset())
    options = (Option(word, kind.shown(word), words.count(word), word in chosen) for word in every)
    return Facet(kind.name, kind.title, tuple(options))


def licences_picked(selection: LicenceSelection) -> tuple[Picked, ...]:
    chosen = [(kind, value) for kind in KINDS for value in sorted(selection.picked.get(kind.name, ()))]
    found = [Picked(kind.shown(value).text, selection.address((kind.name, value))) for kind, value in chosen]
    if selection.query:
        found.insert(0, Picked(f"“{selection.query}”", selection.address(("q", selection.query))))
    return tuple(found)


def licence_row(terms: Terms) -> LicenceRow:
    return LicenceRow(
        key=terms.key,
        href=licence_address(terms.key),
        title=terms.title,
        licensor=terms.licensor,
        effective="" if terms.effective is None else terms.effective.isoformat(),
        openness=OPENNESS_WORDS[terms.openness],
        review=REVIEW_WORDS[terms.review.status],
    )


# One record. What comes from its document is in the reader's language already.


def licence_facts(told: Item) -> tuple[tuple[str, str], ...]:
    source = told["source"]
    read = f"{source['repository']} {source['path']} @ {source['commit']}, {source['read']}"
    names = ", ".join(dict.fromkeys(name for ids in told["ids"].values() for name in ids))
    pairs = (
        (_("Key"), told["key"]),
        (_("Family"), told["family"]),
        (_("Version"), told["version"]),
        (_("Day of the text"), told["effective"] or ""),
        (_("Licensor"), told["licensor"]),
        (_("Replaced"), told["supersedes"] or ""),
        (_("Replaced by"), ", ".join(told["superseded_by"])),
        (_("Also called"), names),
        (_("Where it was read"), read),
    )
    return tuple((name, value) for name, value in pairs if value)


def review_text(told: Item) -> str:
    review = told["review"]
    return " ".join(part for part in (review["says"], review["note"], f"({review['by']}, {review['date']})") if part)


def _cite(entry: Item) -> CiteView:
    return CiteView(entry["clause"], EVIDENCE_WORDS.get(entry["evidence"]))


def _condition(entry: Item | None) -> ConditionView | None:
    if entry is None:
        return None
    parts = (_condition(part) for part in entry.get("parts", ()))
    return ConditionView(entry["says"], entry.get("joint", ""), tuple(part for part in parts if part))


def right_view(right: Item) -> RightView:
    limited = right["value"] == "yes" and "when" in right
    otherwise = right.get("otherwise")
    return RightView(
        name=right["name"],
        word=GRANT_WORDS["limited" if limited else right["value"]],
        reason=right["reason"],
        when=_condition(right.get("when")),
        otherwise=verdict_word(otherwise) if otherwise and limited else None,
        remedy=right.get("remedy", ""),
        cite=_cite(right),
    )


def _item(entry: Item, reason: str, **more: Any) -> ItemView:
    plain: dict[str, Any] = {
        "id": entry.get("id", ""), "title": "", "tone": "plain", "effect": "", "when": None, "unless": None, "notes": (),
        "words": (), "text": "", "href": "", "reason": reason, "cite": _cite(entry),
    }  # fmt: skip
    return ItemView(**{**plain, **more})


def gate_view(gate: Item) -> ItemView:
    notes = (gate["clock_says"], gate.get("remedy", ""), gate.get("watch", ""), *gate.get("over", ()))
    return _item(
        gate,
        gate["reason"],
        tone=_NARROW[gate["effect"]],
        effect=gate["says"],
        when=_condition(gate["when"]),
        notes=tuple(note for note in notes if note),
    )


def policy_view(policy: Item) -> ItemView:
    moves = (_("It binds as it then stands: it may change without the licence changing."),) if policy["dynamic"] else ()
    return _item(policy, policy["observe"], title=policy["title"], href=policy["url"] or "", notes=moves)


def ban_view(ban: Item) -> ItemView:
    return _item(
        ban,
        ban["reason"],
        tone="stop",
        effect=ban["says"],
        when=_condition(ban.get("when")),
        unless=_condition(ban.get("unless")),
        words=tuple(purpose["says"] for purpose in ban["purposes"]),
        notes=tuple(note for note in (ban.get("observe", ""), ban.get("remedy", "")) if note),
    )


def duty_view(duty: Item) -> ItemView:
    doubt = duty.get("doubt")
    return _item(
        duty,
        duty["reason"],
        title=DUTY_TITLES.get(duty["do"], duty["do"]),
        tone="duty",
        when=_condition(duty["when"]),
        text=duty.get("text", ""),
        words=tuple(duty["where"]),
        notes=(doubt["note"],) if doubt else (),
    )


def reach_view(reach: Item) -> ReachView:
    drawn = "unsaid" if reach["mode"] in ("silent", "unread") else _DRAWN[reach["mode"]]
    return ReachView(reach["name"], reach["says"], drawn, reach["note"], _cite(reach))


def propagates_view(told: Item) -> ItemView:
    found = told["propagates"]
    return _item(found, found["note"], effect=found["says"], words=tuple(found["compatible"]))


def outputs_view(told: Item) -> ItemView:
    found = told["outputs"]
    return _item(found, found["note"], effect=f"{found['owner_says']} {found['training_says']}")


def ending_view(end: Item) -> ItemView:
    return _item(end, end["note"], title=end["name"], effect=end["says"])


def ambiguity_view(entry: Item) -> AmbiguityView:
    readings = (
        (one["id"], one["says"], verdict_word(one["value"]), one["id"] == entry["default"]) for one in entry["readings"]
    )
    return AmbiguityView(entry["id"], entry["question"], tuple(readings), _condition(entry.get("when")), _cite(entry))


def change_view(change: Item) -> ChangeView:
    name = SECTION_NAMES[change["section"]]
    return ChangeView(name, CHANGE_WORDS[change["change"]], change["before"], change["after"])


def under_views(rows: Sequence[MarketRow], terms: Terms) -> tuple[UnderView, ...]:
    """Models that stand under a text: those that name it first."""
    names = {name.lower() for name in (terms.key, *terms.names)}
    found = [
        UnderView(row.id, row.page, row.hosted, any(name.lower() in names for name in row.licences))
        for row in rows
        if terms.key in row.terms
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_own, not one.is_hosted, one.id.lower())))
