"""Packs from outside: every way of writing one is read, and none can do harm."""

from __future__ import annotations

import random
import time
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonweight.hub.receiving import PackRefused
from tests.hub.receiving.packs import (
    BLOB,
    BOUNDS,
    COMMIT,
    OFFSET_DELTA,
    REF_DELTA,
    TREE,
    add,
    commit,
    copy,
    delta,
    distance,
    entry,
    oid,
    pack,
    read,
    tree,
)  # fmt: skip

TEXT = b"a text that others are made from\n" * 10
IN_FOLDER = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_deltas_are_resolved_wherever_their_base_lies(tmp_path: Path) -> None:
    """By offset, by id, before their base, and upon each other."""
    second = TEXT + b"more\n"
    third = second + b"and more\n"
    fourth = third + b"and yet more\n"
    by_id = entry(REF_DELTA, delta(len(TEXT), len(second), copy(0, len(TEXT)), add(b"more\n")), base=oid("blob", TEXT))
    whole = entry(BLOB, TEXT)
    upon = entry(
        REF_DELTA, delta(len(second), len(third), copy(0, len(second)), add(b"and more\n")), base=oid("blob", second)
    )
    step = delta(len(third), len(fourth), copy(0, len(third)), add(b"and yet more\n"))
    by_offset = entry(OFFSET_DELTA, step, base=distance(len(upon)))
    _, found = read(tmp_path, pack(by_id, whole, upon, by_offset))
    assert {one.data for one in found.values()} == {TEXT, second, third, fourth}
    assert all(oid("blob", one.data) == one.id for one in found.values())


def test_what_is_named_and_did_not_come_is_told_with_its_kind(tmp_path: Path) -> None:
    here, elsewhere = oid("blob", TEXT), b"\1" * 20
    root = tree((b"100644", b"a.txt", here), (b"40000", b"sub", elsewhere), (b"160000", b"z", b"\2" * 20))
    head = commit(oid("tree", root), b"\3" * 20)
    unpacked, _ = read(tmp_path, pack(entry(BLOB, TEXT), entry(TREE, root), entry(COMMIT, head)), oid("commit", head))
    assert list(unpacked.named_outside(1)) == [{elsewhere.hex(): "tree"}, {"03" * 20: "commit"}]
    assert unpacked.tips[oid("commit", head).hex()].kind == "commit"


def test_a_file_that_is_too_large_is_told_and_not_kept(tmp_path: Path) -> None:
    large = bytes(BOUNDS.object_bytes + 1)
    unpacked, found = read(tmp_path, pack(entry(BLOB, large), entry(BLOB, TEXT)))
    assert unpacked.oversized == [(oid("blob", large), len(large))]
    assert list(found) == [oid("blob", TEXT)]


WRONG = {
    "empty": b"",
    "no pack": b"no pack at all, and long enough to be looked at",
    "cut": pack(entry(BLOB, TEXT))[:-30],
    "damaged": pack(entry(BLOB, TEXT))[:-1] + b"\0",
    "too few": pack(entry(BLOB, TEXT), count=2),
    "too many": pack(entry(BLOB, TEXT), entry(BLOB, b"x"), count=1),
    "count": pack(count=4_000_000_000),
    "kind 0": pack(entry(0, TEXT)),
    "kind 5": pack(entry(5, TEXT)),
    "larger than said": pack(entry(BLOB, TEXT, size=5)),
    "smaller than said": pack(entry(BLOB, TEXT, size=5000)),
    "size without end": pack(b"\xbf" + b"\xff" * 40),
    "not compressed": pack(b"\x35hello"),
    "base of nobody": pack(entry(REF_DELTA, delta(1, 1, add(b"x")), base=b"\7" * 20)),
    "base is itself": pack(entry(OFFSET_DELTA, delta(1, 1, add(b"x")), base=distance(0))),
    "base before the pack": pack(entry(OFFSET_DELTA, delta(1, 1, add(b"x")), base=distance(5000))),
    "distance without end": pack(b"\x65" + b"\xff" * 40),
    "delta of another base": pack(entry(BLOB, TEXT), entry(REF_DELTA, delta(3, 1, copy(0, 1)), base=oid("blob", TEXT))),
    "delta reads behind": pack(
        entry(BLOB, TEXT), entry(REF_DELTA, delta(len(TEXT), 99, copy(len(TEXT) - 1, 99)), base=oid("blob", TEXT))
    ),
    "delta without size": pack(entry(BLOB, TEXT), entry(REF_DELTA, b"\xff" * 30, base=oid("blob", TEXT))),
    "empty delta": pack(entry(BLOB, TEXT), entry(REF_DELTA, b"", base=oid("blob", TEXT))),
    "unknown step": pack(entry(BLOB, TEXT), entry(REF_DELTA, delta(len(TEXT), 1, b"\0"), base=oid("blob", TEXT))),
    "tree too large": pack(entry(TREE, bytes(BOUNDS.object_bytes + 1))),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_with_a_sentence(tmp_path: Path, what: str) -> None:
    with pytest.raises(PackRefused) as refused:
        read(tmp_path, WRONG[what])
    assert len(refused.value.detail) > 10


def test_a_bomb_ends_early_and_takes_little_memory(tmp_path: Path) -> None:
    """Ten kilobytes that stand for gigabytes: by compression, by deltas, by deltas upon deltas."""
    whole = bytes(1 << 20)
    doubled = delta(len(whole), len(whole), copy(0, 1 << 19), copy(0, 1 << 19))
    overlong = delta(len(whole), 10, *[copy(0, 0xFFFFFF)] * 900)
    huge = delta(len(whole), 1 << 40, *[copy(0, 0xFFFFFF)] * 900)
    bombs = [
        pack(*[entry(BLOB, whole + bytes([number]), size=len(whole)) for number in range(9)]),
        pack(*[entry(BLOB, bytes([number]) * (1 << 20)) for number in range(9)]),
        pack(entry(BLOB, whole), *[entry(REF_DELTA, doubled, base=oid("blob", whole))] * 900),
        pack(entry(BLOB, whole), entry(REF_DELTA, overlong, base=oid("blob", whole))),
        pack(entry(BLOB, whole), entry(REF_DELTA, huge, base=oid("blob", whole))),
        pack(entry(BLOB, bytes(100 << 20))),
    ]
    for bomb in bombs:
        began = time.process_time()
        tracemalloc.start()
        with pytest.raises(PackRefused):
            read(tmp_path, bomb)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 16 << 20
        assert time.process_time() - began < 5


def test_folders_that_lie_in_each_other_without_end_are_refused(tmp_path: Path) -> None:
    trees = [b""]
    for _ in range(BOUNDS.depth + 1):
        trees.append(tree((b"40000", b"in", oid("tree", trees[-1]))))
    with pytest.raises(PackRefused, match="deeper than 64"):
        read(tmp_path, pack(*[entry(TREE, one) for one in trees]))
    read(tmp_path, pack(*[entry(TREE, one) for one in trees[:-2]]))


def test_what_names_more_objects_than_may_be_is_refused(tmp_path: Path) -> None:
    many = tree(*[(b"100644", b"%05d" % one, one.to_bytes(20, "big")) for one in range(1, 200)])
    read(tmp_path, pack(entry(TREE, many)))
    with pytest.raises(PackRefused, match="more than 100"):
        read(tmp_path, pack(entry(TREE, many)), bounds=replace(BOUNDS, references=100))


GOOD = pack(
    entry(BLOB, TEXT),
    entry(REF_DELTA, delta(len(TEXT), len(TEXT) + 5, copy(0, len(TEXT)), add(b"more\n")), base=oid("blob", TEXT)),
    entry(TREE, tree((b"100644", b"a.txt", oid("blob", TEXT)))),
    entry(COMMIT, commit(oid("tree", tree((b"100644", b"a.txt", oid("blob", TEXT)))))),
)


@IN_FOLDER
@given(st.integers(0, 2**32), st.integers(1, 6))
def test_a_pack_with_some_bytes_changed_is_read_or_refused(tmp_path: Path, seed: int, changes: int) -> None:
    """Its digest is right again, so that what lies behind it is reached."""
    chance, body = random.Random(seed), bytearray(GOOD[12:-20])
    for _ in range(changes):
        body[chance.randrange(len(body))] = chance.randrange(256)
    with suppress(PackRefused):
        read(tmp_path, pack(bytes(body), count=4))


@IN_FOLDER
@given(st.binary(max_size=400), st.integers(0, 5))
def test_any_bytes_are_read_or_refused(tmp_path: Path, body: bytes, count: int) -> None:
    with suppress(PackRefused):
        read(tmp_path, pack(body, count=count))


@IN_FOLDER
@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, 4]), st.binary(max_size=120)), max_size=5))
def test_objects_of_any_bytes_are_read_or_refused(tmp_path: Path, objects: list[tuple[int, bytes]]) -> None:
    with suppress(PackRefused):
        read(tmp_path, pack(*[entry(kind, data) for kind, data in objects]))
