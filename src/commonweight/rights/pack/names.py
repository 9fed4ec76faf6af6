"""The naming check: does the planned name begin as the terms ask, and if not, which name would."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from commonweight.rights.naming import begins_with
from commonweight.rights.pack.values import NameCheck
from commonweight.rights.verdict import Duty

MAX_NAME: Final = 96  # characters of a repository's name
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")


def check_name(name: str, duties: Iterable[Duty]) -> NameCheck:
    """Checks a name against the duties to name; an empty name is one that was not given."""
    asked = [duty for duty in duties if duty.do == "name_prefix" and duty.text]
    sure = _prefixes(duty for duty in asked if not duty.doubts)
    every = _prefixes(asked)
    if not every:
        return NameCheck(name, "free", (), "")
    if not name:
        return NameCheck("", "not_given", every, "")
    if all(begins_with(name, prefix) for prefix in every):
        return NameCheck(name, "passes", every, "")
    proposal = _proposal(name, every) or _proposal(name, sure)
    if all(begins_with(name, prefix) for prefix in sure):
        return NameCheck(name, "doubtful", every, proposal)
    return NameCheck(name, "fails" if proposal else "impossible", every, proposal)


def _prefixes(duties: Iterable[Duty]) -> tuple[str, ...]:
    """Each once, the longest first."""
    found = {duty.text for duty in duties if duty.text}
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def _proposal(name: str, prefixes: tuple[str, ...]) -> str:
    """The longest prefix before the name; "" where one prefix cannot be the beginning of another."""
    if not prefixes or not all(begins_with(prefixes[0], prefix) for prefix in prefixes):
        return ""
    return _UNFIT.sub("-", f"{prefixes[0]}-{name}")[:MAX_NAME].rstrip("-.")
