"""Commits, trees and tags that may enter, and those that may not."""

from __future__ import annotations

import pytest
from dulwich.objects import Tag
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.hub.commits import parse_commit, tree_of
from commonweight.hub.fetching import tagged
from commonweight.hub.graph import read_node
from commonweight.hub.objects import parse_items
from commonweight.hub.receiving.checks import Malformed, check
from tests.hub.receiving.packs import COMMIT, IDENT, TAG, TREE, commit, tree

ONE, TWO = b"\1" * 20, b"\2" * 20
TAGGED = b"object " + ONE.hex().encode() + b"\ntype commit\ntag v1\ntagger " + IDENT + b"\n\nThe first\n"

TREES = {
    "..": [(b"100644", b"..", ONE)],
    ".": [(b"40000", b".", ONE)],
    ".git": [(b"100644", b".git", ONE)],
    ".GIT": [(b"40000", b".GIT", ONE)],
    "git~1": [(b"40000", b"git~1", ONE)],
    ".git with a dot": [(b"40000", b".git.", ONE)],
    ".git with a space": [(b"40000", b".git ", ONE)],
    ".git as a stream": [(b"40000", b".git::$INDEX_ALLOCATION", ONE)],
    ".git for Apple": [(b"40000", ".g\u200cit".encode(), ONE)],
    "a slash": [(b"100644", b"a/b", ONE)],
    "a backslash that climbs": [(b"100644", b"..\\x", ONE)],
    "a line feed": [(b"100644", b"a\nb", ONE)],
    "not UTF-8": [(b"100644", b"\xff", ONE)],
    "too long": [(b"100644", b"a" * 256, ONE)],
    "twice": [(b"100644", b"a", ONE), (b"100644", b"a", TWO)],
    "twice, as file and folder": [(b"100644", b"a", ONE), (b"100644", b"a.b", ONE), (b"40000", b"a", ONE)],
    "not sorted": [(b"100644", b"b", ONE), (b"100644", b"a", ONE)],
    "a folder sorted as a file": [(b"40000", b"a", ONE), (b"100644", b"a.b", ONE)],
    "a mode of its own": [(b"100777", b"a", ONE)],
    "an enormous mode": [(b"7" * 300, b"a", ONE)],
    "zeros": [(b"100644", b"a", bytes(20))],
    "a link to settings": [(b"120000", b".gitmodules", ONE)],
}


@pytest.mark.parametrize("what", TREES)
def test_a_tree_that_would_harm_is_refused(what: str) -> None:
    with pytest.raises(Malformed):
        list(check(TREE, tree(*TREES[what])))


@pytest.mark.parametrize("data", [b"100644 a", b"100644 a\0short", b"x" * 40, b"100644 \0" + ONE])
def test_bytes_that_are_no_tree_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        list(check(TREE, data))


def test_a_tree_names_its_files_and_folders_and_no_submodules() -> None:
    items = [(b"100755", b"a", ONE), (b"100644", b"a.b", ONE), (b"40000", "é".encode(), TWO), (b"160000", "ü".encode(), ONE)]
    assert list(check(TREE, tree(*items))) == [(ONE, 3), (ONE, 3), (TWO, 2)]


COMMITS = {
    "nothing": b"",
    "no author": b"tree " + ONE.hex().encode() + b"\n\nx",
    "NUL": commit(ONE, message=b"a\0b"),
    "year 10000": commit(ONE, ident=b"Ada <a@b> 253402300800 +0000"),
    "no time": commit(ONE, ident=b"Ada <a@b>"),
    "negative": commit(ONE, ident=b"Ada <a@b> -1 +0000"),
    "odd zone": commit(ONE, ident=b"Ada <a@b> 1 +000000"),
    "two addresses": commit(ONE, ident=b"Ada <a@b> <c> 1 +0000"),
    "short parent": b"tree " + ONE.hex().encode() + b"\nparent 12\nauthor " + IDENT + b"\ncommitter " + IDENT + b"\n\nx",
    "no end": commit(ONE)[:-9],
    "long": commit(ONE, message=b"x" * (1 << 20)),
    "odd mergetag": commit(ONE, head=b"mergetag nonsense\n"),
}


@pytest.mark.parametrize("what", COMMITS)
def test_a_commit_that_is_not_as_git_writes_them_is_refused(what: str) -> None:
    with pytest.raises(Malformed):
        list(check(COMMIT, COMMITS[what]))


MORE = {
    "signed": b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n",
    "encoded": b"encoding ISO-8859-1\n",
    "a merge of a tag": b"mergetag object "
    + ONE.hex().encode()
    + b"\n type commit\n tag v1\n tagger "
    + IDENT
    + b"\n \n Text\n",
    "HG:extra": b"HG:extra a:b\n",
}


@pytest.mark.parametrize("what", MORE)
def test_what_git_writes_beside_is_read(what: str) -> None:
    data = commit(ONE, TWO, head=MORE[what], message=b"\xfcber\n")
    assert list(check(COMMIT, data)) == [(ONE, 2), (TWO, 1)]
    assert parse_commit("0" * 40, data).parents == (TWO.hex(),)


def test_a_tag_names_what_it_stands_at() -> None:
    assert list(check(TAG, TAGGED)) == [(ONE, 1)]
    assert list(check(TAG, TAGGED.replace(b"type commit", b"type tag"))) == [(ONE, 4)]
    for wrong in (
        TAGGED.replace(b"commit", b"blob"),
        TAGGED.replace(b"tag v1\n", b""),
        TAGGED[:60],
        TAGGED.replace(b"1700", b"9" * 12),
    ):
        with pytest.raises(Malformed):
            list(check(TAG, wrong))


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [b"tree " + b"1" * 40, b"parent " + b"2" * 40, b"author " + IDENT, b"committer " + IDENT, b"", b" go on"]
        ),
        st.sampled_from(
            [b"encoding x\xff", b"gpgsig a", b"mergetag object " + b"1" * 40, b" type commit", b" tag v1", b" tagger x"]
        ),
        st.binary(max_size=30),
    ),
    max_size=14,
)


@settings(max_examples=1000, deadline=None)
@given(LINES, LINES)
def test_every_commit_that_may_enter_can_be_shown(head: list[bytes], message: list[bytes]) -> None:
    start = [b"tree " + b"1" * 40, b"author " + IDENT, b"committer " + IDENT]
    data = b"\n".join([*start, *head, b"", *message])
    try:
        named = list(check(COMMIT, data))
    except Malformed:
        return
    shown = parse_commit("0" * 40, data)
    node = read_node("0" * 40, data)
    assert [one.hex() for one, _ in named] == [tree_of(data), *shown.parents] == [node.tree, *node.parents]
    assert node.time == int(shown.date.timestamp())


@settings(max_examples=500, deadline=None)
@given(LINES, LINES)
def test_every_tag_that_may_enter_can_be_followed(head: list[bytes], message: list[bytes]) -> None:
    data = b"\n".join([TAGGED[:60], b"tag v1", *head, b"", *message])
    try:
        named = list(check(TAG, data))
    except Malformed:
        return
    read = Tag.from_string(data)
    assert isinstance(read, Tag)
    assert read.object[1].decode() == named[0][0].hex() == tagged(data)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([b"100644", b"40000", b"040000", b"120000"]), st.binary(max_size=4)), max_size=4))
def test_every_tree_that_may_enter_can_be_listed(items: list[tuple[bytes, bytes]]) -> None:
    data = tree(*[(mode, name, ONE) for mode, name in sorted(items, key=lambda one: one[1])])
    try:
        named = list(check(TREE, data))
    except Malformed:
        return
    assert len(parse_items(data)) == len(named) == len(items)
