"""Durable background work with progress."""

from commonweight.jobs.queue import (
    MAX_ATTEMPTS,
    Job,
    Jobs,
    NotDone,
    Progress,
    come_again,
    enqueue,
    ensure,
    hurry,
    unfinished,
)
from commonweight.jobs.runner import Handler, Runner

__all__ = [
    "MAX_ATTEMPTS",
    "Handler",
    "Job",
    "Jobs",
    "NotDone",
    "Progress",
    "Runner",
    "come_again",
    "enqueue",
    "ensure",
    "hurry",
    "unfinished",
]
