import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.storage.errors import PastTheEnd
from commonweight.storage.xet.reconstruction import FetchRange, reconstruct
from commonweight.storage.xet.shard import Term
from commonweight.storage.xet.xorb import build_xorb, decode_chunks

A_CHUNKS = [b"aaaa", b"bb", b"cccccc", b"d"]
B_CHUNKS = [b"1234567", b"89"]
A_BODY, A = build_xorb(A_CHUNKS)
B_BODY, B = build_xorb(B_CHUNKS)
BODIES = {A.xorb_hash: A_BODY, B.xorb_hash: B_BODY}
TABLES = {A.xorb_hash: A.table, B.xorb_hash: B.table}
TERMS = [
    Term(A.xorb_hash, 6, 0, 2),
    Term(B.xorb_hash, 9, 0, 2),
    Term(A.xorb_hash, 7, 2, 4),
    Term(A.xorb_hash, 2, 1, 2),
]
WHOLE = b"aaaabb" + b"123456789" + b"ccccccd" + b"bb"


def played_back(found):
    """What a client makes of it."""
    out = b""
    for term in found.terms:
        (inside,) = [r for r in found.fetch[term.xorb] if r.start <= term.start and term.end <= r.end]
        chunks = list(decode_chunks(BODIES[term.xorb][inside.byte_start : inside.byte_end]))
        piece = b"".join(chunks[term.start - inside.start : term.end - inside.start])
        assert len(piece) == term.unpacked_bytes
        out += piece
    return out[found.skip : found.skip + found.length]


def test_the_whole_file_comes_back():
    found = reconstruct(TERMS, TABLES)
    assert played_back(found) == WHOLE
    assert found.skip == 0
    assert found.terms == tuple(TERMS)


def test_ranges_of_one_xorb_that_touch_are_one():
    assert reconstruct(TERMS, TABLES).fetch[A.xorb_hash] == (FetchRange(0, 4, 0, len(A_BODY)),)


def test_ranges_apart_stay_apart():
    terms = [Term(A.xorb_hash, 4, 0, 1), Term(A.xorb_hash, 1, 3, 4)]
    assert [(r.start, r.end) for r in reconstruct(terms, TABLES).fetch[A.xorb_hash]] == [(0, 1), (3, 4)]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 40))
def test_any_part_comes_back_trimmed_to_its_chunks(start, length):
    end = start + length + 1
    found = reconstruct(TERMS, TABLES, start, end)
    assert played_back(found) == WHOLE[start:end]
    assert found.skip < max(map(len, A_CHUNKS + B_CHUNKS))


@pytest.mark.parametrize("start", [len(WHOLE), len(WHOLE) + 1, 1 << 40])
def test_a_start_behind_the_end_is_past_the_end(start):
    with pytest.raises(PastTheEnd, match=str(len(WHOLE))):
        reconstruct(TERMS, TABLES, start, start + 1)


def test_an_empty_file_has_no_terms_and_no_part():
    assert reconstruct([], {}).terms == ()
    with pytest.raises(PastTheEnd):
        reconstruct([], {}, 0, 1)
