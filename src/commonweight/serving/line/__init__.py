"""The line at a model: fair queue, shares of slots between processes, choice among replicas, circuit breaking."""

from commonweight.serving.line.affinity import Blocks, blocks_of
from commonweight.serving.line.fair import FairQueue, Lane, PlainTicket, Ticket
from commonweight.serving.line.line import Ask, Line, Place
from commonweight.serving.line.shares import Share, Wish, share_of

__all__ = [
    "Ask",
    "Blocks",
    "FairQueue",
    "Lane",
    "Line",
    "Place",
    "PlainTicket",
    "Share",
    "Ticket",
    "Wish",
    "blocks_of",
    "share_of",
]
