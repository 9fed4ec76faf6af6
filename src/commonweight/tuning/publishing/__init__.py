"""
The repository that comes of a tuning: a draft with all artefacts, its card and what it owes, until somebody accepts it.
"""

from commonweight.tuning.publishing.values import BaseUsed, DataUsed, Draft, Made

__all__ = ["BaseUsed", "DataUsed", "Draft", "Made"]
