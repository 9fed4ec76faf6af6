"""Made-up pages of discussions and pull requests."""

from __future__ import annotations

from datetime import UTC, datetime

from commonweight.hub import CommentText, Comparison, Discussion, Event, FileChange, Repository, Side
from commonweight.hub.discussions.hunks import Effort, hunks_of
from commonweight.web.contexts import (
    DiscussionPage,
    DiscussionsPage,
    FilterLink,
    Frame,
    Head,
    MergeView,
    NewDiscussionPage,
    Page,
    PullFilesPage,
)
from commonweight.web.presenting.discussions import diff_files, discussion_row, entry_view, merge_view, talk_head

WHEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
REPOSITORY = Repository(1, "model", "commonweight", 1, "SmolLM2-135M-Instruct-GGUF", "public", "", 1, 0, WHEN, WHEN)
HEAD_COMMIT, START = "a" * 40, "b" * 40
BEFORE = b"".join(b"line %d\n" % n for n in range(1, 30))
AFTER = BEFORE.replace(b"line 4\n", b"line four, and longer\nand one more\n").replace(b"line 25\n", b"")


def _talk(number: int, title: str, status: str, *, is_pull: bool = True, author: str = "bob") -> Discussion:
    base = ("refs/heads/main", START, HEAD_COMMIT if status == "merged" else "") if is_pull else ("", "", "")
    return Discussion(number, 1, number, title, status, is_pull, author, 2, WHEN, WHEN, *base)


TALKS = (
    _talk(5, "Which prompt format does it want?", "open", is_pull=False, author=""),
    _talk(4, "Mention the context length in the card", "open"),
    _talk(3, "Half done", "draft"),
    _talk(2, "A better template", "merged"),
    _talk(1, "Spam", "closed", is_pull=False),
)
TEXTS = (CommentText("Frist", "bob", WHEN), CommentText("**First**", "bob", WHEN))
EVENTS = (
    (Event(1, "comment", "bob", 2, WHEN, {}, TEXTS), "<p><strong>First</strong></p>", "/edit", "/hide"),
    (Event(2, "commit", "bob", 2, WHEN, {"subject": "Say how long", "oid": HEAD_COMMIT}), "", "", ""),
    (Event(3, "comment", "ada", 1, WHEN, {}, (CommentText("Fine", "ada", WHEN),)), "<p>Fine</p>", "", "/hide"),
    (Event(4, "comment", "eve", 3, WHEN, {}, (), is_hidden=True), "", "", ""),
    (Event(5, "comment", "", None, WHEN, {}, (CommentText("", "", WHEN),)), "", "", ""),
    (Event(6, "title-change", "ada", 1, WHEN, {"from": "Card", "to": TALKS[1].title}), "", "", ""),
    (Event(7, "status-change", "ada", 1, WHEN, {"status": "open"}), "", "", ""),
)
CHANGES = (
    FileChange(
        "README.md",
        Side(0o100644, "1" * 40, 300),
        Side(0o100644, "2" * 40, 320),
        "text",
        hunks_of(BEFORE, AFTER, Effort(10_000)) or (),
    ),
    FileChange("logo.png", None, Side(0o100644, "3" * 40, 20_480), "binary"),
    FileChange("tokenizer.json", Side(0o100644, "4" * 40, 2_000_000), None, "long"),
    FileChange(
        "model.gguf",
        Side(0o100644, "5" * 40, 98_362_432, "6" * 64),
        Side(0o100644, "7" * 40, 98_400_000, "8" * 64),
        "large",
        hunks_of(b"oid sha256:66\nsize 98362432\n", b"oid sha256:88\nsize 98400000\n", Effort(10_000)) or (),
    ),
    FileChange("run.sh", Side(0o100644, "9" * 40, 20), Side(0o100755, "9" * 40, 20), "text"),
)


def discussion_pages(frame: Frame, head: Head) -> tuple[Page, ...]:
    ready = merge_view(REPOSITORY, TALKS[1], Comparison(START, HEAD_COMMIT, (), base_is_gone=False), "/merge")
    clash = Comparison(START, HEAD_COMMIT, ("README.md", "config.json"), base_is_gone=False)
    merged = merge_view(REPOSITORY, TALKS[3], Comparison(START, HEAD_COMMIT, (), base_is_gone=False), "")
    return (
        DiscussionsPage(
            frame,
            head,
            tuple(discussion_row(REPOSITORY, one) for one in TALKS),
            5,
            (FilterLink("Open", "?", False), FilterLink("Closed and merged", "?", False), FilterLink("All", "?", True)),
            (FilterLink("Both", "?", True), FilterLink("Discussions", "?", False), FilterLink("Pull requests", "?", False)),
            "bob",
            (("status", "all"),),
            "?p=0",
            "?p=2",
            "/new",
            "hf upload commonweight/SmolLM2-135M-Instruct-GGUF FILE --create-pr",
        ),
        NewDiscussionPage(frame, head, "/x", "A title", "A text", "The title is empty."),
        _page(frame, head, TALKS[1], ready),
        _page(frame, head, TALKS[1], merge_view(REPOSITORY, TALKS[1], clash, "/merge"), error="Both sides have changed."),
        _page(frame, head, TALKS[3], merged, over=True),
        _page(frame, head, TALKS[0], None),
        *(_files_page(frame, head, beside=beside) for beside in (False, True)),
    )


def _page(
    frame: Frame, head: Head, talk: Discussion, merge: MergeView | None, *, over: bool = False, error: str = ""
) -> DiscussionPage:
    return DiscussionPage(
        frame,
        head,
        talk_head(REPOSITORY, talk),
        tuple(entry_view(REPOSITORY, event, html, edit=edit, hide=hide) for event, html, edit, hide in EVENTS),
        merge,
        not over,
        not over,
        over,
        False,
        "hf upload … --revision refs/pr/4",
        "What I typed" if error else "",
        error,
    )


def _files_page(frame: Frame, head: Head, *, beside: bool) -> PullFilesPage:
    files = diff_files(REPOSITORY, TALKS[1], CHANGES, beside=beside)
    talk = talk_head(REPOSITORY, TALKS[1], on_files=True)
    return PullFilesPage(frame, head, talk, files, 4, 3, beside, "?view=side", START)
