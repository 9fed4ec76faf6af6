"""
Batches: many requests from a file, answered into another when there is room for them. See docs/batches.md.

`BatchWork` makes the parts: `Batches` makes, lists and cancels them; `BatchRuns` works on them, as a job, in the worker.
"""

from commonweight.batches.batches import Batches
from commonweight.batches.errors import BatchClosed, BatchMissing, BatchRefused
from commonweight.batches.lines import Line, Outcome, RunLine
from commonweight.batches.running import BATCH, BatchRuns
from commonweight.batches.tending import TEND, Tender
from commonweight.batches.turn import Pace
from commonweight.batches.values import WINDOW, Batch, NewBatch, Page, Status
from commonweight.batches.work import BatchWork

__all__ = [
    "BATCH",
    "TEND",
    "WINDOW",
    "Batch",
    "BatchClosed",
    "BatchMissing",
    "BatchRefused",
    "BatchRuns",
    "BatchWork",
    "Batches",
    "Line",
    "NewBatch",
    "Outcome",
    "Pace",
    "Page",
    "RunLine",
    "Status",
    "Tender",
]
