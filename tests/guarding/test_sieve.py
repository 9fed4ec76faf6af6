"""A text that comes in pieces: nothing that is looked for gets out, however it is cut, and the rest is not kept waiting."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.guarding import Action, Side, Sieve, Thing, Told, Wanted
from commonweight.guarding.finder import Finder
from commonweight.guarding.sieve import LONGEST_WORD, Rule
from tests.guarding.said import FOUND, ORDINARY, PRIVATE_KEY
from tests.support.tools import library

PHRASES = ("blue whale", "project tern", "tern")


def rule(action: Action = Action.MASK, number: int = 1, **wanted: object) -> Rule:
    library("detect_secrets", "guard")
    given = {"things": frozenset(FOUND), "words": PHRASES, **wanted}
    return Rule(number, Side.BOTH, action, Finder(Wanted(**given)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def mask() -> Rule:
    return rule()


def let_through(rules: list[Rule], pieces: list[str]) -> tuple[str, Told]:
    told = Told()
    sieve = Sieve(rules, told)
    return "".join([sieve.push(piece) for piece in pieces]) + sieve.end(), told


def cut(text: str, sizes: list[int]) -> list[str]:
    pieces, at, turn = [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        pieces.append(text[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


VALUES = [(thing, value) for thing, values in FOUND.items() for value in values if thing is not Thing.PHONE or "+" in value]
PLANTED = st.lists(st.tuples(st.sampled_from(ORDINARY), st.sampled_from(VALUES), st.sampled_from((" ", "\n"))), max_size=4)
#: Words that make a number longer are not put beside it: two numbers side by side may be read as one.
TAIL = st.sampled_from(("", " and", "\nblue  whale it is", ". The project", "“tern”", " 你好"))


@settings(deadline=None, max_examples=60)
@given(PLANTED, TAIL, st.lists(st.integers(1, 12), min_size=1, max_size=5))
def test_what_is_planted_never_gets_out_however_a_text_is_cut(planted, tail, sizes) -> None:  # type: ignore[no-untyped-def]
    mask = rule()
    text = "".join(f"{line}{apart}so {value}{apart}" for line, (_, value), apart in planted) + tail
    out, told = let_through([mask], cut(text, sizes))
    for _, (thing, value), _ in planted:
        assert value not in out
        assert thing in told.masked or "SECRET" in out  # what two rules find is masked once
    assert "whale" not in out
    assert "tern" not in out.replace("pattern", "")
    assert out == let_through([mask], [text])[0]


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_text_comes_out_as_it_went_in(mask: Rule, line: str) -> None:
    for size in (1, 3, 50):
        out, told = let_through([mask], cut(line, [size]))
        assert out == line
        assert told.counts == {}


def test_no_word_of_ordinary_text_waits_for_more_than_the_next(mask: Rule) -> None:
    sieve, text, out = Sieve([mask], Told()), "It was in 1984 that the fox, quick and brown, jumped over 2 dogs at once.", ""
    for at, sign in enumerate(text, 1):
        out += sieve.push(sign)
        waiting = text[len(out) : at]
        assert len(waiting.split()) <= 2, waiting  # a number may go on with the word behind it


def test_writing_without_spaces_is_not_held_back(mask: Rule) -> None:
    sieve = Sieve([mask], Told())
    assert sieve.push("我们在北京开会，地址是海淀区") == "我们在北京开会，地址是海淀区"


def test_a_private_key_is_gone_from_its_first_line_on_to_its_last(mask: Rule) -> None:
    for size in (1, 7, 5_000):
        out, told = let_through([mask], cut(f"Here it is:\n{PRIVATE_KEY}\nKeep it safe.", [size]))
        assert out == "Here it is:\n[SECRET]\nKeep it safe."
        assert told.counts == {(1, Action.MASK): 1}
    assert let_through([mask], cut(f"see {PRIVATE_KEY[:300]}", [9]))[0] == "see [SECRET]"


def test_a_secret_that_is_longer_than_what_is_held_back_is_swallowed_as_it_comes(mask: Rule) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9." + "abcDEF123_" * (LONGEST_WORD // 4) + ".sig-nature"
    out, _ = let_through([mask], cut(f'{{"t":"{token}","b":1}}', [100]))
    assert out.startswith('{"t":"[SECRET]')
    assert out.endswith('","b":1}')
    assert "abcDEF" not in out
    assert "nature" not in out


def test_a_long_word_that_is_none_of_it_comes_out_whole(mask: Rule) -> None:
    word = "lorem/" * 2_000
    assert let_through([mask], cut(word, [64]))[0] == word


def test_json_stays_json_where_a_number_in_it_is_masked() -> None:
    cards = rule(things=frozenset({Thing.CARD}), words=())
    text = '{"card": 4111111111111111, "said": "it \\"is\\" 4111111111111111", "all": [5555555555554444]}'
    for size in (1, 4, 500):
        sieve = Sieve([cards], Told(), json=True)
        out = "".join([sieve.push(piece) for piece in cut(text, [size])]) + sieve.end()
        assert json.loads(out) == {"card": "[CARD]", "said": 'it "is" [CARD]', "all": ["[CARD]"]}


def test_a_refusal_lets_out_what_stood_before_and_nothing_after() -> None:
    refuse = rule(Action.REFUSE, things=frozenset({Thing.EMAIL}))
    out, told = let_through([refuse], cut("Write to ann@example.org, or call. Then", [4]))
    assert out == "Write to "
    assert (told.refused_by, told.refused_for) == (1, Thing.EMAIL)


def test_a_note_counts_once_and_changes_nothing() -> None:
    note = rule(Action.NOTE)
    text = f"Mail ann@example.org, then\n{PRIVATE_KEY}\nand the blue whale."
    for size in (1, 11, 4_000):
        out, told = let_through([note], cut(text, [size]))
        assert out == text
        assert told.counts == {(1, Action.NOTE): 3}


def test_where_guardrails_meet_the_strictest_holds_and_each_is_counted() -> None:
    note, hide = rule(Action.NOTE, 1), rule(Action.MASK, 2, things=frozenset({Thing.EMAIL}), words=())
    out, told = let_through([note, hide], ["ann@example.org of the tern"])
    assert out == "[EMAIL] of the tern"
    assert told.counts == {(1, Action.NOTE): 2, (2, Action.MASK): 1}
