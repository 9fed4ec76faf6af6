"""
Does a fine-tune make us a provider under the EU AI Act? The Commission's guidelines of July 2025, paragraphs 59 to 71.

Indicative criterion: the compute of the change is more than a third of the compute of the original's training; where that
is not known, more than a third of 10^25 FLOP for a model with systemic risk, else of 10^23. Then the duties concern the
change alone. Integrating a model whose maker clearly excluded the EU market makes the integrator its provider (59).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from commonweight.errors import InvalidInput
from commonweight.rights.openness.ai_act import GUIDELINES, SYSTEMIC_RISK_FLOP
from commonweight.rights.said import Say, joined, mark, plain, say

GENERAL_PURPOSE_FLOP: Final = 1e23  # paragraph 17: above it a model that makes text, images or video is taken to be one
SHARE: Final = 1 / 3  # paragraph 63
MAX_FLOP: Final = 1e35  # far beyond any training there has been; larger is a slip of the pen

ANSWERS: Final[dict[str, str]] = {
    "not_provider": mark("Not a provider by the tune: the criterion is not reached."),
    "provider_of_modification": mark("A provider, for the change alone."),
    "provider_of_model": mark("A provider of the model as a whole: its maker keeps it off the EU market."),
    "unknown": mark("It cannot be told yet."),
}


@dataclass(frozen=True, slots=True)
class Tune:
    """
    What is known of the change. Compute in FLOP; `share` of the original's compute may be given instead. None is not known.

    `systemic_risk`: whether the original is a model with systemic risk. `maker_excludes_eu`: whether its maker clearly
    keeps it off the EU market. `on_eu_market`: whether the result comes onto it.
    """

    flop: float | None = None
    original_flop: float | None = None
    share: float | None = None
    systemic_risk: bool | None = None
    maker_excludes_eu: bool | None = None
    on_eu_market: bool | None = None

    @property
    def risk(self) -> bool | None:
        """Whether the original is a model with systemic risk, also where its compute alone lets that be presumed."""
        if self.systemic_risk is None and self.original_flop is not None:
            return self.original_flop > SYSTEMIC_RISK_FLOP or None
        return self.systemic_risk


@dataclass(frozen=True, slots=True)
class Provider:
    """`answer` is a word of `ANSWERS`; `threshold` in FLOP where one was compared with; `asks` are facts still missing."""

    answer: str
    paragraphs: tuple[str, ...]
    reason: str
    duties: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    threshold: float | None = None

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        return {
            "source": GUIDELINES,
            "answer": self.answer,
            "text": speak(ANSWERS[self.answer]),
            "paragraphs": list(self.paragraphs),
            "reason": speak(self.reason),
            "duties": [speak(duty) for duty in self.duties],
            "missing": [speak(ask) for ask in self.asks],
            "threshold_flop": self.threshold,
        }


def provider_by_tune(tune: Tune) -> Provider:
    """The answer for one change of a general-purpose model. Raises InvalidInput for figures that cannot be."""
    _check(tune)
    if tune.on_eu_market is False:
        return Provider(
            "not_provider", ("93",), mark("The result is not placed on the EU market, so these duties do not arise.")
        )
    if tune.maker_excludes_eu:
        return Provider("provider_of_model", ("59",), _EXCLUDED, _DUTIES_OF_MODEL)
    if _stays_small(tune):
        return Provider("not_provider", ("17",), _SMALL, threshold=GENERAL_PURPOSE_FLOP)
    known, threshold, said = _compared(tune)
    if known is None:
        return Provider("unknown", ("63", "64"), said, asks=_missing(tune), threshold=threshold)
    if not known:
        return Provider("not_provider", ("63",) if _has_original(tune) else ("63", "64"), said, threshold=threshold)
    duties = (*_DUTIES, *(_SYSTEMIC if tune.risk else ()))
    paragraphs = ("62", "63") if _has_original(tune) else ("62", "63", "64")
    more = ("68", "69", "70") if tune.risk else ("68", "69")
    return Provider("provider_of_modification", (*paragraphs, *more), said, duties, threshold=threshold)


def _stays_small(tune: Tune) -> bool:
    """What is made stays below the compute from which a model is taken to be a general-purpose one."""
    return (
        tune.flop is not None and tune.original_flop is not None and tune.flop + tune.original_flop <= GENERAL_PURPOSE_FLOP
    )


_SMALL: Final = mark("Original and change together took no more than 10^23 FLOP: not taken to be a general-purpose model.")


_EXCLUDED: Final = mark(
    "Its maker clearly excluded the EU market: whoever brings it onto that market in a product of theirs is its provider."
)
_DUTIES: Final = (
    mark("Technical documentation of the change, its new training data among it (Article 53(1)(a))."),
    mark("Information for those who build on it, about the change (Article 53(1)(b))."),
    mark("A policy on copyright for the change (Article 53(1)(c))."),
    mark("A public summary of the content used for the change (Article 53(1)(d))."),
    mark("An authorised representative, if established outside the EU (Article 54)."),
)
_DUTIES_OF_MODEL: Final = (
    mark("All duties of a provider, for the whole model (Articles 53 and 54, and 55 with systemic risk)."),
)
_SYSTEMIC: Final = (mark("The duties for models with systemic risk, and notifying the Commission (Articles 52 and 55)."),)


def _check(tune: Tune) -> None:
    for name, value in (("flop", tune.flop), ("original_flop", tune.original_flop)):
        if value is not None and not 0 < value <= MAX_FLOP:
            raise InvalidInput(f"{name} is {value!r}; expected a number of operations above 0 and at most {MAX_FLOP:g}.")
    if tune.share is not None and not 0 <= tune.share <= 1_000:
        raise InvalidInput(f"share is {tune.share!r}; expected a fraction such as 0.05 for five in a hundred.")


def _has_original(tune: Tune) -> bool:
    return tune.share is not None or tune.original_flop is not None


def _compared(tune: Tune) -> tuple[bool | None, float | None, str]:
    """Whether the criterion is reached (None: not known), by which threshold, and the sentence for it."""
    if tune.share is not None:
        return tune.share > SHARE, None, say(_BY_SHARE, share=f"{tune.share:.1%}")
    if tune.flop is None:
        return None, None, mark("The compute of the change is not known.")
    if tune.original_flop is not None:
        line = tune.original_flop * SHARE
        return tune.flop > line, line, say(_BY_ORIGINAL, flop=f"{tune.flop:.3g}", line=f"{line:.3g}")
    return _by_kind(tune, tune.flop)


def _by_kind(tune: Tune, flop: float) -> tuple[bool | None, float | None, str]:
    """The original's compute is not known: a third of what its kind is defined by."""
    low, high = GENERAL_PURPOSE_FLOP * SHARE, SYSTEMIC_RISK_FLOP * SHARE
    if tune.risk is None and low < flop <= high:
        return None, None, say(_BETWEEN, flop=f"{flop:.3g}", low=f"{low:.3g}", high=f"{high:.3g}")
    line = high if tune.risk or flop > high else low
    return flop > line, line, say(_BY_KIND, flop=f"{flop:.3g}", line=f"{line:.3g}")


_BY_SHARE: Final = mark(
    "The change took {share} of the compute of the original's training; the criterion is more than a third."
)
_BY_ORIGINAL: Final = mark("The change took {flop} FLOP; a third of the original's training is {line}.")
_BY_KIND: Final = mark("The change took {flop} FLOP; the original's compute is not known, so the line is {line}.")
_BETWEEN: Final = mark(
    "The change took {flop} FLOP: above {low}, the line for models without systemic risk, and not above {high}, the line "
    "for those with it."
)


def _missing(tune: Tune) -> tuple[str, ...]:
    asks = []
    if tune.flop is None:
        asks.append(mark("How much compute did the change take, in FLOP (or as a share of the original's training)?"))
    if not _has_original(tune):
        asks.append(mark("How much compute did the training of the original take, in FLOP?"))
    if tune.risk is None and not _has_original(tune):
        asks.append(mark("Is the original a model with systemic risk?"))
    return tuple(asks)


def readable(answer: Provider) -> str:
    """The answer in a paragraph."""
    return joined([ANSWERS[answer.answer], answer.reason, *answer.duties, *answer.asks])
