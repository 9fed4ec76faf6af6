"""Models that lie in several GGUF files, by their names: `tiny-00001-of-00003.gguf`. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from commonweight.tuning.converting.values import NotConvertible

MAX_PARTS: Final = 1_000
_PART: Final = re.compile(r"(?P<stem>.*)-(?P<at>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE | re.DOTALL)


def parts_of(path: str) -> tuple[str, ...]:
    """
    The names of all parts of the model that this file is one of, in their order; the file alone where it is whole.

    Raises NotConvertible for a number that cannot be.
    """
    found = _PART.fullmatch(path)
    if found is None:
        return (path,)
    count = int(found["count"])
    if not 1 <= int(found["at"]) <= count <= MAX_PARTS:
        raise NotConvertible(f"{path} counts parts that cannot be.", hint=f"From 00001 to at most {MAX_PARTS:05}.")
    ending = path[-len(".gguf") :]
    return tuple(f"{found['stem']}-{at:05}-of-{found['count']}{ending}" for at in range(1, count + 1))


def whole_models(paths: Collection[str]) -> tuple[str, ...]:
    """Of the names of GGUF files those that a model begins with: whole files, and first parts."""
    return tuple(sorted(path for path in paths if (found := _PART.fullmatch(path)) is None or int(found["at"]) == 1))


def check_all_there(path: str, there: Collection[str]) -> tuple[str, ...]:
    """The parts of a model. Raises NotConvertible that names the first one that is missing."""
    parts = parts_of(path)
    missing = next((part for part in parts if part not in there), None)
    if missing is not None:
        raise NotConvertible(f"The model lies in {len(parts)} files, of which {missing} is missing.", hint="Upload it too.")
    return parts
