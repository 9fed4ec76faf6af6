"""What files show: parsed, not only named. Each trap of the table in docs/openness.md has its test."""

from __future__ import annotations

import json

import pytest

from commonweight.rights import Base, Component, LinkedData, see, see_data_set, wanted, with_bases, with_linked_data
from commonweight.rights.openness import SeenAt, components_of_files
from tests.rights.openness.world import CARD, file, gguf, release, released, safetensors

LLAMA = json.dumps({"architectures": ["LlamaForCausalLM"], "model_type": "llama"})


def index(*names: str) -> str:
    return json.dumps({"weight_map": {f"layer.{n}": name for n, name in enumerate(names)}})


def test_weights_in_pieces_are_whole_where_the_index_finds_all_and_the_headers_agree() -> None:
    seen = see(
        release(
            file("a.safetensors", safetensors("layer.0")),
            file("b.safetensors", safetensors("layer.1")),
            file("model.safetensors.index.json", index("a.safetensors", "b.safetensors")),
        )
    )
    assert seen.components["weights"].counts
    assert [(check.name, check.ok) for check in seen.checks] == [("readable", True), ("tensors", True)]


def test_a_missing_piece_makes_the_weights_unusable() -> None:
    seen = see(
        release(
            file("a.safetensors", safetensors("x")),
            file("m.safetensors.index.json", index("a.safetensors", "b.safetensors")),
        )
    )
    weights = seen.components["weights"]
    assert (weights.shown, weights.counts, weights.form) == (True, False, "incomplete")
    assert "1 of 2" in weights.lacks[0]


def test_numbered_pieces_without_an_index_are_counted() -> None:
    assert not see(release("m-00001-of-00003.gguf", "m-00003-of-00003.gguf")).components["weights"].counts


def test_headers_that_hold_other_tensors_than_the_index_says_are_told() -> None:
    seen = see(
        release(file("a.safetensors", safetensors("other")), file("m.safetensors.index.json", index("a.safetensors")))
    )
    assert ("tensors", False) in [(check.name, check.ok) for check in seen.checks]


def test_a_file_that_is_not_what_its_name_says_is_told() -> None:
    seen = see(release(file("a.safetensors", b"not a model at all"), file("b.gguf", b"nor is this one, is it......")))
    assert [check.ok for check in seen.checks if check.name == "readable"] == [False, False]


def test_a_pointer_without_its_bytes_is_no_weights() -> None:
    weights = see(release(file("model.safetensors", stored=False))).components["weights"]
    assert (weights.status, "Pointers" in weights.detail) == ("absent", True)


def test_an_adapter_says_why_it_is_no_model() -> None:
    assert "adapter" in see(release("adapter_model.safetensors", "adapter_config.json")).components["weights"].detail


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("m.Q4_K_M.gguf", None, "quantised"),
        ("m.IQ3_XS.gguf", None, "quantised"),
        ("m.F16.gguf", None, ""),
        ("m.gguf", gguf(file_type=15), "quantised"),
        ("m.gguf", gguf(file_type=1), ""),
        ("model.safetensors", None, ""),
        ("model-awq.safetensors", None, "quantised"),
    ],
)
def test_weights_in_fewer_bits_only_are_told_apart(name: str, content: bytes | None, form: str) -> None:
    weights = see(release(file(name, content, 1_000))).components["weights"]
    assert (weights.status, weights.form, weights.whole) == ("released", form, not form)


def test_a_configuration_tells_of_quantising_but_not_where_a_model_was_trained_in_few_bits() -> None:
    def weights(method: str) -> Component:
        config = json.dumps({"quantization_config": {"quant_method": method}})
        return see(release("model.safetensors", file("config.json", config))).components["weights"]

    assert (weights("gptq").form, weights("mxfp4").form) == ("quantised", "")


def test_pickled_weights_count_and_are_warned_of() -> None:
    seen = see(release("pytorch_model.bin"))
    assert seen.components["weights"].counts
    assert ("safe_format", False) in [(check.name, check.ok) for check in seen.checks]


def test_an_architecture_known_to_an_open_library_is_evidence_of_code() -> None:
    found = see(release(file("config.json", LLAMA))).components
    assert (found["architecture_code"].evidence, found["architecture_code"].under) == ("B", ("Apache-2.0",))
    assert "transformers" in found["inference_code"].detail


def test_a_configuration_of_an_unknown_architecture_is_no_code() -> None:
    found = see(release(file("config.json", json.dumps({"model_type": "my-own"})))).components
    assert (found["config"].shown, found["architecture_code"].status) == (True, "absent")


def test_code_of_its_own_beats_a_library() -> None:
    found = see(release(file("config.json", LLAMA), file("modeling_tiny.py", "class Model: ..."))).components
    assert found["architecture_code"].evidence == "A"


def test_a_gguf_head_names_an_architecture() -> None:
    assert "llama.cpp" in see(release(file("m.gguf", gguf("llama")))).components["architecture_code"].detail


def test_an_empty_script_shows_nothing() -> None:
    assert see(release(file("train.py", "# to come\n"))).components["training_code"].status == "absent"


def test_code_for_tuning_is_not_what_trained_a_base_model() -> None:
    alone = see(release(file("finetune.py", "run()"))).components["training_code"]
    tuned = see(release(file("finetune.py", "run()"), base_model="ada/base")).components["training_code"]
    assert (alone.whole, tuned.whole) == (False, True)
    assert "tuned" in alone.lacks[0]


def test_checkpoints_are_folders_or_branches_and_no_final_weights() -> None:
    folders = see(release("checkpoint-500/model.safetensors", "model.safetensors")).components
    branches = see(release("model.safetensors", refs=("main", "step1000", "step143000"))).components
    only = see(release("checkpoint-500/model.safetensors")).components
    assert [file.path for file in folders["weights"].files] == ["model.safetensors"]
    assert folders["intermediate_checkpoints"].shown
    assert branches["intermediate_checkpoints"].files[0] == SeenAt("step1000", where="ref")
    assert only["weights"].status == "absent"


def test_states_and_settings_of_the_training_are_metadata() -> None:
    found = components_of_files(["trainer_state.json", "runs/events.out.tfevents.1", "optimizer.pt"])
    assert len(found["model_metadata"].files) == 3


def test_a_card_is_whole_with_intended_use_and_limits() -> None:
    found = see(release(text=CARD)).components
    assert found["model_card"].counts
    half = see(release(text="# Tiny\n\n## Intended use\nShort answers to questions in English, for study only.\n"))
    assert (half.components["model_card"].whole, half.components["model_card"].lacks) == (False, ("its limits",))


def test_a_template_is_no_card() -> None:
    text = "# Model\n" + "".join(
        f"\n## {title}\n[More Information Needed]\n" for title in ("Uses", "Limitations", "Training Data")
    )
    card = see(release(text=text)).components["model_card"]
    assert (card.shown, card.counts) == (True, False)
    assert "template" in card.detail


def test_results_in_the_card_count_as_inside_it_and_prose_is_a_claim() -> None:
    table = see(release(text=CARD)).components["evaluation_results"]
    metadata = [{"name": "x", "results": [{"dataset": {"type": "ada/test"}, "metrics": [{"type": "acc", "value": 0.4}]}]}]
    indexed = see(release(text="# T\n", **{"model-index": metadata})).components["evaluation_results"]
    prose = see(release(text="# T\n\n## Evaluation\nIt does very well on all tests that anybody has thought of so far.\n"))
    assert (table.evidence, table.inside) == ("A", "model_card")
    assert (indexed.evidence, indexed.inside) == ("A", "model_card")
    assert prose.components["evaluation_results"].status == "claimed"


def test_a_section_on_data_is_a_data_card_and_a_sentence_is_a_claim() -> None:
    whole = see(release(text=CARD)).components["data_information"]
    mention = see(release(text="# T\n\nIt was trained on a mix of public data.\n")).components["data_information"]
    assert (whole.evidence, whole.whole, whole.inside, whole.lacks) == ("A", True, "model_card", ())
    assert (mention.status, mention.evidence) == ("claimed", "C")


def test_what_a_description_of_data_does_not_say_is_listed() -> None:
    text = CARD.replace("; no private\ndata and nothing licensed from third parties was used", "")
    found = see(release(text=text)).components["data_information"]
    assert found.whole
    assert "third parties" in found.lacks[0]


def test_a_linked_paper_is_a_claim_and_one_in_the_release_is_seen() -> None:
    linked = see(release(text="# T\nSee https://arxiv.org/abs/2304.01373.\n")).components["paper"]
    held = see(release("paper.pdf")).components["paper"]
    assert (linked.status, linked.files[0].path, held.evidence) == ("claimed", "2304.01373", "A")


def test_a_link_to_code_is_a_claim() -> None:
    found = see(release(text="# T\n\nThe training code is at https://github.com/ada/tiny.\n")).components
    assert (found["training_code"].status, found["training_code"].evidence) == ("claimed", "C")


def test_named_data_that_is_not_here_is_a_claim_and_here_it_is_evidence() -> None:
    seen = see(release(text="# T\n", datasets=["ada/poems"]))
    data = see_data_set(release("train.parquet", text=CARD)).components
    linked = with_linked_data(seen, ["ada/poems"], [LinkedData("ada/poems", "training", data, ("cc0-1.0",))])
    assert seen.components["data"].status == "claimed"
    assert (linked.components["data"].evidence, linked.components["data"].under) == ("B", ("cc0-1.0",))
    assert linked.components["data"].files[0].where == "datasets/ada/poems"
    assert linked.components["data_information"].counts


def test_one_of_two_named_data_sets_is_only_part_of_the_data() -> None:
    data = see_data_set(release("train.parquet")).components
    linked = with_linked_data(see(release(text="# T\n")), ["ada/a", "ada/b"], [LinkedData("ada/a", "training", data)])
    assert (linked.components["data"].shown, linked.components["data"].whole) == (True, False)
    assert "ada/b" in linked.components["data"].lacks[0]


def test_an_original_that_is_kept_here_makes_a_quantised_copy_whole() -> None:
    copy = see(release("m.Q4_0.gguf", text=CARD))
    original = see(release("model.safetensors", file("train.py", "run()"), text=CARD)).components
    beside = with_bases(copy, [Base("ada/tiny", "quantise", original, is_here=True, licences={"*": ("mit",)})])
    told = with_bases(copy, [Base("ada/tiny", "quantise", {"weights": Component("claimed", "C")}, is_here=False)])
    assert (beside.components["weights"].counts, beside.components["weights"].evidence) == (True, "B")
    assert (beside.components["training_code"].evidence, beside.components["training_code"].under) == ("B", ("mit",))
    assert (told.components["weights"].counts, "said to be" in told.components["weights"].detail) == (False, True)


def test_a_tuned_model_shows_its_own_stage_only() -> None:
    tuned = see(release("model.safetensors", file("sft.py", "run()"), text=CARD, base_model="ada/base"))
    open_base = Base("ada/base", "finetune", released("training_code", "data_information"), is_here=True)
    closed_base = Base("ada/base", "finetune", {}, is_here=False)
    assert with_bases(tuned, [open_base]).components["training_code"].counts
    found = with_bases(tuned, [closed_base]).components["training_code"]
    assert (found.counts, "ada/base" in found.lacks[-1]) == (False, True)


def test_what_is_read_is_bounded() -> None:
    paths = [f"model-{n:05d}-of-09999.safetensors" for n in range(9_999)] + [f"{n}.py" for n in range(500)] + ["README.md"]
    asked = wanted(paths)
    assert asked[0].path == "README.md"
    assert len(asked) < 120
    assert sum(one.limit for one in asked) < 40 << 20


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF" + b"\xff" * 60, gguf()[:40], b"\xff" * 64])
def test_broken_heads_are_survived(content: bytes) -> None:
    seen = see(release(file("a.gguf", content), file("b.safetensors", content), file("config.json", "{" * 9_999)))
    assert seen.components["weights"].shown


def test_what_was_seen_can_be_kept_and_read_again() -> None:
    from commonweight.rights import Seen

    seen = see(release("m.Q4_0.gguf", file("config.json", LLAMA), text=CARD, datasets=["ada/poems"]))
    kept = json.loads(json.dumps(seen.to_document()))
    assert Seen.from_document(kept) == seen


HOSTILE = [
    "**" + "a" * 200_000 + "\n#" * 50_000 + "[More Information Needed]" * 1_000 + "<!--" * 50_000,
    "| 1 " * 60_000 + "\n## Data\n" + "- " * 50_000 + "1" * 100_000 + "a." * 50_000,
    "## Evaluation\n" + ("|" + "1" * 50 + "\n") * 4_000 + "|1" * 100_000,
    "# Training data\n" + "1.1," * 50_000 + " " * 100_000 + "a/" * 50_000,
    "https://github.com/" + "a" * 100_000 + " " + "\n \n" * 50_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_card_that_was_written_to_be_slow_costs_little(text: str) -> None:
    import time

    started = time.process_time()
    see(release(file("train.py", "#" * 60_000), text=text))
    assert time.process_time() - started < 5  # some tenths of a second
