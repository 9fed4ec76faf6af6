"""From a pack to what its page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from commonweight.rights import Records, in_language
from commonweight.rights.pack import DIFFERS, DONE, EXTENDS, MET, MISSING, NEW, PERSON, PREPARED, SAME, Addition, Pack
from commonweight.web.contexts import PackDutyView, PackFileView, Word
from commonweight.web.presenting.words import _

MAX_TEXT: Final = 20_000  # characters of a file that are shown; the longest licence has some sixty thousand

STATE_WORDS: Final[Mapping[str, Word]] = {
    NEW: Word(NEW, _("new"), "accent", "", _("It is not there yet.")),
    SAME: Word(SAME, _("there already"), "good", "check", _("It lies there already; nothing has to be done.")),
    EXTENDS: Word(EXTENDS, _("extends"), "duty", "", _("What lies there stays, and this is put to it.")),
    DIFFERS: Word(DIFFERS, _("differs"), "ask", "flag", _("Another file of this name lies there, and would be replaced.")),
}
DUTY_WORDS: Final[Mapping[str, Word]] = {
    MISSING: Word(MISSING, _("missing"), "stop", "stop", _("Something is not at hand.")),
    PERSON: Word(PERSON, _("by a person"), "ask", "person", _("A program cannot do it.")),
    PREPARED: Word(PREPARED, _("prepared"), "duty", "half", _("The text is here; a person puts it in place.")),
    DONE: Word(DONE, _("done by these files"), "good", "check", _("The files do it.")),
    MET: Word(MET, _("met already"), "good", "check", _("Nothing is left to do.")),
}
NAME_WORDS: Final[Mapping[str, Word]] = {
    key: Word(key, text, tone, icon, meaning)
    for key, text, tone, icon, meaning in (
        ("passes", _("The name passes."), "good", "check", _("It begins as the terms ask.")),
        ("fails", _("The name does not pass."), "ask", "flag", _("The terms ask for another beginning.")),
        ("doubtful", _("The name may have to be another."), "split", "split", _("Whether it has to is unsettled.")),
        ("impossible", _("No name can pass."), "stop", "stop", _("Two texts ask for different beginnings.")),
        ("not_given", _("Give a name to have it checked."), "unknown", "question", _("The terms ask for a beginning.")),
    )
}
_ORDER: Final = (MISSING, PERSON, PREPARED, DONE, MET)


def file_views(additions: Iterable[Addition], language: str) -> tuple[PackFileView, ...]:
    """Files that go along are ticked; those that would replace another never are."""
    speak = in_language(language)
    return tuple(
        PackFileView(
            path=one.path,
            about=str(speak(one.about)),
            state=STATE_WORDS[one.state],
            at=one.at if one.at != one.path else "",
            text=_text(one.content),
            field="" if one.state == SAME else "replace" if one.state == DIFFERS else "add",
            is_chosen=one.is_owed and one.state != DIFFERS,
        )
        for one in additions
    )


def _text(content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return ""
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}\n…"


def duty_views(pack: Pack, records: Records, language: str) -> tuple[PackDutyView, ...]:
    """What is left comes first."""
    speak = in_language(language)
    found = []
    for item in sorted(pack.duties, key=lambda item: _ORDER.index(item.state)):
        terms = records.get(item.duty.licence)
        cite = f"{terms.title if terms else item.duty.licence}, {item.duty.clause}"
        found.append(PackDutyView(str(speak(item.duty.reason)), cite, DUTY_WORDS[item.state], str(speak(item.left))))
    return tuple(found)
