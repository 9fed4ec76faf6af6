"""Suspected bases, as the page of a lineage shows them to the few who may see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from commonweight.vetting import OPEN, RELATIONS, STRENGTHS, Claims, Evidence, Suspect, Suspicions
from commonweight.web.contexts import BarView, HeaderView, SuspectsView, SuspectView, Word
from commonweight.web.links import of_repository
from commonweight.web.presenting.measures import day_text, exact_text, minute_text, size_text
from commonweight.web.presenting.words import RELATION_NAMES, _

MAX_SAID: Final = 40  # lines; the shards of a model say the same, and broken ones are as many
STRENGTH_WORDS: Final[Mapping[str, Word]] = {
    "strong": Word("strong", _("strong evidence"), "ask", "flag", STRENGTHS["strong"]),
    "some": Word("some", _("some evidence"), "ask", "half", STRENGTHS["some"]),
    "weak": Word("weak", _("weak evidence"), "unknown", "question", STRENGTHS["weak"]),
}
STATE_WORDS: Final[Mapping[str, Word]] = {
    "open": Word("open", _("to be decided"), "ask", "question", _("Nobody has said yet whether it is so.")),
    "confirmed": Word("confirmed", _("confirmed"), "good", "check", _("A step of the lineage, for everybody.")),
    "dismissed": Word("dismissed", _("dismissed"), "plain", "stop", _("Not raised again for the same bytes.")),
}
FIRST_WORDS: Final[Mapping[str, Word]] = {
    "earlier": Word("earlier", _("Its bytes were here first."), "plain", "clock", ""),
    "known_original": Word(
        "known_original", _("The catalogue knows it as an original, made from no other model."), "plain", "book", ""
    ),
}
_FILES: Final = _("files of weights")  # drawn where a whole file is the same; most fine-tunes share none
_ALIKE: Final = (
    ("same_config", _("Architecture and dimensions are the same.")),
    ("same_vocabulary", _("The vocabulary is the same.")),
)


def suspects_view(found: Suspicions, action: str, problem: str = "") -> SuspectsView:
    """Open ones first, each with its bars."""
    ordered = sorted(found.shown, key=lambda one: one.state != OPEN)
    return SuspectsView(
        action,
        tuple(_view(one) for one in ordered),
        sum(one.state == OPEN for one in found.shown),
        found.hidden or 0,
        tuple((key, RELATION_NAMES[key]) for key in RELATIONS),
        problem,
    )


def header_views(claims: Claims) -> tuple[HeaderView, ...]:
    """Who says what, file by file."""
    said = [HeaderView(one.path, "licence", one.name or one.tag) for one in claims.licences]
    said += [HeaderView(one.path, "base", one.name) for one in claims.bases]
    said += [HeaderView(path, "note", note) for path, note in claims.notes]
    return tuple(sorted(said[:MAX_SAID], key=lambda one: (one.path, one.kind)))


def _view(one: Suspect) -> SuspectView:
    evidence = one.evidence
    return SuspectView(
        id=one.id,
        base=one.name,
        href=of_repository(one.base) if one.base is not None else "",
        state=STATE_WORDS[one.state],
        strength=STRENGTH_WORDS[one.strength],
        bars=_bars(evidence),
        is_sample=not evidence.exact,
        alike=tuple(text for name, text in _ALIKE if getattr(evidence, name)),
        why_first=FIRST_WORDS[evidence.why_first],
        base_since=_minute(evidence.base_since),
        own_since=_minute(evidence.own_since),
        relation=one.relation,
        decided=", ".join(filter(None, (one.decided_by, day_text(one.decided_at)))) if one.decided_at else "",
        reason=one.reason,
    )


def _minute(moment: str) -> str:
    return minute_text(datetime.fromisoformat(moment)) if moment else ""


def _bars(evidence: Evidence) -> tuple[BarView, ...]:
    counted = (
        (_("bytes"), evidence.shared_bytes, evidence.bytes, size_text),
        (_("tensors compared"), evidence.tensors, evidence.sampled, exact_text),
        (_FILES, evidence.equal_files, evidence.files, exact_text),
    )
    return tuple(
        BarView(label, _percent(part, whole), text(part), text(whole))
        for label, part, whole, text in counted
        if whole and (part or label != _FILES)
    )


def _percent(part: int, whole: int) -> int:
    """What is there at all is never shown as nothing, and what lacks something never as all."""
    found = round(100 * part / whole)
    return min(99, max(1, found)) if 0 < part < whole else found
