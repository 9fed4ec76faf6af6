"""
The child process that trains, and our side of it. See docs/tuning.md.

Nothing here imports torch: that is the child's (`python -m commonweight.tuning.training.main`, extra `tune`).
"""

from commonweight.tuning.training.choosing import choose
from commonweight.tuning.training.errors import Cancelled, Code, Died, Paused, TrainingFailed
from commonweight.tuning.training.estimate import fits
from commonweight.tuning.training.plan import Plan
from commonweight.tuning.training.threads import Threads
from commonweight.tuning.training.trainer import Trainer
from commonweight.tuning.training.values import Estimate, Finding, Kind, Place, Sample, Trained, TrainingEvent, TrainingSpec

__all__ = [
    "Cancelled",
    "Code",
    "Died",
    "Estimate",
    "Finding",
    "Kind",
    "Paused",
    "Place",
    "Plan",
    "Sample",
    "Threads",
    "Trained",
    "Trainer",
    "TrainingEvent",
    "TrainingFailed",
    "TrainingSpec",
    "choose",
    "fits",
]
