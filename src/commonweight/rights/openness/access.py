"""Access: whether anyone can get it without being screened, and what a gate asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from commonweight.rights.said import Say, joined, mark, plain, say

ACCESSES: Final[dict[str, str]] = {
    "open": mark("Anyone can get it without being screened."),
    "click-through": mark("Anyone can get it after accepting terms."),
    "form": mark("It is given out against a form with personal data."),
    "manual_approval": mark("Somebody decides who gets it."),
    "api_only": mark("It can only be called, not had."),
    "unknown": mark("How to get it is not known."),
}
#: What a gate's field asks: words that stand for data about a person, and for leave to advertise.
_PERSONAL: Final = re.compile(
    r"name|e-?mail|phone|birth|address|affiliation|organi[sz]ation|company|employer|job|country|location|geo|ip\b|linkedin",
    re.IGNORECASE,
)
_MARKETING: Final = re.compile(
    r"marketing|newsletter|product updates|contact(ed)? (me|you)|offers|privacy policy", re.IGNORECASE
)
MAX_FIELDS: Final = 32  # of a gate's form; real ones have below ten


@dataclass(frozen=True, slots=True)
class Access:
    """
    How it is given out. `fields` are what a gate asks for; `personal` and `marketing` say whether data about a person, or
    leave to advertise, is among it (None: not known); `countries` that some countries are shut out.
    """

    word: str
    fields: tuple[str, ...] = ()
    personal: bool | None = None
    marketing: bool | None = None
    countries: bool | None = None
    evidence: str = "C"

    @property
    def sentence(self) -> str:
        text = ACCESSES[self.word]
        if self.fields:
            return say("{how} It asks for: {fields}.", how=text, fields=joined(self.fields, ", "))
        return text

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        return {
            "grade": self.word,
            "reason": speak(self.sentence),
            "fields": list(self.fields),
            "personal_data": self.personal,
            "marketing": self.marketing,
            "evidence": self.evidence,
        }


def access_of(word: str) -> Access:
    """Access by a catalogue's word: a claim. A form is one because it asks who somebody is."""
    known = word if word in ACCESSES else "unknown"
    personal = {"open": False, "form": True}.get(known)
    return Access(known, personal=personal)


def gated_access(gate: str, fields: Iterable[str], prompt: str = "", *, private: bool = False) -> Access:
    """
    Access to a repository kept here: `gate` is "" (none), "auto" (whoever agrees) or "manual" (somebody decides); `fields`
    and `prompt` are what its card says that the gate asks.
    """
    asked = tuple(str(field)[:80] for field in fields)[:MAX_FIELDS]
    personal = any(_PERSONAL.search(field) for field in asked)
    marketing = bool(_MARKETING.search(prompt)) or any(_MARKETING.search(field) for field in asked)
    if private or gate == "manual":
        return Access("manual_approval", asked if gate else (), personal, marketing, evidence="A")
    if gate:
        return Access("form" if personal else "click-through", asked, personal, marketing, evidence="A")
    return Access("open", personal=False, marketing=False, evidence="A")
