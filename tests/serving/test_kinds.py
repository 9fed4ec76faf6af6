"""What a repository is served as, and by which engine."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import aiohttp
import pytest

from commonweight.errors import InvalidInput
from commonweight.serving import (
    Capabilities,
    Chosen,
    Dialect,
    FileChoiceError,
    Mode,
    ModelUnsupported,
    ServableModel,
    Source,
    Target,
    Traits,
    check_installed,
    checkpoint_files,
    choose_kind,
    choose_target,
    parse_engine_rules,
)
from tests.serving.world import COMMIT, mock, model

CHECKPOINT = ["README.md", "config.json", "model.safetensors", "tokenizer.json", "modeling_x.py", "pytorch_model.bin"]
PIPELINE = ["model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors", "unet/x.bin"]


def snapshot(mode: Mode = Mode.CHAT, name: str = "ada/big") -> ServableModel:
    return ServableModel(name, COMMIT, "", 1000, "7", mode, target=Target.SNAPSHOT)


def test_a_checkpoint_is_served_as_a_whole() -> None:
    assert choose_target(CHECKPOINT) == Chosen(Target.SNAPSHOT)
    assert choose_target(PIPELINE) == Chosen(Target.SNAPSHOT)


def test_a_gguf_wins_over_a_checkpoint_beside_it() -> None:
    assert choose_target([*CHECKPOINT, "model.gguf"]) == Chosen(Target.FILE, "model.gguf")


def test_weights_without_a_configuration_are_no_checkpoint() -> None:
    with pytest.raises(FileChoiceError, match="no checkpoint"):
        choose_target(["model.safetensors"])


def test_a_checkpoint_leaves_code_and_pickles_behind() -> None:
    assert checkpoint_files(CHECKPOINT) == ["config.json", "model.safetensors", "tokenizer.json"]
    assert checkpoint_files(PIPELINE) == PIPELINE[:3]
    assert checkpoint_files([*CHECKPOINT, "original/model.safetensors", "1_Pooling/config.json"]) == [
        "1_Pooling/config.json",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    ]


async def test_a_rule_names_the_engine_and_without_one_the_first_that_can_is_taken(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        kinds = {name: mock(tmp_path)(session)(model()) for name in ("llamacpp", "vllm", "transformers")}
        choose = choose_kind(kinds, parse_engine_rules("ada/*=transformers, *=llamacpp"))
        assert choose(model()) is kinds["llamacpp"]
        assert choose(snapshot()) is kinds["transformers"]
        assert choose(snapshot(name="bob/big")) is kinds["vllm"]
        with pytest.raises(ModelUnsupported, match="diffusers"):
            choose(snapshot(Mode.IMAGES))


@pytest.mark.parametrize("text", ["acme/*", "acme/*=tgi", "=vllm"])
def test_a_rule_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="COMMONWEIGHT_ENGINES"):
        parse_engine_rules(text)


def test_what_no_engine_loads_is_refused_before_anything_is_fetched() -> None:
    check_installed(model(), {"llamacpp"})
    with pytest.raises(ModelUnsupported, match="vllm or transformers"):
        check_installed(snapshot(), {"llamacpp"})


def test_adapters_and_a_draft_make_an_engine_of_their_own_and_survive_the_row() -> None:
    adapter, draft = (Source(f"ada/{name}", COMMIT, f"{name}.gguf", 10, "1:x") for name in ("lora", "draft"))
    plain = model()
    tuned = dataclasses.replace(plain, adapters=(adapter,), draft=draft)
    assert len({plain.key, tuned.key, dataclasses.replace(tuned, draft=None).key}) == 3
    for one in (plain, tuned, snapshot()):
        assert ServableModel.from_document(json.loads(json.dumps(one.as_document()))) == one


def test_traits_survive_the_row_and_what_is_unknown_in_it_is_passed_over() -> None:
    traits = Traits(Dialect.LLAMACPP, "x", ("ada/lora@1",), Capabilities(chat=True, context_tokens=128))
    document = json.loads(json.dumps(traits.as_document()))
    document["capabilities"]["telepathy"] = True
    assert Traits.from_document(document) == traits
    assert Traits.from_document({}) == Traits()
