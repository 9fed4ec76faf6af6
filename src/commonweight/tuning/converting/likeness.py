"""
How near a quantised model stays to the floats it was made of: both are asked for the next word after the same texts. No
score of what the model knows, but of what the smaller numbers cost; it takes seconds and no data of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from commonweight.tuning.converting.nasty import CONVERSATIONS, TEXTS
from commonweight.tuning.converting.parity import Opened, opened

MAX_CHARACTERS: Final = 160  # of a text: the small context holds it in any tokenizer


def likeness(whole: Path, smaller: Path) -> Mapping[str, Any]:
    """
    `places` that were looked at; at how many of them the most likely word is the `same`; `difference` of the logarithm of
    its probability, on average.
    """
    said = [str(message["content"]) for messages in CONVERSATIONS for message in messages]
    texts = [text[:MAX_CHARACTERS] for text in (*TEXTS, *said) if text.strip()]
    with opened(whole) as file:
        wanted = [_next(file, text) for text in texts]
    with opened(smaller) as file:
        found = [_next(file, text) for text in texts]
    pairs = [(one, two) for one, two in zip(wanted, found, strict=True) if one and two]
    same = sum(one[0][0] == two[0][0] for one, two in pairs)
    apart = sum(abs(one[0][1] - dict(two).get(one[0][0], two[-1][1])) for one, two in pairs)
    return {"places": len(pairs), "same": same, "difference": round(apart / max(1, len(pairs)), 4)}


def _next(file: Opened, text: str) -> Sequence[tuple[int, float]]:
    """The likeliest next words with the logarithms of their probabilities, the likeliest first; none within a sign."""
    return [(int(one["id"]), float(one["logprob"])) for one in file.next_words(text)]
