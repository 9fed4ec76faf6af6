"""The guide for lawyers: its example is a record that validates, and answers as the guide says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from commonweight.cli.rights import rights
from commonweight.rights import load_records, parse_document, read_record

GUIDE = (Path(__file__).parents[2] / "docs" / "adding-a-licence.md").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the guide shows."""
    for name, text in re.findall(r"```yaml (\S+)\n(.*?)```", GUIDE, re.DOTALL):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_example_validates_without_a_remark_but_on_its_digest(folder: Path) -> None:
    result = CliRunner().invoke(rights, ["validate", str(folder / "acme-model-1.0.yaml")])
    assert result.exit_code == 0
    remarks = [line for line in result.output.splitlines() if line.startswith("  - ")]
    assert len(remarks) == 1
    assert "no digest" in remarks[0]


def test_the_example_answers_as_the_guide_says(folder: Path) -> None:
    record, question = folder / "acme-model-1.0.yaml", folder / "question.yaml"
    [(value, clause)] = re.findall(r"--record acme-model-1.0.yaml +# ([A-Z ]+): clause (\S+)", GUIDE)
    output = CliRunner().invoke(rights, ["decide", str(question), "--record", str(record)]).output
    assert output.startswith(value)
    assert f"acme-model-1.0 {clause}  [" in output


@pytest.mark.parametrize(
    ("fact", "value"),
    [("value: 5000000", "ALLOWED WITH DUTIES"), ("value: 5000001", "NEEDS PERMISSION"), ("at_most: 9000000", "UNKNOWN")],
)
def test_the_example_turns_at_its_line(folder: Path, fact: str, value: str) -> None:
    question = folder / "question.yaml"
    question.write_text(question.read_text().replace("value: 7000000", fact))
    arguments = ["decide", str(question), "--record", str(folder / "acme-model-1.0.yaml")]
    assert CliRunner().invoke(rights, arguments).output.startswith(value)


def test_every_section_of_the_example_is_explained(folder: Path) -> None:
    document = parse_document((folder / "acme-model-1.0.yaml").read_text())
    plain = {"format", "source", "text", "sections", "covers", "openness", "outputs", "endings"}  # rights.md says enough
    assert set(document) - set(re.findall(r"`([a-z]+)`", GUIDE)) - plain == set()


def test_the_example_is_no_licence_of_the_library(folder: Path) -> None:
    terms = read_record((folder / "acme-model-1.0.yaml").read_text(), "acme-model-1.0.yaml")
    assert load_records().get(terms.key) is None
