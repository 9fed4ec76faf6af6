"""
Base and tuned, asked the same: which is better, on what was held out, and how sure that is. See docs/tuning.md.
"""

from commonweight.tuning.judging.asking import NotAnswering
from commonweight.tuning.judging.formats import judge_formats
from commonweight.tuning.judging.held import NothingHeldOut, held_of, read_held
from commonweight.tuning.judging.judge import Conditions, judge
from commonweight.tuning.judging.preference import renderer
from commonweight.tuning.judging.report import (
    Base,
    Behaviour,
    Difference,
    Doubt,
    Example,
    JudgedBy,
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
    "Conditions",
    "Contestant",
    "Difference",
    "Doubt",
    "Example",
    "Held",
    "JudgedBy",
    "Limits",
    "Measure",
    "NotAnswering",
    "NothingHeldOut",
    "Render",
    "Report",
    "Result",
    "Score",
    "Target",
    "Tell",
    "Verdict",
    "held_of",
    "judge",
    "judge_formats",
    "read_held",
    "renderer",
]
