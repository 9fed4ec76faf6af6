"""What is wrong with a file of lines is said by line."""

from __future__ import annotations

from typing import Any

import pytest

from commonweight.files import BatchLines, LineChecker, ShapeOnly
from commonweight.files.batch_lines import MAX_LINES
from tests.files.world import batch_line, jsonl


def found(data: bytes, check: Any = ShapeOnly, piece: int = 7) -> list[tuple[int | None, str]]:
    checker = LineChecker(check())
    for at in range(0, len(data), piece):
        checker.feed(data[at : at + piece])
    return [(finding.line, finding.code) for finding in checker.end()]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a": 1}\n{"b": 2}', []),
        (b'{"a": 1}\r\n{"b": 2}\r\n\n', []),
        (b'{"a": 1}\n\n{"b": 2}\n', [(2, "blank_line")]),
        (b'{"a": 1}\n{"b": \n', [(2, "invalid_json_line")]),
        (b'[{"a": 1}]\n', [(1, "invalid_json_line")]),
        (b'\xef\xbb\xbf{"a": 1}\n', [(1, "byte_order_mark")]),
        (b'\xef\xbb\xbf{"a": 1\n', [(1, "byte_order_mark"), (1, "invalid_json_line")]),
        (b'{"a": "\xff"}\n', [(1, "invalid_json_line")]),
        ('{"a": 1}\n{"b": 2}\n'.encode("utf-16"), [(1, "not_utf8")]),
        (b'[\n  {"a": 1},\n  {"b": 2}\n]\n', [(1, "invalid_json_line")]),
        (b'{\n  "a": 1\n}\n{\n  "b": 2\n}\n', [(1, "invalid_json_line")]),
        (b"", [(None, "empty_file")]),
    ],
)
def test_the_shape_of_lines(data: bytes, expected: list[tuple[int | None, str]]) -> None:
    assert found(data) == expected


def test_how_the_bytes_arrive_changes_nothing() -> None:
    data = b'{"a": 1}\n\nx\n{"b": 2}\n'
    assert len({tuple(found(data, piece=piece)) for piece in range(1, len(data) + 1)}) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"custom_id": ""}, "invalid_custom_id"),
        ({"custom_id": 7}, "invalid_custom_id"),
        ({"custom_id": "first"}, "duplicate_custom_id"),
        ({"method": "GET"}, "invalid_method"),
        ({"url": "/v1/nowhere"}, "invalid_url"),
        ({"url": "/v1/completions"}, "mismatched_url"),
        ({"body": "x"}, "invalid_body"),
        ({"body": {"messages": []}}, "missing_model"),
        ({"body": {"model": "other"}}, "mismatched_model"),
        ({"body": {"model": "tiny", "stream": True}}, "unsupported_parameter"),
    ],
)
def test_a_line_of_a_batch_that_cannot_run_is_named(change: dict[str, Any], code: str) -> None:
    lines = [batch_line("first"), {**batch_line("second"), **change}]
    assert found(jsonl(lines), BatchLines) == [(2, code)]


def test_too_many_requests_and_too_many_texts_are_said_once() -> None:
    lines = [batch_line(str(i), messages=[]) for i in range(MAX_LINES + 3)]
    assert found(jsonl(lines), BatchLines, 1 << 20) == [(None, "too_many_requests")]
    texts = [batch_line(str(i), url="/v1/embeddings", input=["x"] * 20_000) for i in range(4)]
    assert found(jsonl(texts), BatchLines, 1 << 20) == [(None, "too_many_inputs")]


def test_a_file_of_another_kind_is_not_listed_line_by_line() -> None:
    assert len(found(b"not json\n" * 1000)) == 20
