"""What a process says of itself: a line for each record."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from commonweight.processes import _Form, _Lines

LIBRARY = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%H:%M:%S")


def _record(level: int, message: str, *args: object, failed: bool = False) -> logging.LogRecord:
    error = sys.exc_info() if failed else None
    return logging.LogRecord("commonweight.inference", level, "somewhere.py", 1, message, args, error)


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING, logging.ERROR])
def test_a_line_is_what_the_library_would_write(level: int) -> None:
    record = _record(level, "model=%s ms=%.0f", "ada/tiny", 1.5)
    assert _Form().format(record) == LIBRARY.format(record)


def test_an_error_is_followed_by_where_it_came_from() -> None:
    try:
        int("nothing")
    except ValueError:
        record = _record(logging.ERROR, "request failed: %s", "/v1", failed=True)
    assert _Form().format(record) == LIBRARY.format(record)
    assert "ValueError: invalid literal" in _Form().format(record)


def test_each_record_is_a_line() -> None:
    out = io.StringIO()
    handler = _Lines(out)
    handler.setFormatter(_Form())
    for name in ("one", "two"):
        assert handler.handle(_record(logging.INFO, "%s", name))
    assert [line.rpartition(" ")[2] for line in out.getvalue().splitlines()] == ["one", "two"]
