"""Languages of the command: `--lang`, else English, so that what scripts read stays the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Final

import click

from commonweight.catalogues import Catalogue, read_catalogue
from commonweight.rights import languages

ENGLISH: Final = "en"
language_option = click.option(
    "--lang",
    "language",
    type=click.Choice(languages()),
    default=ENGLISH,
    help="Language of the sentences.",
)

Translate = Callable[[str], str]


def _(text: str) -> str:
    """Marks a text for the catalogue of the command."""
    return text


def speaker(language: str) -> Translate:
    """What puts the command's own words into a language; a word without a translation stays English."""
    return _catalogue(language).gettext


@lru_cache(maxsize=16)  # packaged files; as many as there are languages
def _catalogue(language: str) -> Catalogue:
    file = files("commonweight.cli").joinpath("locales", f"{language}.po")
    return read_catalogue(file.read_text(encoding="utf-8"), file.name) if file.is_file() else Catalogue({}, {})
