"""Everything that one guardrail looks for, in one text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from commonweight.guarding.errors import GuardNotInstalled
from commonweight.guarding.national_ids import NationalIds
from commonweight.guarding.personal import Cards, Emails, Ibans, Ips, Phones
from commonweight.guarding.secrets import Secrets
from commonweight.guarding.values import Found, Thing, Wanted
from commonweight.guarding.words import Words

#: Without any of these there is neither personal data nor a secret in a text: most of what is said is passed over so.
_SUSPECT: Final = re.compile(r"[\d@]|-----B|[A-Za-z_\-]{20}|:[0-9A-Fa-f]{0,4}:")


class Detector(Protocol):
    def find(self, text: str) -> Iterator[Found]:
        """The matches in a text, in any order."""
        ...


_MAKERS: Final[Mapping[Thing, Callable[[Wanted], Detector]]] = {
    Thing.EMAIL: lambda wanted: Emails(),
    Thing.PHONE: lambda wanted: Phones(wanted.countries),
    Thing.IBAN: lambda wanted: Ibans(),
    Thing.CARD: lambda wanted: Cards(),
    Thing.NATIONAL_ID: lambda wanted: NationalIds(wanted.countries),
    Thing.IP: lambda wanted: Ips(),
    Thing.SECRET: lambda wanted: Secrets(),
}


class Finder:
    """Raises GuardNotInstalled where something is wanted that needs the extra."""

    def __init__(self, wanted: Wanted) -> None:
        try:
            self._detectors = [make(wanted) for thing, make in _MAKERS.items() if thing in wanted.things]
        except ImportError:
            raise GuardNotInstalled from None
        self.words = Words(wanted.words) if wanted.words else None

    def find(self, text: str) -> list[Found]:
        """All matches, in any order; they may overlap."""
        found = list(self.words.find(text)) if self.words else []
        if self._detectors and _SUSPECT.search(text):
            for detector in self._detectors:
                found += detector.find(text)
        return found
