"""
Base and tuned, asked the same: which is better, on what was held out, and how sure that is. See docs/tuning.md.
"""

from commonweight.tuning.judging.report import (
    Base,
    Behaviour,
    Difference,
    Example,
    Measure,
    Report,
    Result,
    Score,
)
from commonweight.tuning.judging.values import Answer, Ask, Contestant, Held, Limits, Render, Target, Tell, Verdict

__all__ = [
    "Answer",
    "Ask",
    "Base",
    "Behaviour",
    "Contestant",
    "Difference",
    "Example",
    "Held",
    "Limits",
    "Measure",
    "Render",
    "Report",
    "Result",
    "Score",
    "Target",
    "Tell",
    "Verdict",
]
