"""The packaged translations: one gettext .mo file per language beside English, which the code is written in."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations
from importlib.resources import files

DOMAIN = "web"


def load_translations() -> Mapping[str, GNUTranslations]:
    """Language code to catalogue, for every language that the package brings."""
    folder = files("commonweight.web") / "locales"
    if not folder.is_dir():
        return {}
    found = {}
    for language in sorted(folder.iterdir(), key=lambda entry: entry.name):
        catalogue = language / "LC_MESSAGES" / f"{DOMAIN}.mo"
        if catalogue.is_file():
            with catalogue.open("rb") as file:
                found[language.name] = GNUTranslations(file)
    return found
