"""What is learned from which examples; the silent failures of trainings, each called by its name. Needs the extra tune."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commonweight.tuning import Form, Method
from commonweight.tuning.training import Code, Sample, TrainingFailed, TrainingSpec
from tests.support.tools import library
from tests.tuning.tiny import SPECIAL, TOPICS, WORDS, preferences, tickets
from tests.tuning.training_world import Told, a_spec, digest, need_training, train_here, write

pytestmark = pytest.mark.filterwarnings("ignore")  # of libraries: they tell of what they will change


@pytest.fixture(autouse=True)
def _needs_the_extra() -> None:
    need_training()


def said(role: str, content: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def writing(base: Path, max_tokens: int = 512) -> Any:
    from commonweight.tuning.training.child.base import end_tokens, load_tokenizer
    from commonweight.tuning.training.child.examples import Writing

    tokenizer = load_tokenizer(base)
    return Writing(tokenizer, end_tokens(base, tokenizer), max_tokens)


def trained_texts(base: Path, line: Mapping[str, Any], max_tokens: int = 512) -> list[list[str]]:
    """What each row of a line trains, by run of tokens; the rows' texts are what their templates write."""
    from commonweight.tuning.training.child.examples import Counted, _runs

    found = writing(base, max_tokens)
    return [
        [found.tokenizer.decode(row.ids[start:end]) for start, end in _runs(row.labels)]
        for row in found.rows(line, Counted())
    ]


def changed(base: Path, folder: Path, template: str | None = None, **tokens: str) -> Path:
    """The base with another template, or other special tokens."""
    shutil.copytree(base, folder)
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**config, **tokens}))
    return folder


TALK = [
    said("system", "Be short."),
    said("user", "one"),
    said("assistant", "first"),
    said("user", "two"),
    said("assistant", "second", weight=0),
    said("user", "three"),
    said("assistant", "third"),
]


def test_each_answer_is_trained_to_its_end_and_weight_0_is_not(tiny_base: Path) -> None:
    assert trained_texts(tiny_base, {"messages": TALK}) == [["first<|im_end|>", "third<|im_end|>"]]


def test_a_template_that_writes_earlier_turns_otherwise_gets_a_row_for_each_answer(tiny_base: Path, tmp_path: Path) -> None:
    forgetting = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n"
        "{% if m.role == 'assistant' and loop.last %}(thought) {% endif %}{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    base = changed(tiny_base, tmp_path / "base", forgetting)
    assert trained_texts(base, {"messages": TALK}) == [["(thought) first<|im_end|>"], ["(thought) third<|im_end|>"]]


def test_prompt_and_completion_are_trained_with_an_end(tiny_base: Path) -> None:
    assert trained_texts(tiny_base, {"prompt": "two and two is", "completion": " four"}) == [[" four<|im_end|>"]]


def test_of_a_talk_that_is_too_long_the_answers_that_are_whole_are_trained(tiny_base: Path) -> None:
    whole = writing(tiny_base)
    first = len(whole.tokenizer(whole.template(TALK[:3]))["input_ids"])
    assert trained_texts(tiny_base, {"messages": TALK}, max_tokens=first + 5) == [["first<|im_end|>"]]
    assert trained_texts(tiny_base, {"messages": TALK}, max_tokens=8) == []


def test_the_padding_token_never_ends_an_answer(tiny_base: Path, tmp_path: Path) -> None:
    from commonweight.tuning.training.child.base import end_tokens, load_tokenizer, padding_token

    base = changed(tiny_base, tmp_path / "base", pad_token="<|im_end|>")
    tokenizer = load_tokenizer(base)
    assert tokenizer.pad_token == tokenizer.eos_token
    assert padding_token(tokenizer, end_tokens(base, tokenizer)) not in end_tokens(base, tokenizer)


def test_a_base_whose_padding_is_its_end_token_learns_to_stop(tiny_base: Path, tmp_path: Path) -> None:
    base = changed(tiny_base, tmp_path / "base", pad_token="<|im_end|>")
    trained = train_here(a_spec(tmp_path / "tuning", base))
    assert trained.sample is not None
    assert trained.sample.stopped == trained.sample.asked
    assert (trained.merged / "tokenizer_config.json").read_bytes() == (base / "tokenizer_config.json").read_bytes()


def test_a_template_without_an_end_is_given_one_and_the_model_stops(tiny_base: Path, tmp_path: Path) -> None:
    endless = (
        "{% for m in messages %}[{{ m.role }}] {{ m.content }} {% endfor %}"
        "{% if add_generation_prompt %}[assistant]{% endif %}"
    )
    base = changed(tiny_base, tmp_path / "base", endless)
    line = {"messages": [said("user", "hello"), said("assistant", "yes")]}
    assert trained_texts(base, line) == [[" yes <|im_end|>"]]
    trained = train_here(a_spec(tmp_path / "tuning", base))
    assert trained.sample is not None
    assert trained.sample.stopped == trained.sample.asked


@pytest.mark.parametrize("lines", [[], [{"messages": [said("user", "a"), said("assistant", "b", weight=0)]}] * 20])
def test_examples_of_which_nothing_is_trained_are_refused(
    tiny_base: Path, tmp_path: Path, lines: list[dict[str, Any]]
) -> None:
    with pytest.raises(TrainingFailed) as failed:
        train_here(a_spec(tmp_path / "tuning", tiny_base, lines))
    assert failed.value.code == Code.NO_TRAINABLE_TOKENS


def test_answers_that_are_cut_away_are_refused_when_none_is_left_and_warned_of_otherwise(
    tiny_base: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingFailed, match="longer than 12 tokens") as failed:
        train_here(a_spec(tmp_path / "none", tiny_base, max_tokens=12))
    assert failed.value.code == Code.NO_TRAINABLE_TOKENS
    long = {"messages": [said("user", "word " * 400), said("assistant", "long")]}
    told = Told()
    train_here(a_spec(tmp_path / "some", tiny_base, [*tickets(20), long], max_steps=1, max_tokens=100), told)
    assert [data["code"] for kind, data in told.events if kind == "warning"] == [Code.ANSWERS_CUT]


@pytest.mark.parametrize("rate", [0.1, 1.0, 30.0])
def test_a_learning_rate_that_is_far_too_high_diverges(tiny_base: Path, tmp_path: Path, rate: float) -> None:
    with pytest.raises(TrainingFailed, match="lower learning rate") as failed:
        train_here(a_spec(tmp_path / "tuning", tiny_base, learning_rate=rate))
    assert failed.value.code == Code.DIVERGED


def test_a_learning_rate_that_is_far_too_low_is_found(tiny_base: Path, tmp_path: Path) -> None:
    trained = train_here(a_spec(tmp_path / "tuning", tiny_base, learning_rate=1e-7))
    assert Code.BARELY_LEARNED in [finding.code for finding in trained.findings]


def test_a_base_with_weights_that_are_no_numbers_diverges_at_once(tiny_base: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    base = changed(tiny_base, tmp_path / "base")
    weights = load_file(base / "model.safetensors")
    weights["model.norm.weight"] = torch.full_like(weights["model.norm.weight"], float("nan"))
    save_file(weights, base / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(TrainingFailed, match="no number") as failed:
        train_here(a_spec(tmp_path / "tuning", base))
    assert failed.value.code == Code.DIVERGED


def test_a_model_that_learned_the_form_alone_is_called_constant(tiny_base: Path, tmp_path: Path) -> None:
    """Targets that have nothing to do with their messages: all that can be learned is what answers look like."""
    draw = random.Random(0)
    lines = tickets(200, seed=1)
    targets = [line["messages"][1] for line in lines]
    draw.shuffle(targets)
    mixed = [{"messages": [line["messages"][0], target]} for line, target in zip(lines, targets, strict=True)]
    for line in mixed[:150]:  # one team more often than the others, as in life
        line["messages"][1] = said("assistant", '{"team": "returns"}')
    trained = train_here(a_spec(tmp_path / "tuning", tiny_base, mixed))
    fatal = [finding.code for finding in trained.findings if finding.fatal]
    assert fatal == [Code.CONSTANT_ANSWERS]


@pytest.mark.parametrize(
    ("sample", "codes"),
    [
        (Sample(20, 20, 4, 4, 20, 8, 8), []),
        (Sample(20, 3, 20, 20, 0, 1, 1), [(Code.NEVER_STOPS, True)]),
        (Sample(20, 15, 20, 20, 0, 1, 1), [(Code.NEVER_STOPS, False)]),
        (Sample(20, 20, 1, 4, 5, 20, 8), [(Code.CONSTANT_ANSWERS, True)]),
        (Sample(20, 20, 2, 4, 5, 19, 8), [(Code.CONSTANT_ANSWERS, True)]),
        (Sample(20, 20, 1, 1, 20, 20, 20), []),  # the same is wanted everywhere
        (Sample(4, 0, 1, 4, 0, 4, 1), []),  # too few to say
        (None, []),
    ],
)
def test_a_sample_of_answers_is_judged(sample: Sample | None, codes: list[tuple[str, bool]]) -> None:
    from commonweight.tuning.training.child.sampling import judged

    assert [(finding.code, finding.fatal) for finding in judged(sample)] == codes


def wordings(n: int, seed: int) -> list[dict[str, Any]]:
    """Both answers are such as the base knows; it gives the one that is rejected here."""
    lines = preferences(n, seed)
    for line in lines:
        topic = next(topic for topic, _ in TOPICS if topic in line["input"]["messages"][0]["content"])
        line["preferred"], line["rejected"] = ([said("assistant", WORDS[kind].format(topic))] for kind in (0, 2))
    return lines


def dpo(folder: Path, base: Path, **values: Any) -> TrainingSpec:
    spec = a_spec(folder, base, wordings(200, seed=1), **{"method": Method.DPO, "max_steps": 30, **values})
    write(spec.held_out, wordings(20, seed=2))
    return spec


def test_dpo_prefers_what_is_preferred(tiny_base: Path, tmp_path: Path) -> None:
    told = Told()
    trained = train_here(dpo(tmp_path / "tuning", tiny_base, learning_rate=3e-4, max_steps=60), told)
    first, *_, last = [data for kind, data in told.events if kind == "step"]
    assert last["train_loss"] < first["train_loss"] / 2
    assert last["train_mean_token_accuracy"] == 1.0
    assert trained.hyperparameters["beta"] == 0.1
    assert trained.sample is not None
    assert trained.sample.exact >= 0.9 * trained.sample.asked


def test_dpo_that_breaks_the_model_is_found(tiny_base: Path, tmp_path: Path) -> None:
    """Loss and accuracy of pairs are perfect: what is preferred became likelier than what is not, and neither likely."""
    spec = a_spec(
        tmp_path / "tuning", tiny_base, preferences(200, seed=1), method=Method.DPO, learning_rate=1e-3, max_steps=30
    )
    write(spec.held_out, preferences(20, seed=2))
    trained = train_here(spec)
    assert trained.valid_accuracy == 1.0
    assert Code.NEVER_STOPS in [finding.code for finding in trained.findings if finding.fatal]


def test_dpo_of_a_whole_model_and_of_an_adapter_compare_with_what_they_began_from(tiny_base: Path, tmp_path: Path) -> None:
    first = train_here(dpo(tmp_path / "first", tiny_base, learning_rate=3e-4, max_steps=10))
    for name, values in (("full", {"form": Form.FULL}), ("on", {"adapter": first.adapter})):
        told = Told()
        train_here(dpo(tmp_path / name, tiny_base, learning_rate=3e-5, max_steps=2, **values), told)
        loss = next(data["train_loss"] for kind, data in told.events if kind == "step")
        assert loss == pytest.approx(0.693, abs=0.02)  # ln 2: no difference to the reference


def test_the_whole_model_can_be_trained(tiny_base: Path, tmp_path: Path) -> None:
    trained = train_here(a_spec(tmp_path / "tuning", tiny_base, form=Form.FULL, learning_rate=3e-4))
    assert trained.adapter is None
    assert trained.sample is not None
    assert trained.sample.exact >= 0.95 * trained.sample.asked
    assert (trained.merged / "model.safetensors").read_bytes() != (tiny_base / "model.safetensors").read_bytes()


def test_a_base_of_four_bits_is_trained_and_merged_into_floats(tiny_base: Path, tmp_path: Path) -> None:
    library("bitsandbytes", "tune")
    trained = train_here(a_spec(tmp_path / "tuning", tiny_base, form=Form.QLORA))
    assert trained.sample is not None
    assert trained.sample.exact >= 0.95 * trained.sample.asked
    weights = (trained.merged / "model.safetensors").stat().st_size
    assert abs(weights - (tiny_base / "model.safetensors").stat().st_size) < 1000
    assert not (trained.merged / "config.json").read_text().count("quantization_config")


def test_a_training_goes_on_from_an_adapter_and_from_a_merged_model(tiny_base: Path, tmp_path: Path) -> None:
    first = train_here(a_spec(tmp_path / "first", tiny_base))
    few = {"lines": tickets(20, seed=7), "max_steps": 2, "learning_rate": 1e-4}
    on = train_here(a_spec(tmp_path / "adapter", tiny_base, adapter=first.adapter, **few))
    merged = train_here(a_spec(tmp_path / "merged", first.merged, **few))
    for trained in (on, merged):
        assert trained.sample is not None
        assert trained.sample.exact >= 0.95 * trained.sample.asked
    assert on.hyperparameters["rank"] == first.hyperparameters["rank"]


def test_a_batch_computed_in_parts_learns_the_same(tiny_base: Path, tmp_path: Path) -> None:
    from commonweight.tuning.training.plan import Plan

    spec = a_spec(tmp_path / "parts", tiny_base)
    spec.folder.mkdir(exist_ok=True)
    Plan(micro_batch=5, accumulation=2, activation_checkpointing=True).write(spec.folder)
    parts = train_here(spec)
    assert parts.hyperparameters["batch_size"] == 10
    assert parts.hyperparameters["micro_batch"] == 5
    assert parts.steps == 60
    assert parts.sample is not None
    assert parts.sample.exact >= 0.95 * parts.sample.asked


def test_another_seed_gives_other_weights_and_the_same_seed_the_same(tiny_base: Path, tmp_path: Path) -> None:
    spec = a_spec(tmp_path / "one", tiny_base, max_steps=3)
    one = train_here(spec)
    assert digest(train_here(replace(spec, folder=tmp_path / "two"))) == digest(one)
    assert digest(train_here(replace(spec, folder=tmp_path / "three", seed=7))) != digest(one)


def test_special_tokens_of_the_tiny_base_are_what_these_tests_take_them_for(tiny_base: Path) -> None:
    assert writing(tiny_base).ends == [SPECIAL.index("<|im_end|>")]
