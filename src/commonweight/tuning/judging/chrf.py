"""
chrF: how alike two texts are, by the sequences of characters that they share.

M. Popović, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015: sequences of one to six characters
without white space, recall counting twice as much as precision. Of a single text, orders that it is too short for are left
out, as sacreBLEU does (https://github.com/mjpost/sacrebleu, "effective order"); a test holds ours against it.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

ORDER: Final = 6
BETA: Final = 2
MAX_CHARACTERS: Final = 20_000  # counting is linear; what is longer is compared by its beginning


def chrf(text: str, reference: str) -> float:
    """Between 0 and 1; 1 for texts that differ in white space alone. Two empty texts are alike."""
    ours, theirs = _bare(text), _bare(reference)
    if not ours or not theirs:
        return float(ours == theirs)
    pairs = [_shares(ours, theirs, order) for order in range(1, min(ORDER, len(ours), len(theirs)) + 1)]
    precision = sum(one for one, _ in pairs) / len(pairs)
    recall = sum(one for _, one in pairs) / len(pairs)
    weighed = BETA**2 * precision + recall
    return (1 + BETA**2) * precision * recall / weighed if weighed else 0.0


def _shares(text: str, reference: str, order: int) -> tuple[float, float]:
    """Precision and recall of sequences of so many characters."""
    ours, theirs = _counted(text, order), _counted(reference, order)
    shared = sum((ours & theirs).values())
    return shared / ours.total(), shared / theirs.total()


def _counted(text: str, order: int) -> Counter[str]:
    return Counter(text[start : start + order] for start in range(len(text) - order + 1))


def _bare(text: str) -> str:
    return "".join(text[:MAX_CHARACTERS].split())
