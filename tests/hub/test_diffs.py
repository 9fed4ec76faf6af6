"""Hunks and diffs: as git makes them, and within bounds whatever comes."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.hub import FileChange, Side, diff_text
from commonweight.hub.discussions.diffing import Read, compare
from commonweight.hub.discussions.hunks import Effort, Hunk, hunks_of

LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b"", b"long line", b"\xff\xfe", b"x\ry"]), max_size=30)
TEXTS = st.builds(lambda lines, end: b"\n".join(lines) + (b"\n" if end and lines else b""), LINES, st.booleans())


def hunks(before: bytes, after: bytes) -> list[Hunk]:
    found = hunks_of(before, after, Effort(10**9))
    assert found is not None
    return found


def patched(before: bytes, found: list[Hunk]) -> str:
    """The text after, made of the text before and the hunks alone."""
    lines = before.decode(errors="replace").split("\n")
    lines = lines[:-1] if lines[-1] == "" else lines
    result: list[str] = []
    at, ends = 0, not before.endswith(b"\n") and bool(before)
    for hunk in found:
        start = hunk.old_start - (hunk.old_count > 0)
        result += lines[at:start]
        result += [line.text for line in hunk.lines if line.mark != "-"]
        at = start + hunk.old_count
        if at >= len(lines):
            kept = [line for line in hunk.lines if line.mark != "-"]
            ends = kept[-1].ends if kept else False
    result += lines[at:]
    return "\n".join(result) + ("" if ends or not result else "\n")


@settings(deadline=None)
@given(before=TEXTS, after=TEXTS)
def test_the_text_after_can_be_made_of_the_text_before_and_the_hunks(before: bytes, after: bytes) -> None:
    assert patched(before, hunks(before, after)) == after.decode(errors="replace")


@settings(deadline=None)
@given(before=TEXTS, after=TEXTS)
def test_counts_and_numbers_of_a_hunk_are_those_of_its_lines(before: bytes, after: bytes) -> None:
    for hunk in hunks(before, after):
        old = [line.old for line in hunk.lines if line.old is not None]
        new = [line.new for line in hunk.lines if line.new is not None]
        assert (len(old), len(new)) == (hunk.old_count, hunk.new_count)
        assert old == list(range(hunk.old_start, hunk.old_start + len(old)))
        assert new == list(range(hunk.new_start, hunk.new_start + len(new)))


def test_changes_far_apart_are_hunks_of_their_own() -> None:
    before = b"".join(b"%d\n" % n for n in range(30))
    after = before.replace(b"\n5\n", b"\nfive\n").replace(b"\n12\n", b"\ntwelve\n").replace(b"\n25\n", b"\n")
    assert [one.header for one in hunks(before, after)] == ["@@ -3,14 +3,14 @@", "@@ -23,7 +23,6 @@"]


def test_what_would_take_too_long_is_told_without_lines_and_soon() -> None:
    many = tuple(b"".join(b"%d %d\n" % (n % 7, side) for n in range(30_000)) for side in (1, 2))
    read = [Read(f"f{n}", Side(0o100644, "1" * 40, 1), Side(0o100644, "2" * 40, 1), (many[0], many[1])) for n in range(20)]
    start = time.process_time()
    assert {one.kind for one in compare(read)} == {"long"}
    assert time.process_time() - start < 20


def test_odd_names_are_quoted_as_git_does() -> None:
    change = FileChange('a"b\\c\n.txt', None, Side(0o100644, "1" * 40, 0), "binary")
    assert diff_text([change]).startswith('diff --git "a/a\\"b\\\\c\\012.txt" "b/a\\"b\\\\c\\012.txt"\nnew file mode')


CASES = {
    "same.txt": (b"1\n2\n3\n4\n5\n6\n7\n8\n9\n", b"1\n2\nthree\n4\n5\n6\n7\n8\n9\nten\n"),
    "new.txt": (None, b"one\ntwo"),
    "gone.txt": (b"one\n", None),
    "no newline.txt": (b"a\nb", b"a\nb\n"),
    "binary.dat": (b"\0\1", b"\0\2"),
    "empty.txt": (None, b""),
    "d/deep.txt": (b"x\n" * 40, b"x\n" * 20 + b"y\n" + b"x\n" * 20),
}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_diff_is_what_git_says(tmp_path: Path) -> None:
    sides = [tmp_path / "before", tmp_path / "after"]
    for at, side in enumerate(sides):
        for name, texts in CASES.items():
            if (text := texts[at]) is not None:
                (side / name).parent.mkdir(parents=True, exist_ok=True)
                (side / name).write_bytes(text)

    def git(*arguments: str) -> str:
        command = ["git", "-c", "init.defaultBranch=main", "-c", "user.name=a", "-c", "user.email=a", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True).stdout

    git("init", "-q")
    trees = []
    for side in sides:
        git(f"--work-tree={side}", "add", "-A", ".")
        trees.append(git("write-tree").strip())

    def of(tree: str, name: str) -> Side | None:
        entry = git("ls-tree", tree, name).split()
        return Side(int(entry[0], 8), entry[2], 0) if entry else None

    read = [
        Read(name, of(trees[0], name), of(trees[1], name), (texts[0] or b"", texts[1] or b""))
        for name, texts in sorted(CASES.items())
    ]
    theirs = git("diff", "--no-color", "--no-renames", "--abbrev=7", *trees)
    assert diff_text(compare(read)) == re.sub(
        r"^(@@ .* @@).*", r"\1", theirs, flags=re.MULTILINE
    )  # git names a heading there
