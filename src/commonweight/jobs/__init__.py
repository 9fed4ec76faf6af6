"""Durable background work with progress."""

from commonweight.jobs.queue import Job, Jobs, NotDone, Progress, enqueue, ensure, unfinished
from commonweight.jobs.runner import Handler, Runner

__all__ = ["Handler", "Job", "Jobs", "NotDone", "Progress", "Runner", "enqueue", "ensure", "unfinished"]
