"""The packaged translations of the pages: `locales/<language>.po` (see `commonweight.catalogues` for the form)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from commonweight.catalogues import Catalogue, read_catalogue


def load_translations() -> Mapping[str, Catalogue]:
    """Language code to catalogue, for every language that the package brings. Raises BrokenCatalogue."""
    folder = files("commonweight.web") / "locales"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".po")), key=lambda entry: entry.name)
    return {entry.name.removesuffix(".po"): read_catalogue(entry.read_text(encoding="utf-8"), entry.name) for entry in found}
