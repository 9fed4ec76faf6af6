"""
Sentences that remember how they were put together, so that they can be said again in another language.

    say("The lineage from {node} rests on descriptions by others only.", node="ada/base")

A `Said` is its English text; beside it stand the template and the arguments, which may be said sentences themselves.
Arguments hold names and ids whole, never inside other words: whoever keeps a verdict for many subjects of one shape can
put other names in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from commonweight.catalogues import Catalogue, read_catalogue
from commonweight.errors import InvalidInput

ENGLISH: Final = "en"
_TEMPLATE: Final = "t"
_ARGUMENTS: Final = "a"

#: How a sentence goes into a document: as text of one language, or as a template with its arguments.
Say = Callable[[str], Any]


class UnknownLanguage(InvalidInput):
    code = "unknown_language"


class Said(str):
    """A sentence in English, with the template and the arguments that it was made from."""

    __slots__ = ("arguments", "template")
    template: str
    arguments: Mapping[str, str]

    def __new__(cls, template: str, arguments: Mapping[str, str]) -> Said:
        self = super().__new__(cls, template.format_map(arguments))
        self.template = template
        self.arguments = arguments
        return self


def say(template: str, /, **arguments: str) -> str:
    """A `Said` from a template with named places."""
    return Said(template, arguments)


def mark(text: str) -> str:
    """The text itself; marks it as one to be translated where it is said later."""
    return text


def joined(parts: Iterable[str], between: str = " ") -> str:
    """Sentences one after the other, as one that can still be translated."""
    result = ""
    for part in parts:
        result = part if not result else say("{first}" + between + "{second}", first=result, second=part)
    return result


plain: Final[Say] = str  # the English text


def apart(sentence: str) -> dict[str, Any]:
    """Template and arguments, for keeping: `render` puts them together again."""
    if not isinstance(sentence, Said):
        return {_TEMPLATE: sentence}
    arguments = {name: apart(value) if isinstance(value, Said) else value for name, value in sentence.arguments.items()}
    return {_TEMPLATE: sentence.template, _ARGUMENTS: arguments}


def together(kept: Mapping[str, Any]) -> str:
    """The sentence again, from what `apart` made of it."""
    return _together(kept, {})


def languages() -> tuple[str, ...]:
    """The languages that verdicts can be given in, English first."""
    folder = resources.files("commonweight.rights").joinpath("locales")
    return (ENGLISH, *sorted(entry.name for entry in folder.iterdir() if entry.is_dir()))


def in_language(language: str) -> Say:
    """What says a sentence in a language. Raises UnknownLanguage."""
    if language == ENGLISH:
        return plain
    known = languages()
    if language not in known:
        raise UnknownLanguage(f"The language is {language!r}; expected one of {', '.join(known)}.")
    catalogue = _catalogue(language)
    return lambda sentence: _translated(sentence, catalogue)


def _translated(sentence: str, catalogue: Catalogue) -> str:
    """A template translated, and its arguments; a text of a record as it stands in the catalogue; else as it is."""
    if not isinstance(sentence, Said):
        return catalogue.gettext(sentence)
    arguments = {name: _translated(value, catalogue) for name, value in sentence.arguments.items()}
    return catalogue.gettext(sentence.template).format_map(arguments)


@lru_cache(maxsize=16)  # packaged files; as many as there are languages
def _catalogue(language: str) -> Catalogue:
    """Everything in `locales/<language>/`: the engine's sentences, and those of each record."""
    folder = resources.files("commonweight.rights").joinpath("locales", language)
    texts: dict[str, str] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".po"):
            texts |= read_catalogue(entry.read_text(encoding="utf-8"), entry.name).texts
    return Catalogue(texts, {})


def render(template: Any, language: str = ENGLISH, names: Mapping[str, str] | None = None) -> Any:
    """
    The document form of something kept as `apart` left it, in a language, with other names in place of those that are
    keys of `names` (whole strings only). Raises UnknownLanguage.
    """
    return _rendered(template, in_language(language), names or {})


def _rendered(value: Any, speak: Say, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_rendered(entry, speak, names) for entry in value]
    if not isinstance(value, dict):
        return value
    if value.keys() <= {_TEMPLATE, _ARGUMENTS} and _TEMPLATE in value:
        return speak(_together(value, names))
    return {names.get(key, key): _rendered(entry, speak, names) for key, entry in value.items()}


def _together(value: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if _ARGUMENTS not in value:
        return str(value[_TEMPLATE])
    arguments = {
        name: _together(entry, names) if isinstance(entry, dict) else names.get(entry, entry)
        for name, entry in value[_ARGUMENTS].items()
    }
    return Said(value[_TEMPLATE], arguments)
