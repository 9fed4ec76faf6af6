"""Which measures fit, by looking at what should be answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import orjson

from commonweight.tuning.judging.report import Measure
from commonweight.tuning.judging.values import Held

JSON, LABEL, TOOLS, TEXT = "json", "label", "tools", "text"
MOST: Final = 0.9  # of the targets have to be of a kind: a few slips in the data do not make it another
LABEL_CHARACTERS: Final = 60
MAX_LABELS: Final = 100

PARSES = Measure("parses", "is valid JSON", yes_no=True)
KEYS = Measure("keys", "has the same keys, with values of the same types", yes_no=True)
EXACT = Measure("exact", "is the answer that was expected", yes_no=True)
NAMES = Measure("names", "calls the same tools", yes_no=True)
CHRF = Measure("chrf", "likeness to the expected answer (chrF)", yes_no=False, source="Popović 2015")
#: Won, lost or neither, so counted as yes and no are: 14 items that all went one way are no certainty.
JUDGED = Measure("judged", "preferred by the model that judges", yes_no=True, source="asked twice, in both orders")
PREFERS = Measure("prefers", "finds the preferred answer likelier than the rejected", yes_no=True)
LEANS = Measure("leans", "by how much likelier, in nats a token", yes_no=False)

#: By kind, the one that decides first.
MEASURES: Final = {JSON: (EXACT, KEYS, PARSES), LABEL: (EXACT,), TOOLS: (EXACT, NAMES), TEXT: (CHRF, EXACT)}


def kind_of(held: Sequence[Held]) -> str:
    """
    tools: targets that call some. json: objects or lists. label: short texts that repeat themselves, at least twice each
    on average. text: all else.
    """
    texts = [one.target.text.strip() for one in held]
    if sum(bool(one.target.calls) for one in held) * 2 >= len(held):
        return TOOLS
    if sum(_is_document(text) for text in texts) >= MOST * len(texts):
        return JSON
    short = sum(len(text) <= LABEL_CHARACTERS and "\n" not in text for text in texts)
    different = len(Counter(text.casefold() for text in texts))
    if short >= MOST * len(texts) and different <= min(MAX_LABELS, len(texts) / 2):
        return LABEL
    return TEXT


def _is_document(text: str) -> bool:
    if text[:1] not in ("{", "["):
        return False
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
