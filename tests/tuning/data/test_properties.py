"""Whatever comes: the check never fails, a repaired file has no errors, and canonical lines stay as they are."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonweight.files import LineChecker
from commonweight.tuning.data import TuningLines, Wishes, canonical, check_file, repair
from tests.tuning.data.said import calling, chat, completion, jsonl, many, nobody, pair

FIELDS = (
    "messages role content weight tool_calls function_call tool_call_id refusal id type function name arguments parameters "
    "tools functions parallel_tool_calls input preferred_output non_preferred_output preferred rejected prompt completion "
    "conversations from value system text chosen question answer instruction output description strict index"
)
quietly = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
NAMES = FIELDS.split()
SIGNS = st.text('a1é\u200b\x00 \n<|>{}[]"', max_size=8)
WORDS = (
    "",
    " ",
    "user",
    "assistant",
    "system",
    "tool",
    "function",
    "human",
    "gpt",
    "text",
    "weather",
    "c1",
    "{}",
    "[]",
    "Hi",
)
leaves = st.none() | st.booleans() | st.integers(-1, 2) | st.floats(allow_nan=False) | st.sampled_from(WORDS) | SIGNS
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | SIGNS, inner, max_size=5),
    max_leaves=25,
)
documents = st.dictionaries(st.sampled_from(NAMES), anything, max_size=6)
RIGHT = (chat(), pair(), completion(), calling())


@st.composite
def nearly_right(draw: st.DrawFn) -> Any:
    """A right line in which some values are something else."""
    line = orjson.loads(orjson.dumps(draw(st.sampled_from(RIGHT))))
    for _ in range(draw(st.integers(0, 3))):
        place = line
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(place[key], (dict, list)) or draw(st.booleans()):
                place[key] = draw(anything)
                break
            place = place[key]
    return line


def codes(data: bytes) -> set[str]:
    return {group.code for group in check_file([data], nobody).errors}


@quietly
@given(st.lists(documents | nearly_right(), max_size=6))
def test_no_document_makes_the_check_fail(lines: list[Any]) -> None:
    check_file([jsonl(lines)], nobody).document()


@quietly
@given(st.lists(st.binary(max_size=40) | anything.map(lambda value: jsonl([value])), max_size=6))
def test_no_bytes_make_the_check_or_the_repair_fail(lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    check_file([data], nobody)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "a", Path(folder) / "b"
        source.write_bytes(data)
        repair(source, target, personal=nobody)


@quietly
@given(st.lists(documents | nearly_right(), max_size=6), st.booleans())
def test_a_repaired_file_has_no_errors_left_and_no_more_changes_to_make(lines: list[Any], as_array: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, target, again = (Path(folder) / name for name in "abc")
        source.write_bytes(orjson.dumps(lines) if as_array else jsonl(lines))
        done = repair(source, target, Wishes(without_unmendable=True), personal=nobody)
        assert {group.code for group in done.found.errors} <= {"too_few_lines", "empty_file"}
        assert codes(target.read_bytes()) <= {"too_few_lines", "empty_file"}
        assert done.read == len(lines)
        assert repair(target, again, personal=nobody).changed == 0
        assert again.read_bytes() == target.read_bytes()


@quietly
@given(nearly_right())
def test_a_right_line_has_a_canonical_one_that_is_right_too_and_stays(line: Any) -> None:
    check = TuningLines(nobody)
    checker = LineChecker(check)
    checker.feed(jsonl([*many(0), line]))
    if {finding.code for finding in checker.end()} != {"too_few_lines"}:
        return
    made = canonical(line)
    assert codes(jsonl([made])) == {"too_few_lines"}
    assert canonical(made) == made


def test_what_is_nested_deeper_than_can_be_written_is_an_error() -> None:
    schema = orjson.dumps({}).join([b'{"properties":' * 300, b"}" * 300])
    tool = b'{"type":"function","function":{"name":"a","parameters":%s}}' % schema
    line = jsonl([chat()])[:-2] + b',"tools":[' + tool + b"]}\n"
    assert codes(line * 10) == {"invalid_tool"}
