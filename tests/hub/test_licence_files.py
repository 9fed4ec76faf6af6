"""From the names of files to what a licence in a folder speaks of."""

from __future__ import annotations

import pytest

from commonweight.hub import Entry
from commonweight.hub.licence_files import MAX_LICENCE_TEXTS, folder_of, licence_files, role_of


def holds(*paths: str, kind: str = "model") -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    files, elsewhere = licence_files([Entry(path, "file", "0" * 40, 1) for path in paths], kind)
    return {file.path: file.holds for file in files}, elsewhere


def test_a_licence_in_a_folder_speaks_of_what_lies_there() -> None:
    found, elsewhere = holds(
        "LICENSE", "vae/LICENSE", "vae/config.json", "vae/model.safetensors", "tokenizer/LICENSE.txt",
        "tokenizer/vocab.json", "src/LICENSE", "src/a/run.py", "src/train.py", "src/conf.yaml", "unet/model.safetensors",
    )  # fmt: skip
    assert found == {
        "LICENSE": (),
        "vae/LICENSE": ("weights",),
        "tokenizer/LICENSE.txt": ("tokenizer",),
        "src/LICENSE": ("inference_code", "training_code"),
    }
    assert elsewhere == ("weights",)


def test_a_folder_with_nothing_but_licences_says_nothing_of_its_own() -> None:
    found, elsewhere = holds("legal/LICENSE", "legal/NOTICE", "legal/README.md", "LICENSES/MIT.txt", "model.gguf")
    assert found == {"LICENSES/MIT.txt": (), "legal/LICENSE": (), "legal/NOTICE": ()}
    assert elsewhere == ("weights",)


def test_settings_alone_in_a_folder_are_a_part_of_the_model() -> None:
    assert holds("scheduler/LICENSE", "scheduler/scheduler_config.json")[0]["scheduler/LICENSE"] == ("weights",)


def test_what_lies_below_several_licences_stands_under_each() -> None:
    found, _ = holds("a/LICENSE", "a/b/LICENSE", "a/b/run.py", "a/model.bin")
    assert found == {"a/LICENSE": ("inference_code", "weights"), "a/b/LICENSE": ("inference_code",)}


def test_in_a_data_set_whatever_is_not_code_is_data() -> None:
    found, _ = holds("images/LICENSE", "images/1.png", "images/2.txt", "tools/COPYING", "tools/make.py", kind="dataset")
    assert found == {"images/LICENSE": ("data",), "tools/COPYING": ("inference_code",)}


def test_a_folder_named_like_another_is_not_inside_it() -> None:
    found, elsewhere = holds("vae/LICENSE", "vae2/model.bin", "vae/readme.md")
    assert (found["vae/LICENSE"], elsewhere) == ((), ("weights",))


def test_folders_beyond_the_bound_have_no_licence_of_their_own() -> None:
    paths = [path for n in range(MAX_LICENCE_TEXTS + 1) for path in (f"{n:02}/LICENSE", f"{n:02}/model.bin")]
    assert holds(*paths)[1] == ("weights",)


@pytest.mark.parametrize(
    ("name", "role"),
    [("model.onnx", "weights"), ("weights.unheard_of", "weights"), ("tokenizer_config.json", "tokenizer"),
     ("paper.pdf", "docs"), ("logo.png", "docs"), ("train_lora.py", "training_code"), ("requirements.txt", "inference_code"),
     ("rows.jsonl", "data"), (".gitattributes", ""), ("README.md", "")],
)  # fmt: skip
def test_a_name_tells_what_a_file_is(name: str, role: str) -> None:
    assert role_of(name, "model") == role


def test_the_folder_of_licences_speaks_of_what_it_lies_in() -> None:
    assert [folder_of(path) for path in ("LICENSE", "vae/LICENSE", "LICENSES/MIT.txt", "vae/LICENSES/MIT.txt")] == [
        "", "vae", "", "vae",
    ]  # fmt: skip
