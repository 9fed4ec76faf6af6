"""Discussions and pull requests as people see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from commonweight.hub import Comparison, Discussion, Event, FileChange, Hunk, Line, Repository, Side
from commonweight.web.contexts import (
    DiffFile,
    DiffHunk,
    DiffRow,
    DiscussionRow,
    EntryView,
    MergeView,
    Saying,
    TalkHead,
    Word,
)
from commonweight.web.links import in_repository, of_repository
from commonweight.web.presenting.measures import minute_text, size_text
from commonweight.web.presenting.words import _

STATUS_WORDS: Final[Mapping[str, Word]] = {
    "draft": Word("draft", _("draft"), "ask", "half", _("It is not to be looked at yet.")),
    "open": Word("open", _("open"), "good", "ring", _("It waits for an answer.")),
    "closed": Word("closed", _("closed"), "unknown", "stop", _("Nothing more is to happen.")),
    "merged": Word("merged", _("merged"), "split", "check", _("Its changes are part of the repository.")),
}
DEED_WORDS: Final[Mapping[str, Word]] = {
    "added": Word("added", _("added"), "good", "", _("A new file.")),
    "changed": Word("changed", _("changed"), "plain", "", _("A file that was there before.")),
    "deleted": Word("deleted", _("deleted"), "stop", "", _("A file that goes.")),
    "mode": Word("mode", _("mode changed"), "plain", "", _("Whether it can be run as a program.")),
}
NOTES: Final[Mapping[str, str]] = {
    "large": _("A large file: git keeps what stands below in its place."),
    "binary": _("This is no text."),
    "long": _("Too much to be shown here line by line."),
    "subproject": _("A repository inside this one."),
}


def discussions_address(repository: Repository) -> str:
    return f"{of_repository(repository)}/discussions"


def discussion_row(repository: Repository, one: Discussion) -> DiscussionRow:
    return DiscussionRow(
        number=one.number,
        href=f"{discussions_address(repository)}/{one.number}",
        title=one.title,
        state=STATUS_WORDS[one.status],
        is_pull_request=one.is_pull_request,
        author=one.author,
        when=minute_text(one.created_at),
    )


def talk_head(repository: Repository, one: Discussion, *, on_files: bool = False) -> TalkHead:
    href = f"{discussions_address(repository)}/{one.number}"
    return TalkHead(
        number=one.number,
        title=one.title,
        state=STATUS_WORDS[one.status],
        is_pull_request=one.is_pull_request,
        author=one.author,
        when=minute_text(one.created_at),
        base=one.base.removeprefix("refs/heads/"),
        ref=one.ref if one.is_pull_request else "",
        href=href,
        files=f"{href}/files" if one.is_pull_request else "",
        on_files=on_files,
    )


def entry_view(repository: Repository, event: Event, html: str, *, edit: str, hide: str) -> EntryView:
    """`edit` and `hide` are where these deeds go, for whoever may."""
    kinds = {"comment": "comment", "status-change": "status", "title-change": "title", "commit": "commit"}
    oid, status = str(event.data.get("oid", "")), str(event.data.get("status", ""))
    return EntryView(
        id=event.id,
        kind=kinds[event.type],
        author=event.author,
        when=minute_text(event.created_at),
        html=html,
        raw=event.text,
        is_hidden=event.is_hidden,
        edited=minute_text(event.texts[-1].written_at) if len(event.texts) > 1 else "",
        before=tuple(Saying(minute_text(one.written_at), one.text) for one in event.texts[:-1]),
        edit=edit,
        hide=hide,
        state=STATUS_WORDS[status] if status else None,
        titles=(str(event.data.get("from", "")), str(event.data.get("to", ""))),
        commit=(oid, str(event.data.get("subject", "")), in_repository(repository, "tree", oid) if oid else ""),
    )


def merge_view(repository: Repository, pull: Discussion, compared: Comparison, action: str) -> MergeView:
    """`action` is where a merge goes, for whoever may."""
    return MergeView(
        state=_merge_state(pull, compared),
        conflicts=tuple(_shown(one) for one in compared.conflicts),
        head=compared.head,
        action=action,
        merged_as=pull.merge_commit,
        merged_href=in_repository(repository, "tree", pull.merge_commit) if pull.merge_commit else "",
    )


def _merge_state(pull: Discussion, compared: Comparison) -> str:
    if pull.is_over:
        return "over"
    if compared.base_is_gone:
        return "gone"
    if compared.conflicts:
        return "conflicts"
    if compared.head == compared.start:
        return "none"
    return "draft" if pull.status == "draft" else "ready"


def diff_files(
    repository: Repository, pull: Discussion, changes: Sequence[FileChange], *, beside: bool
) -> tuple[DiffFile, ...]:
    return tuple(_diff_file(repository, pull, number, one, beside=beside) for number, one in enumerate(changes, 1))


def _diff_file(repository: Repository, pull: Discussion, number: int, one: FileChange, *, beside: bool) -> DiffFile:
    return DiffFile(
        id=f"file-{number}",
        path=_shown(one.path),
        deed=DEED_WORDS[_deed(one)],
        added=one.added,
        removed=one.removed,
        note=NOTES.get(one.kind, ""),
        sizes="" if one.kind == "text" else _sizes(one.before, one.after),
        href=in_repository(repository, "blob", pull.ref, one.path) if one.after and _is_plain(one.path) else "",
        hunks=tuple(DiffHunk(hunk.header, _rows(hunk, beside=beside)) for hunk in one.hunks),
    )


def _is_plain(path: str) -> bool:
    """Whether an address can hold it: git also allows names that are no UTF-8."""
    return _shown(path) == path


def _shown(path: str) -> str:
    return path.encode(errors="replace").decode()


def _deed(one: FileChange) -> str:
    if one.before is None:
        return "added"
    if one.after is None:
        return "deleted"
    return "mode" if one.before.oid == one.after.oid else "changed"


def _sizes(before: Side | None, after: Side | None) -> str:
    return " → ".join(size_text(side.size) if side else "—" for side in (before, after))


def _rows(hunk: Hunk, *, beside: bool) -> tuple[DiffRow, ...]:
    if not beside:
        return tuple(_alone(line) for line in hunk.lines)
    rows: list[DiffRow] = []
    gone: list[Line] = []
    came: list[Line] = []
    for line in [*hunk.lines, None]:
        if line is not None and line.mark == "-":
            gone.append(line)
        elif line is not None and line.mark == "+":
            came.append(line)
        else:
            rows += _beside(gone, came)
            gone, came = [], []
            rows += [_both(line, line)] if line is not None else []
    return tuple(rows)


def _beside(gone: Sequence[Line], came: Sequence[Line]) -> list[DiffRow]:
    count = max(len(gone), len(came))
    padded = [[*lines, *[None] * (count - len(lines))] for lines in (gone, came)]
    return [_both(old, new) for old, new in zip(*padded, strict=True)]


def _both(old: Line | None, new: Line | None) -> DiffRow:
    return DiffRow(
        old_number=str(old.old) if old else "",
        old_text=old.text if old else "",
        old_mark=old.mark if old else "",
        new_number=str(new.new) if new else "",
        new_text=new.text if new else "",
        new_mark=new.mark if new else "",
    )


def _alone(line: Line) -> DiffRow:
    return _both(line if line.mark != "+" else None, line if line.mark != "-" else None)
