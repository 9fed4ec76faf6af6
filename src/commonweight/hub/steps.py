"""The steps of a lineage that a commit names: from which parents, how, and how well that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commonweight.hub.values import RevisionFacts

MAX_NAME: Final = 300  # characters; a namespace and a name have 193 at most
UNNAMED: Final = "(a parent without a name)"  # what a card says with `base_model: /`; it has no licence either
TRAINING_FILES: Final = "training_files"  # of a card: name, sha256 and license of what was learnt from and lies nowhere
MAX_FILE_NAME: Final = 100
MAX_FILES: Final = 20
_RELATION_OF_CARD: Final = {
    "finetune": "finetune", "adapter": "adapter", "merge": "merge", "quantized": "quantise", "quantised": "quantise",
    "convert": "convert", "converted": "convert", "prune": "prune", "pruned": "prune", "distill": "distil_logits",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """A step up: the parent's name as the child gives it, its kind (model, dataset), and what is said of the step."""

    name: str
    kind: str
    relation: str
    evidence: str
    part: bool = False
    source: str = ""
    licence: str = ""  # of a parent that is no repository: a tag, as it was stated


def steps_of(facts: RevisionFacts) -> tuple[Step, ...]:
    """The parents that the card and the files of a commit name."""
    models = [_of_card(name_in(base.id), base.relation, declared=base.declared) for base in facts.base_models]
    data = [Step(name_in(name), "dataset", "trained_on_data", "declared") for name in facts.datasets]
    return (*models, *data, *_files(facts.card.get(TRAINING_FILES)))


def stated_data(name: str, sha256: str, licence: str) -> Step:
    """The step to a file of examples, of which only its name, its hash and its licence are told."""
    plain = " ".join(name.replace("/", " ").split())[:MAX_FILE_NAME]
    return Step(f"{plain} (SHA-256 {sha256[:12]})", "dataset", "trained_on_data", "declared", licence=licence)


def _files(said: object) -> list[Step]:
    rows = [row for row in said if isinstance(row, dict)] if isinstance(said, list) else []
    found = [tuple(str(row.get(key) or "") for key in ("name", "sha256", "license")) for row in rows[:MAX_FILES]]
    return [stated_data(name, sha256, licence[:MAX_FILE_NAME]) for name, sha256, licence in found if licence]


def name_in(text: str) -> str:
    """`namespace/name`, also out of an address that a card gives instead; without spaces and slashes at its ends."""
    if "://" in text:
        text = "/".join(text.split("?")[0].rstrip("/").rsplit("/", 2)[-2:])
    return " ".join(text[:MAX_NAME].split()).strip("/ ") or UNNAMED


def _of_card(name: str, word: str, *, declared: bool) -> Step:
    """The parent is declared; where the kind of step is not, or by a strange word, it was read from the files."""
    relation = _RELATION_OF_CARD.get(word.lower(), "finetune")
    sure = declared and word.lower() in _RELATION_OF_CARD
    return Step(name, "model", relation, "declared" if sure else "config")
