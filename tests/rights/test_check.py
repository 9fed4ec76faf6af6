"""`commonweight rights check` without a server: folders, metadata, cards; exit statuses; SARIF."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from commonweight.cli.check import EXITS, exit_status
from commonweight.cli.rights import rights
from commonweight.errors import InvalidInput
from commonweight.rights import VALUES
from tests.support.tools import licence_matcher
from tests.vetting.weight_files import safetensors

MIT = (Path(__file__).parents[2] / "src/commonweight/mirror/starter_files/LICENSE").read_text()  # Apache-2.0, whole


@pytest.fixture
def use(tmp_path: Path) -> str:
    path = tmp_path / "use.yaml"
    path.write_text(
        "organisation: {kind: company, principal_place: US, mau: [{scope: group, month: any, at_most: 5}]}\n"
        "use: {acts: [publish_derivative], date: 2026-11-24}\n"
    )
    return str(path)


def model(folder: Path, **files: str | bytes) -> Path:
    place = folder / "model"
    place.mkdir(parents=True)
    for name, content in files.items():
        path = place / {"README": "README.md", "adapter": "adapter_config.json", "gguf": "x.gguf"}.get(name, name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return place


def card(**data: str) -> str:
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in data.items()) + "---\n# A model\n"


TUNED = card(license="mit", base_model="meta-llama/Llama-3.2-1B", pipeline_tag="text-generation")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(rights, ["check", *map(str, arguments)])


def value(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json").output)
    return found


def test_a_folder_is_checked_with_its_chain_from_the_catalogue(tmp_path: Path, use: str) -> None:
    folder = model(tmp_path, README=TUNED)
    verdict = value(folder, "--use", use, "--name", "acme/tiny")
    assert verdict["value"] == "allowed_with_duties"
    assert {"declared_licence", "name_prefix"} <= {one["kind"] for one in verdict["label_conflicts"]}


def test_a_licence_text_in_the_folder_counts(tmp_path: Path, use: str) -> None:
    verdict = value(model(tmp_path, LICENSE=MIT), "--use", use)
    assert verdict["terms_digests"].keys() == {"apache-2.0"}


def test_a_text_that_was_not_compared_is_said_to_be(tmp_path: Path, use: str) -> None:
    files = {"README": card(license="mit"), "LICENSE": "Se prohíbe todo uso comercial de este modelo.\n"}
    verdict = value(model(tmp_path, **files), "--use", use, "--no-match")
    assert any("LICENSE" in doubt["about"] and "was not compared" in doubt["about"] for doubt in verdict["doubts"])
    alone = value(
        model(tmp_path / "alone", LICENSE="Se prohíbe todo uso comercial de este modelo.\n"), "--use", use, "--no-match"
    )
    assert alone["value"] == "unknown"
    assert "none that is known" in alone["questions"][0]["question"]


def test_a_text_is_compared_where_the_matcher_is_installed(tmp_path: Path, use: str) -> None:
    licence_matcher()
    files = {"README": card(license="apache-2.0"), "LICENSE": MIT.replace("irrevocable", "revocable")}
    result = run(model(tmp_path, **files), "--use", use)
    assert result.exit_code == EXITS["unknown"]
    assert "Comparing local/model: LICENSE" in result.stderr
    assert "none that is known" in result.stdout


def test_an_adapter_names_its_base_in_its_configuration(tmp_path: Path, use: str) -> None:
    config = json.dumps({"base_model_name_or_path": "meta-llama/Llama-2-7b-hf"})
    verdict = value(model(tmp_path, README=card(license="mit"), adapter=config), "--use", use)
    assert "llama-2" in verdict["terms_digests"]


def test_the_head_of_a_safetensors_file_names_licence_and_base(tmp_path: Path, use: str) -> None:
    head = {"license": "llama3.2", "base_model": "meta-llama/Llama-2-7b-hf"}
    files = {"README": card(license="mit"), "model.safetensors": safetensors({"w": bytes(64)}, head)}
    verdict = value(model(tmp_path, **files), "--use", use)
    assert {"mit", "llama-2", "llama-3.2"} <= verdict["terms_digests"].keys()


def test_the_head_of_a_gguf_file_names_its_licence(tmp_path: Path, use: str) -> None:
    def text(word: str) -> bytes:
        return struct.pack("<Q", len(word)) + word.encode()

    head = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("general.license") + struct.pack("<I", 8) + text("mit")
    assert value(model(tmp_path, gguf=head), "--use", use)["terms_digests"].keys() == {"mit"}


def test_the_metadata_of_a_public_hub_is_enough(tmp_path: Path, use: str) -> None:
    metadata = {"id": "acme/tiny", "tags": ["license:mit", "base_model:quantized:meta-llama/Llama-2-7b-hf"],
                "siblings": [{"rfilename": "x.gguf"}]}  # fmt: skip
    (tmp_path / "tiny.json").write_text(json.dumps(metadata))
    verdict = value(tmp_path / "tiny.json", "--use", use)
    assert {"mit", "llama-2"} == set(verdict["terms_digests"])
    assert verdict["subject"] == "acme/tiny"


def test_a_parent_that_the_catalogue_does_not_know_can_be_given(tmp_path: Path, use: str) -> None:
    (tmp_path / "README.md").write_text(card(license="mit", base_model="acme/base"))
    assert value(tmp_path / "README.md", "--use", use)["value"] == "unknown"
    (tmp_path / "base.json").write_text(json.dumps({"id": "acme/base", "cardData": {"license": "apache-2.0"}}))
    (tmp_path / "base.md").write_text(card(license="apache-2.0"))
    for parent in (tmp_path / "base.json", f"acme/base={tmp_path / 'base.md'}"):
        verdict = value(tmp_path / "README.md", "--use", use, "--parent", parent)
        assert set(verdict["terms_digests"]) == {"mit", "apache-2.0"}


def test_the_exit_status_is_that_of_the_value_from_the_line_on(tmp_path: Path, use: str) -> None:
    folder = model(tmp_path, README=card(license="mit"))
    assert run(folder, "--use", use).exit_code == 0
    assert run(folder, "--use", use, "--fail-on", "allowed_with_duties").exit_code == EXITS["allowed_with_duties"]
    assert [exit_status(value, "unclear") for value in VALUES] == [0, 0, 0, 13, 14, 15]
    assert {exit_status(value, "never") for value in VALUES} == {0}


def test_sarif_has_a_result_for_each_clause_duty_and_conflict_with_its_place(tmp_path: Path, use: str) -> None:
    folder = model(tmp_path, README=TUNED)
    verdict, log = value(folder, "--use", use), json.loads(run(folder, "--use", use, "--format", "sarif").output)
    [sarif] = log["runs"]
    rules = [rule["id"] for rule in sarif["tool"]["driver"]["rules"]]
    results = sarif["results"]
    assert log["version"] == "2.1.0"
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in results)
    kinds = {rule["id"]: rule["properties"]["tags"][1] for rule in sarif["tool"]["driver"]["rules"]}
    counted = [kinds[result["ruleId"]] for result in results]
    assert counted.count("duty") == sum(not duty.get("settled_by") for duty in verdict["duties"])
    assert counted.count("label_conflict") == len(verdict["label_conflicts"])
    [conflict] = [result for result in results if result["ruleId"].endswith("#label.declared_licence")]
    assert conflict["level"] == "warning"
    assert conflict["locations"][0]["physicalLocation"]["region"]["startLine"] == 2  # `license: mit`
    assert len({result["partialFingerprints"]["commonweight/v1"] for result in results}) == len(results)


def test_a_refusal_is_an_error_in_sarif(tmp_path: Path, use: str) -> None:
    folder = model(tmp_path, README=card(license="cc-by-nc-4.0"))
    path = Path(use)
    path.write_text("acts: [offer_product]\ncommercial: true\ndate: 2026-11-24\n")
    result = run(folder, "--use", use, "--format", "sarif")
    assert result.exit_code == EXITS["prohibited"]
    assert "error" in {one["level"] for one in json.loads(result.output)["runs"][0]["results"]}


def test_the_answer_can_be_read_in_spanish(tmp_path: Path, use: str) -> None:
    assert run(model(tmp_path, README=card(license="mit")), "--use", use, "--lang", "es").output.startswith("PERMITIDO")


def test_what_is_neither_folder_metadata_nor_card_is_refused(tmp_path: Path, use: str) -> None:
    for name, content in (("x.json", "[1]"), ("y.json", "{"), ("z.bin", "?")):
        (tmp_path / name).write_text(content)
        assert isinstance(run(tmp_path / name, "--use", use).exception, InvalidInput)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, use: str) -> None:
    (tmp_path / "secret").write_text(MIT)
    folder = model(tmp_path)
    (folder / "LICENSE").symlink_to(tmp_path / "secret")
    assert "apache-2.0" not in value(folder, "--use", use)["terms_digests"]
