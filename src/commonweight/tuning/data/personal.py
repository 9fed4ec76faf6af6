"""Personal data and secrets in examples: a model that has learnt them says them to whoever asks. Looked for, never kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from commonweight.guarding import PERSONAL, Finder, GuardNotInstalled, Thing, Wanted

#: Looking takes about a second for three million characters. The first so many are all looked at;
FREE: Final = 2_000_000
#: beyond them, lines at even distances: such data is in many lines of a file, or hardly in it.
SHARE: Final = 0.01
_PIECE: Final = 4096  # characters that are looked at at once
#: National ids are looked for by dozens of expressions: only where a text has digits or capitals as every one of them has.
_MAY_HOLD_ID: Final = re.compile(r"\d[\d .\-/]{4,}\d|[A-Z]{5}\d{4}|[A-Z]{6}\d\d[A-Z]")
_NAMES: Final = {
    Thing.EMAIL: "an e-mail address",
    Thing.PHONE: "a phone number",
    Thing.IBAN: "an account number (IBAN)",
    Thing.CARD: "a card number",
    Thing.NATIONAL_ID: "a national id",
    Thing.IP: "an IP address",
    Thing.SECRET: "a key, a token or a password",
}


class Personal:
    """
    Looks into texts as long as what was looked at stays within FREE and `share` of all that came. Without the extra `guard`
    nothing is looked at, and `installed` says so.
    """

    def __init__(self, finders: tuple[Finder, Finder] | None, share: float = SHARE) -> None:
        """`finders`: of national ids, and of all else."""
        self._finders = finders
        self._share = share
        self._came = 0
        self._looked = 0
        self.installed = finders is not None

    @classmethod
    def looking(cls, share: float = SHARE) -> Personal:
        """With what is installed here."""
        try:
            ids = Wanted(frozenset({Thing.NATIONAL_ID}))
            return cls((Finder(ids), Finder(Wanted(PERSONAL - ids.things | {Thing.SECRET}))), share)
        except GuardNotInstalled:
            return cls(None, share)

    @property
    def share(self) -> float:
        """Of the characters that came, how many were looked at, 0 to 1."""
        return self._looked / self._came if self._came else 0.0

    def due(self, characters: int) -> bool:
        """Whether the next line, of so many characters, is to be looked at."""
        self._came += characters
        if self._finders is None or self._looked > FREE + self._came * self._share:
            return False
        self._looked += characters
        return True

    def kinds(self, text: str) -> Iterator[tuple[str, str]]:
        """Codes and sentences of what is in a text, each once."""
        pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
        for thing in sorted({thing for piece in pieces for thing in self._things(piece)}):
            code = "secret" if thing is Thing.SECRET else "personal_data"
            yield code, f"it holds what looks like {_NAMES[thing]}; whoever asks the model may be told it"

    def _things(self, piece: str) -> Iterator[Thing]:
        assert self._finders is not None
        ids, others = self._finders
        yield from (found.thing for found in others.find(piece))
        if _MAY_HOLD_ID.search(piece):
            yield from (found.thing for found in ids.find(piece))
