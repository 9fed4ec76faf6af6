"""`recipe.json`: enough to do a tuning again, and to tell whether the same came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson

from commonweight.tuning.publishing.values import BaseUsed, DataUsed, Made

PATH: Final = "recipe.json"
FORMAT: Final = "commonweight.recipe/1"
MAX_BYTES: Final = 4 << 20


def recipe_of(made: Made, artefacts: Mapping[str, str]) -> bytes:
    """JSON; the same of everything gives the same bytes. `artefacts`: SHA-256 by path."""
    document = {
        "format": FORMAT,
        "tuning": made.tuning,
        "made_by": made.made_by,
        "base": {name: value for name, value in asdict(made.base).items() if name != "converted" or value},
        "data": asdict(made.data),
        "method": made.method,
        "form": made.form,
        "hyperparameters": dict(made.hyperparameters),
        "seed": made.seed,
        "steps": made.steps,
        "trained_tokens": made.trained_tokens,
        "template_hash": made.template_hash,
        "versions": dict(made.versions),
        "hardware": dict(made.hardware),
        "request": dict(made.request),
        "artefacts": dict(artefacts),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def read_recipe(content: bytes) -> Mapping[str, Any]:
    """Empty for what is none."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) and document.get("format") == FORMAT else {}


def parents_in(recipe: Mapping[str, Any]) -> tuple[BaseUsed, DataUsed]:
    """Base and data. Raises KeyError or TypeError for a recipe that somebody changed."""
    return BaseUsed(**recipe["base"]), DataUsed(**recipe["data"])
