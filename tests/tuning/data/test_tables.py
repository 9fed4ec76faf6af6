"""Tables become lines: CSV as it is saved anywhere, parquet, and which column is what."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from commonweight.cli.tune import tune
from commonweight.tuning.data import Columns, InvalidMapping, NotAnExample, canonical, repair
from tests.support.tools import library
from tests.tuning.data.said import calling, chat, completion, many, nobody, pair

ROWS = [{"question": f"q{i}, please?", "answer": f"line\n{i}", "id": i} for i in range(12)]


def table(rows: list[dict[str, Any]], delimiter: str = ",") -> str:
    out = io.StringIO()
    written = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    written.writeheader()
    written.writerows(rows)
    return out.getvalue()


def lines_of(source: Path, mapping: str = "") -> list[Any]:
    target = source.with_suffix(".out")
    done = repair(source, target, columns=Columns.parse(mapping), personal=nobody)
    assert done.found.accepted, done.found.errors
    return [canonical(orjson.loads(line)) for line in target.read_bytes().splitlines()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_file_is_read_as_it_was_saved(tmp_path: Path, delimiter: str, encoding: str) -> None:
    file = tmp_path / "a.csv"
    rows = [*ROWS, {"question": "natürlich?", "answer": "ja", "id": 1}]
    file.write_bytes(table(rows, delimiter).encode(encoding))
    lines = lines_of(file, "user=question,assistant=answer")
    assert lines[3] == chat("q3, please?", "line\n3")
    assert lines[-1] == chat("natürlich?", "ja")


def test_columns_that_are_called_as_elsewhere_need_no_mapping(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(table(ROWS))
    assert lines_of(file)[0] == chat("q0, please?", "line\n0")


@pytest.mark.parametrize(
    ("mapping", "row", "expected"),
    [
        ("prompt=a,completion=b", {"a": "2 + 2 =", "b": " 4"}, completion()),
        ("user=a,assistant=b,system=c", {"a": "x", "b": "y", "c": ""}, chat("x", "y")),
        ("messages=a", {"a": json.dumps(chat()["messages"])}, chat()),
        ("messages=a,tools=b", {"a": json.dumps(calling()["messages"]), "b": json.dumps(calling()["tools"])}, calling()),
        ("prompt=a,preferred=b,rejected=c", {"a": "Can you help me?", "b": "Yes, gladly.", "c": "No."}, pair()),
    ],
)
def test_a_mapping_says_which_column_is_what(tmp_path: Path, mapping: str, row: dict[str, str], expected: Any) -> None:
    file = tmp_path / "a.csv"
    file.write_text(table([row] * 10))
    assert lines_of(file, mapping)[0] == canonical(expected)


def test_fields_of_lines_are_mapped_too(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("".join(json.dumps({"frage": f"q{i}", "antwort": "a"}) + "\n" for i in range(10)))
    assert lines_of(file, "user=frage,assistant=antwort")[2] == chat("q2", "a")


def test_a_column_that_is_not_there_is_said_with_those_that_are(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(table(ROWS))
    with pytest.raises(NotAnExample, match="no column 'reply'; there are 'question', 'answer', 'id'"):
        lines_of(file, "prompt=question,completion=reply")


@pytest.mark.parametrize("mapping", ["prompt", "prompt=", "prompt=a", "prompt=a,completion=b,x=c", "prompt=a,tools=b"])
def test_a_mapping_that_makes_no_example_is_refused(mapping: str) -> None:
    with pytest.raises(InvalidMapping):
        Columns.parse(mapping)


def test_parquet_is_read_with_lists_and_with_texts(tmp_path: Path) -> None:
    pyarrow = library("pyarrow", "tune")
    parquet = library("pyarrow.parquet", "tune")
    lists, texts = tmp_path / "a.parquet", tmp_path / "b.parquet"
    parquet.write_table(pyarrow.Table.from_pylist([{**line, "id": 1} for line in many(600)]), lists)
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), texts)
    assert lines_of(lists) == many(600)
    assert lines_of(texts, "user=question,assistant=answer")[1] == chat("q1, please?", "line\n1")


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    library("pyarrow", "tune")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(NotAnExample, match="cannot be read as parquet"):
        lines_of(tmp_path / "a.parquet")


def test_the_command_checks_a_table_and_writes_its_lines(tmp_path: Path) -> None:
    file, copy = tmp_path / "a.csv", tmp_path / "b.jsonl"
    file.write_text(table(ROWS))
    said = ["check", str(file), "--map", "prompt=question,completion=answer"]
    checked = CliRunner().invoke(tune, said)
    assert checked.exit_code == 0, checked.output
    assert "12 lines, completion" in checked.output
    assert CliRunner().invoke(tune, [*said, "--repair", str(copy)]).exit_code == 0
    assert orjson.loads(copy.read_bytes().splitlines()[2]) == completion("q2, please?", "line\n2")
