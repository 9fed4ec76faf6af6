"""Discussions and pull requests of repositories; see docs/discussions.md."""

from commonweight.hub.discussions.diffing import FileChange, Side, diff_text
from commonweight.hub.discussions.hunks import Hunk, Line
from commonweight.hub.discussions.keeping import PullKeeper
from commonweight.hub.discussions.pull_landing import OnPull, Opening
from commonweight.hub.discussions.pulls import Comparison, PullRequests
from commonweight.hub.discussions.room import Discussions, may_steer
from commonweight.hub.discussions.store import DISCUSSION_CHANGED
from commonweight.hub.discussions.values import CommentText, Discussion, Event, Page, Wanted, pull_number, pull_ref

__all__ = [
    "DISCUSSION_CHANGED",
    "CommentText",
    "Comparison",
    "Discussion",
    "Discussions",
    "Event",
    "FileChange",
    "Hunk",
    "Line",
    "OnPull",
    "Opening",
    "Page",
    "PullKeeper",
    "PullRequests",
    "Side",
    "Wanted",
    "diff_text",
    "may_steer",
    "pull_number",
    "pull_ref",
]
