"""Why a verdict came out otherwise, or may not be the answer any more, as people see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commonweight.policy import STALE_KINDS, Stale
from commonweight.web.contexts import StaleView, Word
from commonweight.web.links import with_query
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.words import _

CHANGES: Final = "/rights/changes"

CAUSE_WORDS: Final[Mapping[str, Word]] = {
    key: Word(key, text, "plain", icon, meaning)
    for key, text, icon, meaning in (
        ("organisation", _("Fact about us"), "person", _("A fact about the organisation changed.")),
        ("use", _("Fact about the use"), "scales", _("A fact about the use changed.")),
        ("default", _("Other default use"), "scales", _("Another use became the default.")),
        ("permission", _("Permission"), "key", _("A permission was recorded or ended.")),
        ("decision", _("Decision"), "check-list", _("An exception or a reading was recorded or ended.")),
        ("day", _("A date came"), "clock", _("Something lapsed or began, or a figure got old.")),
        ("records", _("Record of terms"), "book", _("A record of terms, or the engine, changed.")),
        ("commit", _("New commit"), "file", _("A new commit says otherwise.")),
        ("lineage", _("Lineage"), "split", _("Something in the lineage changed.")),
        ("visibility", _("Opened or closed"), "lock", _("The repository was opened or closed.")),
        ("document", _("Document that moves"), "flag", _("A document that the terms incorporate changed.")),
        ("use_ended", _("Use given up"), "close", _("The use that it was given for was given up.")),
        ("gone", _("Gone"), "close", _("What it is about is not kept here any more, or goes by another name.")),
    )
}


def cause_word(kind: str) -> Word:
    return CAUSE_WORDS.get(kind) or Word(kind, kind, "plain", "info", STALE_KINDS.get(kind, ""))


def stale_view(stale: Stale | None, *, has_account: bool) -> StaleView | None:
    """What changed for the same cause is in the feed, which is for those who have an account."""
    if stale is None:
        return None
    told = stale.cause_id is not None and has_account
    return StaleView(
        reason=cause_word(stale.kind).meaning,
        about=stale.about,
        since=minute_text(stale.since) if stale.since else "",
        href=f"/verdicts/{stale.superseded_by}" if stale.superseded_by else "",
        is_waiting=not stale.superseded_by and stale.kind not in ("use_ended", "gone"),
        changes=with_query(CHANGES, [("cause", str(stale.cause_id))]) if told else "",
    )
