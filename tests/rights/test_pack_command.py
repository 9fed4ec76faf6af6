"""`commonweight rights pack`."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commonweight.cli.rights import rights
from commonweight.errors import CommonweightError, Conflict, InvalidInput
from tests.rights.test_command import server

QUESTION = """
organisation: {mau: [{scope: group, month: any, at_most: 1000, source: analytics}]}
use: {acts: [publish_derivative], planned_name: NAME}
subject:
  root: acme/reader
  nodes: [{id: acme/reader, made_by: asker}, {id: meta/base, licence: LICENCE, modality: [text]}]
  edges: [{child: acme/reader, parent: meta/base, relation: finetune}]
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rights, ["pack", *arguments])


@pytest.fixture
def question(tmp_path: Path) -> Path:
    file = tmp_path / "question.yaml"
    file.write_text(QUESTION.replace("NAME", "reader").replace("LICENCE", "llama3.2"))
    return file


def test_a_question_becomes_a_folder_and_what_is_missing_is_said(question: Path, tmp_path: Path) -> None:
    result = run(str(question), "--out", str(tmp_path / "out"))
    assert result.exit_code == 4
    assert "Missing: the text of llama-3.2" in result.stderr
    assert "'Llama-reader' does" in result.stderr
    assert "Llama 3.2 is licensed" in (tmp_path / "out" / "NOTICE").read_text()
    assert json.loads((tmp_path / "out" / "pack.json").read_text())["naming"]["proposal"] == "Llama-reader"


def test_a_complete_pack_ends_well_also_as_an_archive(tmp_path: Path) -> None:
    file = tmp_path / "q.yaml"
    file.write_text(QUESTION.replace("NAME", "reader").replace("LICENCE", "apache-2.0"))
    result = run(str(file), "--out", str(tmp_path / "out.zip"), "--lang", "es")
    assert result.exit_code == 0, result.stderr
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert "LICENSES/apache-2.0.txt" in archive.namelist()
        assert "Atribución" in archive.read("ATTRIBUTION.md").decode()


def test_nothing_is_overwritten(question: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(str(question), "--out", str(out))
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert isinstance(run(str(question), "--out", str(out)).exception, Conflict)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_an_act_that_may_not_be_done_gets_nothing_but_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "q.yaml"
    node = "{id: a/turbo, licence: stability-nc-research-2023-11-28}"
    file.write_text(f"use: {{acts: [host], commercial: true, production: true}}\nsubject: {{nodes: [{node}]}}\n")
    result = run(str(file), "--out", str(tmp_path / "out"))
    assert result.exit_code == 3
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["WHY_NOT.md"]
    assert "Prohibited" in result.stderr


def test_a_folder_is_read_with_its_card_and_its_texts(tmp_path: Path) -> None:
    folder = tmp_path / "Llama-reader"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlicense: llama3.2\nbase_model: meta-llama/Llama-3.2-1B\n---\n")
    (folder / "LICENSE").write_text("The agreement as it came, not word for word.\n")
    result = run(str(folder), "--out", str(tmp_path / "out"))
    assert result.exit_code in (0, 4)
    manifest = json.loads((tmp_path / "out" / "pack.json").read_text())
    assert manifest["naming"]["state"] == "passes"
    (copy,) = [file for file in manifest["files"] if file["path"] == "LICENSES/llama-3.2.txt"]
    assert copy["text"] == {
        "licence": "llama-3.2", "policy": None, "origin": "repository", "source": "Llama-reader: LICENSE",
        "node": "local/Llama-reader", "verified": False,
    }  # fmt: skip


def answer(**changed: object) -> dict[str, object]:
    file = {"path": "NOTICE", "about": "", "along": True, "digest": "", "encoding": "utf-8", "content": "Hush.\n"}
    return {"refusal": "", "is_complete": True, "missing": [], "naming": {}, "files": [file | changed]}


def test_a_running_server_is_asked_for_a_model(tmp_path: Path) -> None:
    with server(200, answer()) as (url, seen):
        result = run("ada/reader@v1", "--act", "publish_derivative", "--out", str(tmp_path / "out"), "--url", url)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "NOTICE").read_text() == "Hush.\n"
    assert seen[0]["path"] == "/cw/v1/models/ada/reader/pack?act=publish_derivative&revision=v1&lang=en"


@pytest.mark.parametrize("path", ["../NOTICE", "/tmp/NOTICE", "a/../../b", "a\\b"])
def test_a_server_cannot_write_elsewhere(path: str, tmp_path: Path) -> None:
    with server(200, answer(path=path)) as (url, _):
        result = run("ada/reader", "--out", str(tmp_path / "out"), "--url", url)
    assert isinstance(result.exception, InvalidInput)
    assert not (tmp_path / "out").exists()


def test_an_answer_that_is_no_pack_is_said_to_be_none(tmp_path: Path) -> None:
    with server(200, {"hello": 1}) as (url, _):
        result = run("ada/reader", "--out", str(tmp_path / "out"), "--url", url)
    assert isinstance(result.exception, CommonweightError)
