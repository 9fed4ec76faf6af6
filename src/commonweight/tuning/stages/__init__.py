"""
The stages of a tuning, each a `Step` given what it works with.

    preparing    examples split, the base as a folder that can be trained; whether it fits
    training     the child that trains; its events told, its states kept
    converting   the adapter for the untouched base, that base where it has no GGUF file, merged weights as GGUF, quantised
    publishing   a draft in the hub, and the names that stand for it
    judging      base and tuned on what was held out
    finishing    the scores on the card, the curve as a file, a first answer
"""

from commonweight.tuning.stages.converting import BaseFiles, Converting
from commonweight.tuning.stages.finishing import Finishing
from commonweight.tuning.stages.folders import Bases
from commonweight.tuning.stages.judging import Judging
from commonweight.tuning.stages.preparing import Examples, Preparing
from commonweight.tuning.stages.publishing import Publishing
from commonweight.tuning.stages.salvaging import Salvaging
from commonweight.tuning.stages.training import Training, Trains

__all__ = [
    "BaseFiles",
    "Bases",
    "Converting",
    "Examples",
    "Finishing",
    "Judging",
    "Preparing",
    "Publishing",
    "Salvaging",
    "Training",
    "Trains",
]
