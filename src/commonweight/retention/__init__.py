"""
Retention: prompts and answers are written nowhere, unless somebody who may has decided that they are, and for how long.

`Decisions` holds who decided what; `Kept` is what is kept by them, deleted when asked, when its time is up, and when the
decision that it rests on ends.
"""

from commonweight.retention.conversations import Conversation, Conversations, ItemPage
from commonweight.retention.decisions import Decisions
from commonweight.retention.errors import ConversationFull, DecisionNotFound, MayNotDecide, NotKept
from commonweight.retention.expiring import Expiry
from commonweight.retention.kept import RESPOND, RUNNING, Kept
from commonweight.retention.retention import Retention
from commonweight.retention.values import Decision, Events, KeptAnswer, Kind, NewAnswer, Page, Scope, Total

__all__ = [
    "RESPOND",
    "RUNNING",
    "Conversation",
    "ConversationFull",
    "Conversations",
    "Decision",
    "DecisionNotFound",
    "Decisions",
    "Events",
    "Expiry",
    "ItemPage",
    "Kept",
    "KeptAnswer",
    "Kind",
    "MayNotDecide",
    "NewAnswer",
    "NotKept",
    "Page",
    "Retention",
    "Scope",
    "Total",
]
