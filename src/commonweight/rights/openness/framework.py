"""The Model Openness Framework as data: its 17 components, what each class needs, and what may stand in for what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commonweight.rights.said import mark

#: Which rules a grade was given by: the framework's version and day, and the version of our reading of it.
RULES: Final = "Model Openness Framework 1.0 (2024-12-15), reading 1"

CODE: Final = "code"
DATA: Final = "data"
DOCUMENT: Final = "document"


@dataclass(frozen=True, slots=True)
class Part:
    """
    One component of the framework. `number` is the framework's, `needed_in` the first class (3, 2, 1) that knows it,
    `artefact` whose licence it is under, `instead` the components that may stand in for it.
    """

    key: str
    number: int
    name: str
    kind: str
    needed_in: int
    required: bool
    artefact: str
    words: str
    instead: tuple[str, ...] = ()


FRAMEWORK: Final = (
    Part("weights", 10, mark("Model parameters (final)"), DATA, 3, True, "weights", mark("the trained weights")),
    Part("architecture_code", 9, mark("Model architecture"), CODE, 3, True, "inference_code", mark("the architecture")),
    Part("technical_report", 11, mark("Technical report"), DOCUMENT, 3, True, "docs",
         mark("a technical report"), ("paper",)),
    Part("evaluation_results", 12, mark("Evaluation results"), DOCUMENT, 3, True, "docs", mark("evaluation results")),
    Part("model_card", 13, mark("Model card"), DOCUMENT, 3, True, "docs", mark("a model card")),
    Part("data_information", 14, mark("Data card"), DOCUMENT, 3, True, "docs", mark("a description of the training data")),
    Part("sample_outputs", 20, mark("Sample model outputs"), DOCUMENT, 3, False, "docs", mark("samples of what it answers")),
    Part("training_code", 7, mark("Training code"), CODE, 2, True, "training_code", mark("the training code")),
    Part("inference_code", 8, mark("Inference code"), CODE, 2, True, "inference_code", mark("the inference code")),
    Part("evaluation_code", 18, mark("Evaluation code"), CODE, 2, True, "training_code", mark("the evaluation code")),
    Part("evaluation_data", 19, mark("Evaluation data"), DATA, 2, True, "evaluation_data", mark("the evaluation data")),
    Part("supporting_libraries", 22, mark("Supporting libraries and tools"), CODE, 2, False, "training_code",
         mark("supporting libraries")),
    Part("data", 15, mark("Datasets"), DATA, 1, True, "data", mark("the training data")),
    Part("preprocessing_code", 16, mark("Data preprocessing code"), CODE, 1, True, "training_code",
         mark("the code that prepared the data")),
    Part("intermediate_checkpoints", 24, mark("Model parameters (intermediate)"), DATA, 1, True, "weights",
         mark("intermediate checkpoints")),
    Part("paper", 21, mark("Research paper"), DOCUMENT, 1, True, "docs", mark("a research paper"), ("technical_report",)),
    Part("model_metadata", 17, mark("Model metadata"), DATA, 1, False, "weights", mark("settings and states of training")),
)  # fmt: skip
PARTS: Final = {part.key: part for part in FRAMEWORK}

#: Looked for beside the framework's components, since running a model takes them.
BESIDE: Final = {"tokenizer": mark("the tokenizer"), "config": mark("the configuration")}

#: Every word for a component, with how it is called in a sentence.
COMPONENTS: Final[dict[str, str]] = {**{part.key: part.words for part in FRAMEWORK}, **BESIDE}

CLASSES: Final = {3: "III", 2: "II", 1: "I"}


def needed(level: int) -> tuple[Part, ...]:
    """What class `level` (3, 2 or 1) needs; the classes are cumulative: 6, 10 and 14 components."""
    return tuple(part for part in FRAMEWORK if part.required and part.needed_in >= level)


#: Where we follow the framework's intent and its own tool (as of 2026-05-11) does something else.
DIFFERENCES: Final = (
    mark("Only what was found in the files, or behind a link that was followed, counts. The tool counts what is ticked."),
    mark(
        "Training data of any licence, or none, is shown as a second figure, as the framework's paper words it. The tool "
        "counts unlicensed data as missing."
    ),
    mark(
        "A detailed technical report may stand in for the research paper, as the specification says. The tool knows only "
        "the other direction."
    ),
    mark(
        "PDDL-1.0, the public domain dedication and the FreeBSD documentation licence count as open where the framework "
        "lists them as suited. The tool lists them and then refuses them as not open."
    ),
    mark("CC0-1.0 suits data as well as documents. In the tool a second entry overwrites the first."),
    mark("OpenMDW-1.1 counts as OpenMDW-1.0 does. The tool does not know it yet."),
    mark("Code under terms made for data does not count. The tool lets it pass with a warning."),
)
