"""What is held out is asked nowhere in the training, and follows from the questions alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from commonweight.tuning.data import Split, question_hash, split


def line(question: str, answer: str = "yes") -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def read(path: Path) -> list[Any]:
    return [orjson.loads(raw) for raw in path.read_bytes().splitlines()]


def questions(path: Path) -> set[str]:
    return {one["messages"][0]["content"] for one in read(path)}


def test_a_tenth_is_held_out_between_twenty_and_five_hundred_lines(tmp_path: Path) -> None:
    counts = {n: split([line(f"q{i}") for i in range(n)], tmp_path).held_out_lines for n in (10, 50, 200, 1000, 9000)}
    assert counts == {10: 2, 50: 10, 200: 20, 1000: 100, 9000: 500}


@given(st.lists(st.sampled_from("abcdefghijklmnop"), min_size=1, max_size=60), st.integers(0, 3), st.randoms())
def test_a_split_is_whole_disjoint_and_the_same_in_any_order(asked: list[str], seed: int, chance: Any) -> None:
    lines = [line(question, str(i)) for i, question in enumerate(asked)]
    mixed = chance.sample(lines, len(lines))
    with tempfile.TemporaryDirectory() as folder:
        one, other = split(lines, Path(folder) / "1", seed=seed), split(mixed, Path(folder) / "2", seed=seed)
        learnt, kept = read(one.train), read(one.held_out)
        assert sorted(map(orjson.dumps, learnt + kept)) == sorted(map(orjson.dumps, lines))
        assert questions(one.train) & questions(one.held_out) == set()
        assert learnt, "something is left to learn from"
        assert questions(other.held_out) == questions(one.held_out)
        assert other.split_hash == one.split_hash


def test_of_questions_that_are_all_alike_none_is_held_out(tmp_path: Path) -> None:
    made = split([line("same", str(i)) for i in range(12)], tmp_path)
    assert (made.train_lines, made.held_out_lines, made.groups) == (12, 0, 1)


def test_validation_lines_that_the_training_asks_too_are_named(tmp_path: Path) -> None:
    lines = [line(f"q{i}") for i in range(10)]
    made = split(lines, tmp_path, validation=[line("new"), line("q3", "no"), line("q9")])
    assert (made.leaked, made.leaked_count, made.given) == ((2, 3), 2, True)
    assert (made.train_lines, made.held_out_lines) == (10, 3)


def test_another_seed_holds_out_others(tmp_path: Path) -> None:
    lines = [line(f"q{i}") for i in range(100)]
    made: list[Split] = [split(lines, tmp_path / str(seed), seed=seed) for seed in (1, 2)]
    assert questions(made[0].held_out) != questions(made[1].held_out)
    assert made[0].split_hash != made[1].split_hash


def test_the_hash_of_a_question_is_of_what_the_user_said_in_every_form() -> None:
    chat, completion = line("hello"), {"prompt": "hello", "completion": "yes"}
    preference = {"input": {"messages": chat["messages"][:1]}, "preferred": [], "rejected": []}
    assert question_hash(chat) == question_hash(completion) == question_hash(preference)
    assert question_hash(chat) != question_hash(line("hello you"))
