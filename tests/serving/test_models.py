"""Names of models, and which file of a repository is meant."""

from __future__ import annotations

import pytest

from commonweight.serving import (
    Alias,
    FileChoiceError,
    HubName,
    Mode,
    ModelName,
    ModelNotFound,
    ServableModel,
    Source,
    TunedName,
    choose_file,
    choose_projector,
    parse_model_name,
)

NAMES: dict[str, ModelName] = {
    "starter": Alias("starter"),
    "gpt-4o": Alias("gpt-4o"),
    "ada/tiny": HubName("ada/tiny"),
    "ada/tiny@v1.2": HubName("ada/tiny", "v1.2"),
    "ada/tiny@refs/pr/1": HubName("ada/tiny", "refs/pr/1"),
    "ada/tiny:q4/tiny.gguf": HubName("ada/tiny", file="q4/tiny.gguf"),
    "ada/tiny@main:tiny.gguf": HubName("ada/tiny", "main", "tiny.gguf"),
    "ft:ada/tiny:acme::7f3a": TunedName("ft:ada/tiny:acme::7f3a"),
}


@pytest.mark.parametrize("text", NAMES)
def test_the_shape_of_a_name_says_what_it_is(text: str) -> None:
    assert parse_model_name(text) == NAMES[text]


@pytest.mark.parametrize("text", ["", "a" * 513, "a/b/c", "ada/", "/tiny", "ada/tiny@", "ada/tiny:", "a\0b", "a b/c"])
def test_a_name_of_no_shape_is_an_unknown_model(text: str) -> None:
    with pytest.raises(ModelNotFound):
        parse_model_name(text)


def test_the_only_model_file_is_chosen() -> None:
    assert choose_file(["README.md", "q4/tiny.gguf", "mmproj-tiny.gguf"]) == "q4/tiny.gguf"


def test_the_file_that_is_named_is_chosen() -> None:
    assert choose_file(["a.gguf", "b.gguf"], "b.gguf") == "b.gguf"


@pytest.mark.parametrize(
    ("paths", "wanted", "said"),
    [
        (["a.gguf", "b.gguf"], "", r"Candidates: a\.gguf, b\.gguf"),
        (["a.gguf"], "c.gguf", r"Candidates: a\.gguf"),
        (["README.md"], "README.md", "no GGUF file"),
        (["model.safetensors"], "", "no GGUF file"),
        (["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"], "", "split over 2 files"),
    ],
)
def test_an_unclear_choice_lists_what_there_is(paths: list[str], wanted: str, said: str) -> None:
    with pytest.raises(FileChoiceError, match=said):
        choose_file(paths, wanted)


@pytest.mark.parametrize(
    ("paths", "model", "chosen"),
    [
        (["a.gguf", "mmproj-a.gguf"], "a.gguf", "mmproj-a.gguf"),
        (["a.gguf", "mmproj-BF16.gguf", "mmproj-F16.gguf", "mmproj-F32.gguf"], "a.gguf", "mmproj-F16.gguf"),
        (["q4/a.gguf", "mmproj-a.gguf", "q4/a.mmproj.gguf"], "q4/a.gguf", "q4/a.mmproj.gguf"),
        (["q4/a.gguf", "mmproj-a.gguf"], "q4/a.gguf", ""),
        (["a.gguf", "mmproj.txt"], "a.gguf", ""),
    ],
)
def test_a_projector_lies_beside_its_model(paths: list[str], model: str, chosen: str) -> None:
    assert choose_projector(paths, model) == chosen


def test_a_model_survives_the_way_through_the_database() -> None:
    beside = Source("ada/tiny", "c" * 40, "b.gguf", 3, "other")
    for model in (
        ServableModel("ada/tiny", "c" * 40, "a.gguf", 3, "handle", Mode.EMBEDDINGS),
        ServableModel("ada/tiny", "c" * 40, "a.gguf", 3, "handle", draft=beside, projector=beside, adapters=(beside,)),
    ):
        assert ServableModel.from_document(model.as_document()) == model


def test_everything_that_needs_its_own_engine_has_its_own_key() -> None:
    base = ServableModel("ada/tiny", "c" * 40, "a.gguf", 3, "")
    others = [
        ServableModel("ada/tiny", "d" * 40, "a.gguf", 3, ""),
        ServableModel("ada/tiny", "c" * 40, "b.gguf", 3, ""),
        ServableModel("ada/tiny", "c" * 40, "a.gguf", 3, "", Mode.EMBEDDINGS),
        ServableModel("ada/tiny", "c" * 40, "a.gguf", 3, "", projector=Source("ada/tiny", "c" * 40, "mmproj.gguf", 3, "")),
    ]
    assert len({model.key for model in (base, *others)}) == 5
