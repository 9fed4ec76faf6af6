"""`commonweight rights licences`, `validate` and `digest`."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from click.testing import CliRunner, Result

from commonweight.cli.rights import rights

PACKAGED = files("commonweight.rights").joinpath("records")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(rights, list(arguments))


def own(folder: Path, key: str = "house-1.0", **changes: str) -> Path:
    """A record of one's own: that of MIT with another key, and lines replaced."""
    text = PACKAGED.joinpath("mit.yaml").read_text().replace("key: mit\n", f"key: {key}\n")
    for before, after in changes.items():
        text = text.replace(f"{before}:", after, 1)
    path = folder / f"{key}.yaml"
    path.write_text(text)
    return path


def test_the_library_is_listed_and_searched() -> None:
    everything = call("licences").output.splitlines()
    some = call("licences", "--search", "llama community").output.splitlines()
    assert any(line.startswith("apache-2.0 ") for line in everything)
    assert some
    assert all("llama" in line for line in some)
    assert len(some) < len(everything)


def test_a_name_of_several_versions_lists_them() -> None:
    lines = call("licences", "gemma").output.splitlines()
    assert len(lines) > 1
    assert all(line.startswith("gemma-tou-") for line in lines)


def test_a_record_is_told_in_words_beside_its_clauses() -> None:
    text = call("licences", "llama-3.2").output
    assert "more than 700,000,000 monthly" in text
    assert '"Built with Llama"' in text
    assert "What differs from llama-3.1" in text
    assert "not legal advice" in text


def test_a_record_can_be_read_in_spanish_and_as_json() -> None:
    assert "Qué se puede hacer" in call("licences", "mit", "--lang", "es").output
    assert json.loads(call("licences", "mit", "--json").output)["licence"]["key"] == "mit"


def test_an_unknown_licence_is_refused_with_the_next_step() -> None:
    assert "licences" in str(call("licences", "no-such-licence").exception.hint)  # type: ignore[union-attr]


def test_a_good_record_of_ones_own_validates_and_decides(tmp_path: Path) -> None:
    path = own(tmp_path)
    result = call("validate", str(path))
    assert result.exit_code == 0
    assert "house-1.0 can be used" in result.output
    question = tmp_path / "question.yaml"
    question.write_text("use: {acts: [evaluate], date: 2026-11-23}\nsubject: {nodes: [{id: a/b, licence: house-1.0}]}\n")
    assert call("decide", str(question)).output.startswith("UNKNOWN")
    assert call("decide", str(question), "--record", str(path)).output.startswith("ALLOWED")


def test_a_broken_record_is_refused_with_its_place(tmp_path: Path) -> None:
    path = own(tmp_path, openness="openess:")
    result = call("validate", str(path))
    assert result.exit_code == 2
    assert "Did you mean 'openness'?" in result.output


def test_what_may_be_a_slip_is_remarked(tmp_path: Path) -> None:
    path = own(tmp_path).rename(tmp_path / "other.yaml")
    output = " ".join(call("validate", str(path)).output.split())
    assert "by custom it is house-1.0.yaml" in output
    assert "is that of 'mit'" in output


def test_the_digest_of_a_text_names_its_record(tmp_path: Path) -> None:
    licence = files("commonweight.mirror").joinpath("starter_files", "LICENSE").read_text()
    (tmp_path / "LICENSE").write_text(licence)
    result = call("digest", str(tmp_path / "LICENSE"))
    assert result.stdout.startswith("sha256:")
    assert "apache-2.0" in result.stderr
