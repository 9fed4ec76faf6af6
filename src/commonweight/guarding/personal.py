"""Personal data that can be told by its form: addresses, numbers with check digits, phone numbers of a plan of numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from ipaddress import ip_address
from typing import Any, Final

from commonweight.guarding.values import Found, Thing

_EMAIL: Final = re.compile(
    r"(?<![A-Za-z0-9.])[A-Za-z0-9\u00c0-\u024f\u0370-\u052f_.!#$%&'*+/=?^`{|}~-]{1,64}"
    r"@(?!\d+\.\d)(?:[A-Za-z0-9\u00c0-\u024f\u0370-\u052f-]{1,63}\.){1,8}[A-Za-z\u00c0-\u024f\u0370-\u052f]{2,24}"
)
_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![A-Z0-9])")
_CARD: Final = re.compile(r"(?<![\w.,-])(?:\d[ -]?){12,18}\d(?![\w-]|[.,]\d)")
#: As they are printed on cards; found at every group of digits, also inside each other.
_CARD_GROUPS: Final = re.compile(
    r"(?<!\d)(?=(\d{4}([ -])\d{4}\2\d{4}\2\d{4}(?!\d)|\d{4}([ -])\d{6}\3\d{4,5}(?!\d)|\d{13,19}(?!\d)))"
)
_IPV4: Final = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6: Final = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_VERSION: Final = re.compile(r"(?:version|release|v|==|@)\s?$", re.IGNORECASE)
_PHONE: Final = re.compile(r"(?<![\w.,/=-])\(?(?:\+|\d)[\d ()\u00a0.\-/–]{5,24}\d(?![\w-]|[.,]\d)")
#: Lengths by how a number begins (ISO/IEC 7812, the schemes' own ranges).
_CARDS: Final = (
    (re.compile(r"4"), frozenset({13, 16, 19})),
    (re.compile(r"5[1-5]|2(?:2[2-9]|[3-6]|7[01]|720)"), frozenset({16})),
    (re.compile(r"3[47]"), frozenset({15})),
    (re.compile(r"3(?:0[0-5]|[689])"), frozenset({14})),
    (re.compile(r"35"), frozenset({16})),
    (re.compile(r"6"), frozenset({16, 17, 18, 19})),
)
_SHORTEST_IBAN: Final = 15
FEWEST_DIGITS: Final = 7  # of a phone number; shorter ones are those of services
MOST_DIGITS: Final = 20  # of a phone number with its extension, and of a number behind it


class Emails:
    def find(self, text: str) -> Iterator[Found]:
        if "@" in text:
            for match in _EMAIL.finditer(text):
                yield Found(match.start(), match.end(), Thing.EMAIL)


class Ips:
    """Addresses that are somebody's: those of private networks, of documentation and of the machine itself are nobody's."""

    def find(self, text: str) -> Iterator[Found]:
        for pattern in (_IPV4, _IPV6):
            for match in pattern.finditer(text):
                if _is_public(match.group()) and not _VERSION.search(text, max(0, match.start() - 9), match.start()):
                    yield Found(match.start(), match.end(), Thing.IP)


class Ibans:
    """Checked by length, structure and check digits (python-stdnum). Raises ImportError without the extra."""

    def __init__(self) -> None:
        from stdnum import iban

        self._is_valid = iban.is_valid

    def find(self, text: str) -> Iterator[Found]:
        for match in _IBAN.finditer(text):
            for end in _ends_of_words(match):  # a word after it is as good as a group of it
                if self._is_valid(text[match.start() : end]):
                    yield Found(match.start(), end, Thing.IBAN)
                    break


class Cards:
    """Checked by how they begin, their length, and Luhn's digit (python-stdnum). Raises ImportError without the extra."""

    def __init__(self) -> None:
        from stdnum import luhn

        self._is_valid = luhn.is_valid

    def find(self, text: str) -> Iterator[Found]:
        for match in _CARD.finditer(text):
            if self._is_card(match.group()):
                yield Found(match.start(), match.end(), Thing.CARD)
                continue
            for inner in _CARD_GROUPS.finditer(match.group()):  # a number may stand beside a number
                if self._is_card(inner[1]):
                    yield Found(match.start() + inner.start(1), match.start() + inner.end(1), Thing.CARD)

    def _is_card(self, said: str) -> bool:
        digits = re.sub(r"\D", "", said)
        return any(len(digits) in lengths and begin.match(digits) for begin, lengths in _CARDS) and self._is_valid(digits)


class Phones:
    """
    Numbers of a plan of numbers (phonenumbers, which is Google's libphonenumber). Those that begin with `+` are known
    everywhere, others in the `countries`. Raises ImportError without the extra.
    """

    def __init__(self, countries: Collection[str] = ()) -> None:
        import phonenumbers

        self._library: Any = phonenumbers
        self._regions: tuple[str | None, ...] = (None, *countries)

    def find(self, text: str) -> Iterator[Found]:
        for match in _PHONE.finditer(text):
            if FEWEST_DIGITS <= sum(map(str.isdigit, match.group())) <= MOST_DIGITS:
                for start, end in self._numbers(match.group()):
                    yield Found(match.start() + start, match.start() + end, Thing.PHONE)

    def _numbers(self, said: str) -> Iterator[tuple[int, int]]:
        """Most numbers are none of the plan, which is quick to see. The others are read as a person would read them."""
        for region in self._regions:
            if region is None and "+" not in said:
                continue
            for at, one in _parts(said):
                if "+" not in one and not self._is_valid(one, region):
                    continue
                numbers = self._library.PhoneNumberMatcher(one, region)
                found = [(at + number.start, at + number.end) for number in numbers]
                if found:
                    yield from found
                    break

    def _is_valid(self, said: str, region: str | None) -> bool:
        try:
            return bool(self._library.is_valid_number(self._library.parse(said, region)))
        except self._library.NumberParseException:
            return False


def _parts(said: str) -> Iterator[tuple[int, str]]:
    """It, and what is left of it without its last words or its first: a number may stand beside a number."""
    yield 0, said
    last, first, at = said, said, 0
    for _ in range(2):
        last = last.rpartition(" ")[0]
        yield from [(0, last)] if _is_long(last) else []
        at += len(first) - len(first := first.partition(" ")[2])
        yield from [(at, first)] if _is_long(first) else []


def _is_long(said: str) -> bool:
    return sum(map(str.isdigit, said)) >= FEWEST_DIGITS


def _ends_of_words(match: re.Match[str]) -> list[int]:
    """Where a number may end, the longest first: at its end, or before a space in it."""
    said, at = match.group(), match.start()
    spaces = [at + i for i, sign in enumerate(said) if sign in " -" and i >= _SHORTEST_IBAN]
    return [match.end(), *reversed(spaces)]


def _is_public(said: str) -> bool:
    try:
        address = ip_address(said)
        return address.is_global and (address.version == 4 or said[0] in "23")  # IPv6 that is given out is 2000::/3
    except ValueError:
        return False
