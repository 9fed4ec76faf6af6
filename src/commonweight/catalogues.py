"""
Catalogues of translations: gettext's text form, read as it stands, so that nothing has to be built.

    msgid "Files"                    msgid "%(num)s model"
    msgstr "Archivos"                msgid_plural "%(num)s models"
                                     msgstr[0] "%(num)s modelo"
                                     msgstr[1] "%(num)s modelos"

English is what the code is written in. A text without a translation stays English.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from gettext import NullTranslations

from commonweight.errors import InvalidInput

PLURALS = "nplurals=2; plural=(n != 1);"  # one rule for now: English, Spanish, German, Italian, Portuguese ... have it
_LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr|msgstr\[[01]\]) )?(".*")\s*\Z')


class BrokenCatalogue(InvalidInput):
    code = "broken_catalogue"


class Catalogue(NullTranslations):
    """Texts of one language. `plurals` maps the English singular to the singular and the plural."""

    def __init__(self, texts: Mapping[str, str], plurals: Mapping[str, tuple[str, str]]) -> None:
        super().__init__()
        self._texts = texts
        self._plurals = plurals

    @property
    def texts(self) -> Mapping[str, str]:
        """Every English text with its translation; an empty one is not translated yet."""
        return self._texts

    def gettext(self, message: str) -> str:
        return self._texts.get(message) or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        one, many = self._plurals.get(msgid1, (msgid1, msgid2))
        return one if n == 1 else many


def read_catalogue(text: str, name: str) -> Catalogue:
    """A catalogue from its text. Raises BrokenCatalogue naming the file and the line."""
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, str]] = {}
    for entry in _entries(text, name):
        if "msgid_plural" in entry:
            plurals[entry["msgid"]] = (entry.get("msgstr[0]", ""), entry.get("msgstr[1]", ""))
        elif entry["msgid"]:
            texts[entry["msgid"]] = entry.get("msgstr", "")
        elif PLURALS not in entry.get("msgstr", ""):
            raise BrokenCatalogue(f"{name}: the header has no 'Plural-Forms: {PLURALS}'.", hint="Only that rule is known.")
    return Catalogue(texts, plurals)


def _entries(text: str, name: str) -> Iterator[dict[str, str]]:
    entry: dict[str, str] = {}
    field = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        field, quoted = _fields(line, field, f"{name}, line {number}")
        if field == "msgid" and "msgid" in entry and not line.startswith('"'):
            yield entry
            entry = {}
        entry[field] = entry.get(field, "") + quoted
    if entry:
        yield entry


def _fields(line: str, current: str, where: str) -> tuple[str, str]:
    match = _LINE.match(line)
    field = (match[1] or current) if match else ""
    try:
        quoted = ast.literal_eval(match[2]) if match and field else None
    except (SyntaxError, ValueError):
        quoted = None
    if not isinstance(quoted, str):
        raise BrokenCatalogue(f"{where}: got {line!r:.80}; expected msgid, msgid_plural or msgstr and a text in quotes.")
    return field, quoted
