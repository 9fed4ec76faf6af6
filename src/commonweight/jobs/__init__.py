"""Durable background work with progress."""

from commonweight.jobs.queue import Job, Jobs, Progress, enqueue, ensure
from commonweight.jobs.runner import Handler, Runner

__all__ = ["Handler", "Job", "Jobs", "Progress", "Runner", "enqueue", "ensure"]
