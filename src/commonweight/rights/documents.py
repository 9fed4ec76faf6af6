"""
Read YAML or JSON without trusting it, and write JSON that is the same every time.

YAML aliases are refused: nothing here needs them, and they are how a small file becomes a large one.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any, Final

import orjson
import yaml

from commonweight.rights.errors import DocumentError

MAX_DOCUMENT_BYTES: Final = 4 * 1024 * 1024  # a lineage of some ten thousand nodes; more is a mistake or an attack
MAX_SHOWN: Final = 80  # characters of a name in an error
MAX_NESTING: Final = 40  # our documents are some eight levels deep

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_document(text: str, name: str = "document") -> Any:
    """The content of a YAML or JSON text. Raises DocumentError for anything unreadable, too large or too deep."""
    size = len(text.encode("utf-8", errors="surrogatepass"))
    if size > MAX_DOCUMENT_BYTES:
        raise DocumentError(name, f"{size:,} bytes", f"at most {MAX_DOCUMENT_BYTES:,}", "Leave out what is not asked.")
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text, object_pairs_hook=_once_each)
        except (ValueError, RecursionError):
            pass  # a YAML flow mapping also starts with a brace, and its error says where the line is
    return _parse_yaml(text, name)


def _parse_yaml(text: str, name: str) -> Any:
    try:
        _refuse_bombs(text, name)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - CSafeLoader is the safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = " ".join(str(error).split())
        raise DocumentError(name, f"text that is no YAML ({message})", "a mapping", "Check the line named.") from error


def _refuse_bombs(text: str, name: str) -> None:
    """Aliases, depth, and names that stand twice: of two values YAML would silently keep the last."""
    open_ones: list[_Open] = []
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionEndEvent):
            open_ones.pop()
            continue
        if isinstance(event, yaml.AliasEvent):
            came = f"an alias (*{event.anchor})"
            raise DocumentError(name, came, "no aliases", "Write the value out.")
        if not isinstance(event, yaml.NodeEvent):
            continue
        if open_ones and (twice := open_ones[-1].stands_twice(event)):
            line = f" (line {event.start_mark.line + 1})" if event.start_mark else ""
            came = f"'{twice[:MAX_SHOWN]}' twice in one mapping{line}"
            raise DocumentError(name, came, "each name once", "Keep the one that is meant.")
        if isinstance(event, yaml.CollectionStartEvent):
            open_ones.append(_Open(isinstance(event, yaml.MappingStartEvent)))
            if len(open_ones) > MAX_NESTING:
                raise DocumentError(name, f"more than {MAX_NESTING} levels", "a flatter document", "Check the brackets.")


class _Open:
    """A list or mapping that is being read: in a mapping names and values take turns."""

    __slots__ = ("_at_name", "_names")

    def __init__(self, is_mapping: bool) -> None:
        self._names: set[str] | None = set() if is_mapping else None
        self._at_name = True

    def stands_twice(self, event: yaml.NodeEvent) -> str:
        """The name that the next node is, where it stood before; else nothing."""
        names, at_name = self._names, self._at_name
        self._at_name = not at_name
        if names is None or not at_name or not isinstance(event, yaml.ScalarEvent):
            return ""
        if event.value in names:
            return str(event.value) or "''"
        names.add(event.value)
        return ""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; one with a name twice is left to the YAML reader, whose error says the line."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


_AS_IT_IS: Final = frozenset({str, bool, int})


def plain_of(value: Any) -> Any:
    """What JSON can hold: dates as text, whole numbers as such, nothing that is not given."""
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if isinstance(value, dict):
        return {
            str(key): entry if type(entry) in _AS_IT_IS else plain_of(entry)
            for key, entry in value.items()
            if entry is not None
        }
    if isinstance(value, list):
        return [entry if type(entry) in _AS_IT_IS else plain_of(entry) for entry in value]
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if kind is float and value.is_integer() else value


def digest(document: Any) -> str:
    """
    `sha256:` and the hash of the document as JSON with sorted keys, no spaces, in UTF-8. Raises DocumentError for what
    JSON in UTF-8 cannot hold.
    """
    try:
        text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise DocumentError(
            "document", f"something that JSON cannot hold ({error})", "text, numbers, lists, mappings"
        ) from error
    return "sha256:" + hashlib.sha256(text).hexdigest()
