"""Discussions and pull requests of a repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.repository import Head


@dataclass(frozen=True)
class DiscussionRow:
    number: int = says("Its number in the repository.")
    href: str = says("Its page.")
    title: str = says("What it is about.")
    state: Word = says("Draft, open, closed or merged.")
    is_pull_request: bool = says("Whether it proposes changes.")
    author: str = says("Who opened it; empty where the account is gone.")
    when: str = says("When it was opened.")


@dataclass(frozen=True)
class FilterLink:
    text: str = says("What is shown with it; translated by the template.")
    href: str = says("The list with it.")
    is_current: bool = says("Whether it is in force.")


@dataclass(frozen=True)
class DiscussionsPage:
    template: ClassVar[str] = "discussions.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, tabs.")
    rows: tuple[DiscussionRow, ...] = says("The newest first.")
    count: int = says("How many there are with these filters.")
    statuses: tuple[FilterLink, ...] = says("Open, closed, all.")
    types: tuple[FilterLink, ...] = says("Discussions, pull requests, both.")
    author: str = says("Whose are shown; empty for everybody's.")
    kept: tuple[tuple[str, str], ...] = says("Filters that the form for the author keeps: name and value.")
    newer: str = says("Address of the page before; empty on the first.")
    older: str = says("Address of the next page; empty on the last.")
    new: str = says("Where a discussion is opened.")
    propose: str = says("The command that opens a pull request.")


@dataclass(frozen=True)
class NewDiscussionPage:
    template: ClassVar[str] = "new_discussion.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, tabs.")
    action: str = says("Where the form goes.")
    title: str = says("What was typed as the title.")
    text: str = says("What was typed as the text.")
    error: str = says("Why it was refused; empty where it was not.")


@dataclass(frozen=True)
class Saying:
    when: str = says("When it was written.")
    text: str = says("What it said, as it was written.")


@dataclass(frozen=True)
class EntryView:
    id: int = says("Its number, for links to it.")
    kind: str = says("comment, status, title or commit.")
    author: str = says("Who; empty where the account is gone.")
    when: str = says("When.")
    html: str = says("A comment, rendered and sanitised.", "")
    raw: str = says("A comment as it was written, for editing.", "")
    is_hidden: bool = says("Whether what it said is gone.", False)
    edited: str = says("When it was last edited; empty where it never was.", "")
    before: tuple[Saying, ...] = says("What it said before, the oldest first.", ())
    edit: str = says("Where an edit goes; empty for those who may not.", "")
    hide: str = says("Where hiding it goes; empty for those who may not.", "")
    state: Word | None = says("The status that it changed to.", None)
    titles: tuple[str, str] = says("The title before and after.", ("", ""))
    commit: tuple[str, str, str] = says("A commit: its id, its title, its files.", ("", "", ""))


@dataclass(frozen=True)
class TalkHead:
    number: int = says("Its number in the repository.")
    title: str = says("What it is about.")
    state: Word = says("Draft, open, closed or merged.")
    is_pull_request: bool = says("Whether it proposes changes.")
    author: str = says("Who opened it; empty where the account is gone.")
    when: str = says("When.")
    base: str = says("Branch that a pull request goes into.")
    ref: str = says("Name under which its commits are read.")
    href: str = says("The conversation.")
    files: str = says("What it changes; empty for a discussion.")
    on_files: bool = says("Whether this page shows what it changes.")


@dataclass(frozen=True)
class MergeView:
    state: str = says("ready, draft, conflicts, gone (the base), over or none: whether it can be merged now.")
    conflicts: tuple[str, ...] = says("Files that both sides have changed.")
    head: str = says("The newest commit that the reader has seen.")
    action: str = says("Where the merge goes; empty for those who may not.")
    merged_as: str = says("Commit that it was merged as; empty where it was not.")
    merged_href: str = says("The files at that commit.")


@dataclass(frozen=True)
class DiscussionPage:
    template: ClassVar[str] = "discussion.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, tabs.")
    talk: TalkHead = says("What it is about, and what became of it.")
    entries: tuple[EntryView, ...] = says("What was said and done, in its order.")
    merge: MergeView | None = says("Whether it can be merged; None for a discussion.")
    may_comment: bool = says("Whether the reader may take part.")
    may_steer: bool = says("Whether the reader may change title and status.")
    is_over: bool = says("Whether it is closed or merged.")
    may_reopen: bool = says("Whether it can be opened again, or for the first time.")
    push: str = says("The command that adds to it; empty for those who may not.")
    typed: str = says("A comment that was refused, as it was typed.")
    error: str = says("Why something was refused; empty where nothing was.")


@dataclass(frozen=True)
class DiffRow:
    """One line beside another; unified, only one of both sides is filled where the line is on one side alone."""

    old_number: str = says("Line number before; empty where it is not there.")
    old_text: str = says("The line before.")
    old_mark: str = says("- where it goes, a space where it stays, empty where there is none.")
    new_number: str = says("Line number after; empty where it is not there.")
    new_text: str = says("The line after.")
    new_mark: str = says("+ where it comes, a space where it stays, empty where there is none.")


@dataclass(frozen=True)
class DiffHunk:
    header: str = says("Where it is: @@ -1,3 +1,4 @@.")
    rows: tuple[DiffRow, ...] = says("Its lines.")


@dataclass(frozen=True)
class DiffFile:
    id: str = says("For links to it.")
    path: str = says("Its path.")
    deed: Word = says("Added, changed, deleted or made executable.")
    added: int = says("Lines that come.")
    removed: int = says("Lines that go.")
    note: str = says("What is said instead of lines; translated by the template.")
    sizes: str = says("Size before and after, where no lines are shown.")
    href: str = says("The file in the pull request; empty where it is deleted.")
    hunks: tuple[DiffHunk, ...] = says("Its lines.")


@dataclass(frozen=True)
class PullFilesPage:
    template: ClassVar[str] = "pull_files.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, tabs.")
    talk: TalkHead = says("What it is about, and what became of it.")
    files: tuple[DiffFile, ...] = says("What it changes, by path.")
    added: int = says("Lines that come, in all.")
    removed: int = says("Lines that go, in all.")
    side_by_side: bool = says("Whether the lines stand beside each other.")
    other_view: str = says("The same the other way.")
    start: str = says("Commit that the changes are counted from, 40 hex digits.")
