from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from commonweight.tuning.judging import Held, NothingHeldOut, Target, read_held
from commonweight.tuning.judging.asking import CHAT, Said, longer, read, tokens_for
from commonweight.tuning.judging.general import general_marks, general_set
from commonweight.tuning.judging.looking import kind_of
from commonweight.tuning.judging.marking import marks
from commonweight.tuning.judging.values import Limits

WEATHER = {"name": "weather", "arguments": '{"city": "Lima", "days": 2}'}


def held(*targets: Target) -> list[Held]:
    return [Held([{"role": "user", "content": "?"}], one) for one in targets]


def test_the_kind_is_seen_in_what_should_be_answered() -> None:
    assert kind_of(held(*[Target('{"a": 1}')] * 9, Target("no idea"))) == "json"
    assert kind_of(held(*[Target("yes"), Target("no")] * 5)) == "label"
    assert kind_of(held(*[Target(f"name {number}") for number in range(10)])) == "text"
    assert kind_of(held(Target("", [WEATHER]), Target("It is warm."))) == "tools"
    assert kind_of(held(Target("[1, 2"), Target("A longer sentence here."))) == "text"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('{"b": [1.0, "x  y"], "a": true}', (1, 1, 1)),
        ('{"a": true, "b": [2, "z"]}', (0, 1, 1)),
        ('{"a": 1, "b": [1, "x y"]}', (0, 0, 1)),  # a number is no truth value
        ('{"a": true}', (0, 0, 1)),
        ('```json\n{"a": true, "b": [1, "x y"]}\n```', (0, 0, 0)),
        ("", (0, 0, 0)),
    ],
)
def test_json_is_compared_as_values(said: str, expected: tuple[int, int, int]) -> None:
    found = marks("json", Said(said), Target('{"a": true, "b": [1, "x y"]}'))
    assert (found["exact"], found["keys"], found["parses"]) == expected


def test_tools_are_compared_by_name_and_arguments_whatever_the_order() -> None:
    clock = {"name": "clock", "arguments": "{}"}
    wanted = Target("", [WEATHER, clock])
    same = {"name": "weather", "arguments": '{"days": 2.0, "city": "Lima"}'}
    other = {"name": "weather", "arguments": '{"days": 3, "city": "Lima"}'}
    assert marks("tools", Said("", [clock, same]), wanted) == {"exact": 1, "names": 1}
    assert marks("tools", Said("", [clock, other]), wanted) == {"exact": 0, "names": 1}
    assert marks("tools", Said("I call weather."), wanted) == {"exact": 0, "names": 0}
    assert marks("tools", Said("", [{"name": "weather", "arguments": "{broken"}]), wanted) == {"exact": 0, "names": 0}
    assert marks("tools", Said("It is warm."), Target("Warm.")) == {"exact": 1, "names": 1}


def test_canonical_lines_become_questions_with_their_last_answer_as_target(tmp_path: Path) -> None:
    call = {"id": "1", "type": "function", "function": WEATHER}
    ask, back = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "weight": 0}
    lines = [
        {
            "messages": [ask, back, ask, {"role": "assistant", "content": None, "tool_calls": [call]}],
            "tools": [{"type": "x"}],
        },
        {"prompt": "1 2", "completion": " 3"},
        {"input": {"messages": [ask]}, "preferred": [back], "rejected": [{"role": "assistant", "content": "Go"}]},
    ]
    path = tmp_path / "held_out.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)) + b"\n")
    chat, completion, preference = read_held(path)
    assert chat == Held([ask, {"role": "assistant", "content": "Hello"}, ask], Target("", (WEATHER,)), [{"type": "x"}])
    assert completion == Held((), Target(" 3"), prompt="1 2")
    assert (preference.target.text, preference.rejected) == ("Hello", Target("Go"))
    thanks = {"role": "assistant", "content": "Bye", "weight": 0}
    path.write_bytes(orjson.dumps({"messages": [ask, {**back, "weight": 1}, ask, thanks]}))
    assert read_held(path) == [Held([ask], Target("Hello"))]  # what is not trained is not asked
    path.write_bytes(b"")
    with pytest.raises(NothingHeldOut):
        read_held(path)


def test_an_answer_may_be_as_long_as_the_longest_target() -> None:
    assert tokens_for(held(Target("x" * 300), Target("y")), Limits()) == 300
    assert tokens_for(held(Target("y")), Limits()) == Limits().least_tokens
    assert tokens_for(held(Target("x" * 9_000)), Limits()) == 9_000  # a long target is no answer without an end
    assert tokens_for(held(Target("x" * 9_000)), Limits(most_tokens=2_048)) == 2_048


def test_what_was_cut_gets_more_room_but_no_endless_one() -> None:
    assert [longer(tokens, Limits()) for tokens in (64, 300, 1_000, 9_000)] == [256, 1_200, 2_048, 18_000]
    assert longer(1_000, Limits(most_tokens=1_500)) == 1_500


def test_a_body_without_a_choice_is_a_problem_and_no_error() -> None:
    assert read(CHAT, {"choices": []}).problem
    assert read(CHAT, None).problem
    assert read(CHAT, "503: full").problem == "503: full"


def test_the_general_set_finds_right_answers_as_words_of_their_own() -> None:
    known = general_set()
    assert len(known) == len({one.question for one in known}) == 40
    assert general_marks([Said(f"I think it is {one.answers[-1]}.") for one in known]) == [1] * 40
    assert sum(general_marks([Said("I do not want to say that.") for _ in known])) == 0
    assert general_marks([Said("Parisian") for _ in known])[0] == 0
