"""A grade with something of everything in it, as the page on openness shows it."""

from __future__ import annotations

from commonweight.choosing import Report
from commonweight.rights import (
    Component,
    claimed,
    exemption,
    gated_access,
    grade_openness,
    see,
    with_linked_data,
)
from commonweight.rights.openness import LinkedData, see_data_set
from commonweight.web.contexts import OpennessDetail
from commonweight.web.presenting.openness_detail import openness_detail
from commonweight.web.presenting.tunes import tune_view
from tests.rights.openness.world import CARD, CLASSES, file, release, safetensors

LLAMA = '{"model_type": "llama"}'


def _report() -> Report:
    files = (file("model.safetensors", safetensors("a", "b")), file("config.json", LLAMA), "tokenizer.json", "train.py")
    text = f"{CARD}\nThe evaluation code is at https://github.com/ada/harness.\n\nSee arxiv.org/abs/2304.01373.\n"
    seen = see(release(*files, text=text, refs=("step1000", "step2000")))
    poems = see_data_set(
        release("train.parquet", text="Poems collected from the web; 3 million rows, filtered." * 5)
    ).components
    seen = with_linked_data(
        seen, ["ada/poems", "ada/prose"], [LinkedData("ada/poems", "training", poems, ("cc-by-nc-4.0",))]
    )
    gate = gated_access("auto", ["Full name", "Company"])
    graded = grade_openness(seen.components, {"*": ["apache-2.0"], "weights": ["apache-2.0"]}, gate, CLASSES, seen.checks)
    return Report(graded, exemption(["gemma-tou"], gate, seen.components, CLASSES))


def _known() -> Report:
    words = {
        "weights": "released",
        "paper": "released",
        "training_code": "absent",
        "data": "info",
        "data_information": "partial",
    }
    components: dict[str, Component] = {name: claimed(word) for name, word in words.items()}
    graded = grade_openness(components, {"*": "llama-2"}, "form", CLASSES)
    return Report(graded, exemption(["llama-2"], graded.gate, components, CLASSES, 1e26))


def detail() -> OpennessDetail:
    """Of a repository kept here, with the form answered."""
    tune = tune_view({"tune_flop": "4e22"}, "/ada/tiny/openness", str)
    return openness_detail(_report().to_document(), tune, lambda path, where: f"/ada/tiny/blob/main/{path}")


def known_detail() -> OpennessDetail:
    """Of an entry of the catalogue, with a figure that cannot be in the form."""
    tune = tune_view({"tune_percent": "many"}, "/models/meta-llama/llama-2", str)
    return openness_detail(_known().to_document(), tune, lambda path, where: "")
