"""Server-sent events, however the network cuts them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.serving import EngineLost
from commonweight.wire.openai.errors import GrammarEnded
from commonweight.wire.openai.events import DONE, MAX_EVENT_BYTES, BrokenStream, Said, comment, event, parse

NAMES = st.text("abc", max_size=5)  # not `error`, which means something
DOCUMENTS = st.lists(st.dictionaries(NAMES, st.text(max_size=5), max_size=3), max_size=5)


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({min(place, len(data)) for place in cuts} | {0, len(data)})
    return [data[start:stop] for start, stop in pairwise(places)]


def read(pieces: list[bytes]) -> list[dict[str, object]]:
    said = Said("messages")
    documents = [document for piece in [*pieces, b""] for document in said.take(piece)]
    said.check()
    return documents


@settings(max_examples=60, deadline=None)
@given(documents=DOCUMENTS, cuts=st.lists(st.integers(0, 400), max_size=6))
def test_events_are_found_however_they_are_cut(documents: list[dict[str, str]], cuts: list[int]) -> None:
    data = comment("loading") + b"".join(event(document) for document in documents) + DONE
    assert read(cut(data, cuts)) == documents


def test_carriage_returns_and_a_missing_space_are_tolerated() -> None:
    assert read(cut(b'data:{"a":1}\r\n\r\ndata: {"b":2}', [])) == [{"a": 1}, {"b": 2}]


def test_an_event_without_end_is_refused_as_that_of_a_lost_engine() -> None:
    with pytest.raises(EngineLost, match="more than"):
        read(cut(b"data: " + b"x" * MAX_EVENT_BYTES, []))


def test_what_was_said_before_an_error_counts() -> None:
    said = Said("messages")
    failure = event({"error": {"message": "empty grammar stack", "code": 500}})
    assert said.take(event({"a": 1}) + failure + event({"b": 2})) == [{"a": 1}]
    with pytest.raises(GrammarEnded):
        said.check()


@pytest.mark.parametrize("payload", [b"{", b"3", b"[{}]", b"\xff"])
def test_what_is_no_object_is_refused(payload: bytes) -> None:
    with pytest.raises(BrokenStream):
        parse(payload)


def test_a_comment_is_one_line_whatever_is_said() -> None:
    assert comment("a\n\ndata: b") == b": a data: b\n\n"
