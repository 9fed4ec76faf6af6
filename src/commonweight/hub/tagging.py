"""The tags of a repository, by which lists are filtered: the card's own and those that follow from other fields. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from commonweight.hub.cards import words
from commonweight.hub.contents import Contents
from commonweight.hub.values import RevisionFacts

MAX_TAGS: Final = 500  # of one repository; the longest real lists (languages) have some hundred
MAX_TAG: Final = 200  # characters
#: Fields of a data set's card that become tags with their name before them.
DATASET_FIELDS: Final = (
    "task_categories", "task_ids", "annotations_creators", "language_creators", "multilinguality", "source_datasets",
    "size_categories",
)  # fmt: skip


def library_of(facts: RevisionFacts, contents: Contents) -> str:
    """The card's word, else what the files show."""
    if facts.library_name:
        return facts.library_name
    return contents.library_name or ("gguf" if facts.has_gguf else "transformers" if facts.has_config else "")


def task_of(facts: RevisionFacts, contents: Contents) -> str:
    """The card's word, else what the files show."""
    return facts.pipeline_tag or contents.pipeline_tag


def tags_of(kind: str, facts: RevisionFacts, contents: Contents) -> list[str]:
    """Free tags first, then those that the public hub makes of other fields."""
    if kind == "dataset":
        made = _of_dataset(facts, contents)
    elif kind == "space":
        made = [*facts.tags, *words(facts.card, "sdk")]
    else:
        made = _of_model(facts, contents)
    made += [f"license:{one}" for one in facts.licences]
    unique = dict.fromkeys(one[:MAX_TAG] for one in made if one)
    return list(unique)[:MAX_TAGS]


def _of_model(facts: RevisionFacts, contents: Contents) -> list[str]:
    made = [*facts.tags, *facts.languages, task_of(facts, contents), library_of(facts, contents)]
    made += ["safetensors"] * facts.has_safetensors + ["gguf"] * facts.has_gguf
    made += contents.tags
    made += [f"dataset:{one}" for one in facts.datasets]
    for base in facts.base_models:
        made += [f"base_model:{base.id}", f"base_model:{base.relation}:{base.id}"]
    return made


def _of_dataset(facts: RevisionFacts, contents: Contents) -> list[str]:
    made = [*facts.tags, *(f"language:{one}" for one in facts.languages)]
    for field in DATASET_FIELDS:
        made += [f"{field}:{one}" for one in words(facts.card, field)]
    if any(one.startswith("size_categories:") for one in made):  # the card's word, not what was counted
        return made + [one for one in contents.tags if not one.startswith("size_categories:")]
    return made + list(contents.tags)


def type_of(tag: str, tasks: Iterable[str], libraries: Iterable[str], languages: Iterable[str]) -> str:
    """The kind of a tag, as `models-tags-by-type` sorts them."""
    word = tag.partition(":")[0]
    if ":" in tag and word in ("license", "dataset", "base_model", "language", *DATASET_FIELDS, "format"):
        return word
    if tag in tasks:
        return "pipeline_tag"
    if tag in libraries:
        return "library"
    return "language" if tag in languages else "other"
