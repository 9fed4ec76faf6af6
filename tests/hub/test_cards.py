"""Cards: a broken one is an empty one that says what is wrong and where."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.hub import read_card
from commonweight.hub.cards import MAX_WORD, MAX_WORDS, words


def test_the_block_at_the_top_is_read() -> None:
    card = read_card(b"---\nlicense: mit\nlanguage: no\ndate: 2024-01-31\n---\n# Model\n---\nnot: this\n---\n")
    assert card.data == {"license": "mit", "language": "no", "date": "2024-01-31"}
    assert card.error == ""


def test_no_block_is_no_error() -> None:
    card = read_card(b"# Just a text\n")
    assert (card.data, card.error, card.has_block) == ({}, "", False)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"---\na: 1\nb: [\n---\n", "Line 4"),
        (b"---\na: b: c\n---\n", "Line 2"),
        (b"---\n- a\n- b\n---\n", "must be a mapping"),
        (b"# \xff\n", "not valid UTF-8"),
        (b"---\nd: 2024-02-31\n---\n", "cannot be read"),
        (b"---\na: " + b"[" * 5000 + b"\n---\n", "levels deep"),
        (b"---\na: &a [1]\nb:\n  <<: *a\n---\n", "merge keys"),
        (b"---\na: !!python/object:os.system x\n---\n", "could not determine a constructor"),
        (b"---\na: &a [*a]\n---\n", "too deep"),
        (b"---\na: 0x" + b"f" * 200_000 + b"\n---\n", "Line 2, column 4: a number of 200002 characters"),
        (b"---\na: " + b"59:" * 5000 + b"59\n---\n", "a number of"),
        (b"---\na: " + b"59:" * 200 + b"59.5\n---\n", "cannot be read"),
        (b'---\na: !!int ""\n---\n', "Line 2"),
        (b"---\na: !!bool x\n---\n", "Line 2"),
        (b"---\na: !!timestamp x\n---\n", "Line 2"),
    ],
)
def test_a_broken_card_says_what_and_where(content: bytes, says: str) -> None:
    card = read_card(content)
    assert card.data == {}
    assert says in card.error


def test_aliases_that_stand_for_billions_are_refused() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    card = read_card("\n".join(["---", *rows, "---", ""]).encode())
    assert "too large" in card.error


CARDS = st.text(max_size=300).map(lambda text: f"---\n{text}\n---\n".encode(errors="replace"))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | CARDS)
def test_whatever_comes_is_read_as_plain_json(content: bytes) -> None:
    card = read_card(content)
    json.dumps(dict(card.data), allow_nan=False).encode()
    assert card.error or isinstance(card.data, dict)


def test_words_are_bounded_in_number_and_length() -> None:
    found = words({"license": ["x" * 200_000] * 20_000}, "license")
    assert (len(found), len(found[0])) == (MAX_WORDS, MAX_WORD)
