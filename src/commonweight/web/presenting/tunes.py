"""The small form on whether a change of a model makes its maker a provider under the EU AI Act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commonweight.errors import InvalidInput
from commonweight.rights import Say, Tune, provider_by_tune
from commonweight.web.contexts import TuneView
from commonweight.web.presenting.openness_detail import PROVIDER_WORDS

NUMBERS: Final = ("flop", "original_flop", "percent")
CHOICES: Final = ("systemic_risk", "maker_excludes_eu", "on_eu_market")
MAX_NUMBER: Final = 40  # characters of a figure; 1e25 has four


def tune_view(query: Mapping[str, str], action: str, speak: Say) -> TuneView:
    """What was filled in with its answer; without anything filled in, the empty form."""
    values = {name: query.get(f"tune_{name}", "").strip() for name in (*NUMBERS, *CHOICES)}
    filled = tuple((name, value[:MAX_NUMBER]) for name, value in values.items() if value)
    if not filled:
        return TuneView(action, (), None, "", "", (), (), "")
    try:
        told = provider_by_tune(_tune(values)).to_document(speak)
    except InvalidInput as error:
        return TuneView(action, filled, None, "", "", (), (), error.detail)
    return TuneView(
        action,
        filled,
        PROVIDER_WORDS[told["answer"]],
        told["reason"],
        ", ".join(told["paragraphs"]),
        tuple(told["duties"]),
        tuple(told["missing"]),
        "",
    )


def _tune(values: Mapping[str, str]) -> Tune:
    percent = _number(values["percent"], "share")
    return Tune(
        flop=_number(values["flop"], "flop"),
        original_flop=_number(values["original_flop"], "original_flop"),
        share=None if percent is None else percent / 100,
        systemic_risk=_choice(values["systemic_risk"]),
        maker_excludes_eu=_choice(values["maker_excludes_eu"]),
        on_eu_market=_choice(values["on_eu_market"]),
    )


def _number(text: str, name: str) -> float | None:
    """Raises InvalidInput."""
    if not text:
        return None
    try:
        return float(text.replace(",", "")[:MAX_NUMBER])
    except ValueError:
        raise InvalidInput(f"{name} is {text[:MAX_NUMBER]!r}; expected a number such as 3e22.") from None


def _choice(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text)
