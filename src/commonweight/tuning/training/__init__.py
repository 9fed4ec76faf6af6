"""
The child process that trains, and our side of it. See docs/tuning.md.

Nothing here imports torch: that is the child's (`python -m commonweight.tuning.training.main`, extra `tune`).
"""

from commonweight.tuning.training.choosing import choose
from commonweight.tuning.training.errors import Cancelled, Code, Paused, TrainingFailed
from commonweight.tuning.training.trainer import Trainer
from commonweight.tuning.training.values import Estimate, Finding, Kind, Sample, Trained, TrainingEvent, TrainingSpec

__all__ = [
    "Cancelled",
    "Code",
    "Estimate",
    "Finding",
    "Kind",
    "Paused",
    "Sample",
    "Trained",
    "Trainer",
    "TrainingEvent",
    "TrainingFailed",
    "TrainingSpec",
    "choose",
]
