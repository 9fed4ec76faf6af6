"""`commonweight rights openness` on a folder, without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commonweight.cli.rights import rights
from commonweight.errors import Unavailable
from tests.rights.openness.world import CARD, safetensors


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rights, ["openness", *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "tiny"
    model.mkdir()
    (model / "README.md").write_text(f"---\nlicense: mit\ndatasets: [ada/poems]\n---\n{CARD}")
    (model / "model.safetensors").write_bytes(safetensors("a", "b"))
    (model / "config.json").write_text('{"model_type": "llama"}')
    (model / "train.py").write_text("print('training')\n")
    return model


def test_a_folder_is_graded_without_a_server(folder: Path) -> None:
    result = run(str(folder), "--access", "open")
    assert result.exit_code == 0
    assert result.output.startswith("tiny: open weights, permissive")
    assert "+ A  III  Model parameters (final): mit" in result.output
    assert "? C  I    Datasets (claimed, not seen)" in result.output
    assert "does not say what a licensee may do" in " ".join(result.output.split())


def test_the_json_has_the_form_of_the_api(folder: Path) -> None:
    told = json.loads(run(str(folder), "--json").output)
    assert told["openness"]["label"] == "open_weights_permissive"
    weights = next(one for one in told["openness"]["components"] if one["component"] == "weights")
    assert (weights["status"], weights["evidence"]) == ("released", "A")
    assert weights["files"][0]["digest"].startswith("sha256:")
    assert told["exemption"]["answer"] == "not_known"  # how it is given out was not said


def test_a_pointer_in_a_folder_is_no_file(folder: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 123\n"
    (folder / "model.safetensors").write_text(pointer)
    told = json.loads(run(str(folder), "--json").output)
    weights = next(one for one in told["openness"]["components"] if one["component"] == "weights")
    assert (weights["status"], "Pointers" in weights["detail"]) == ("absent", True)


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("private")
    (folder / "LICENSE").symlink_to(tmp_path / "secret.txt")
    assert run(str(folder)).exit_code == 0


def test_an_empty_folder_and_a_broken_card_are_survived(tmp_path: Path) -> None:
    assert run(str(tmp_path)).exit_code == 0
    (tmp_path / "README.md").write_text("---\nlicense: [mit\n---\n")
    (tmp_path / "config.json").write_text("{" * 10_000)
    assert run(str(tmp_path)).exit_code == 0


def test_it_speaks_spanish(folder: Path) -> None:
    output = run(str(folder), "--lang", "es").output
    assert "pesos abiertos, permisivo" in output
    assert "Parámetros del modelo (finales)" in output


def test_a_server_that_is_not_there_is_said_to_be() -> None:
    result = run("ada/tiny", "--url", "http://127.0.0.1:9")
    assert isinstance(result.exception, Unavailable)
