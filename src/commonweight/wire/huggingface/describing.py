"""A repository as info and lists tell it (contract, sections 6 and 7). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.datastructures import QueryParams

from commonweight.clock import iso_z
from commonweight.errors import InvalidInput
from commonweight.hub import Contents, Entry, Repository, RevisionFacts, library_of, tags_of, task_of

_COMMON: Final = (
    "author cardData createdAt disabled downloads downloadsAllTime gated lastModified likes private resourceGroup sha "
    "siblings tags trendingScore usedStorage xetEnabled"
)
_MODELS: Final = (
    "baseModels childrenModelCount config evalResults gguf inference inferenceProviderMapping library_name mask_token "
    "model-index pipeline_tag safetensors securityRepoStatus spaces transformersInfo widgetData"
)
EXPANDABLE: Final = {
    "model": frozenset(f"{_COMMON} {_MODELS}".split()),
    "dataset": frozenset(f"{_COMMON} citation description mainSize paperswithcode_id".split()),
    "space": frozenset(f"{_COMMON} datasets models region runtime sdk subdomain".split()),
}
ALWAYS: Final = frozenset({"_id", "id"})
MAX_DESCRIPTION: Final = 300  # characters


def describe(repository: Repository, commit: str, facts: RevisionFacts, contents: Contents, gate: str) -> dict[str, Any]:
    """All that is known without a look at the files; a list takes parts of it. `gate`: "" | auto | manual."""
    described = {
        "_id": str(repository.id),
        "id": repository.full_name,
        "author": repository.namespace,
        "sha": commit,
        "lastModified": iso_z(repository.updated_at),
        "createdAt": iso_z(repository.created_at),
        "private": repository.is_private,
        "gated": gate or False,
        "disabled": False,
        "downloads": repository.downloads,
        "downloadsAllTime": repository.downloads_all_time,
        "likes": repository.likes,
        "trendingScore": repository.trending,
        "tags": tags_of(repository.kind, facts, contents),
        "cardData": dict(facts.card),
        "xetEnabled": True,
    }
    if repository.kind == "model":
        return described | _of_model(repository, facts, contents)
    return described | (_of_dataset(facts, contents) if repository.kind == "dataset" else _of_space(facts))


def _of_model(repository: Repository, facts: RevisionFacts, contents: Contents) -> dict[str, Any]:
    optional = {
        "pipeline_tag": task_of(facts, contents),
        "library_name": library_of(facts, contents),
        "mask_token": contents.mask_token,
        "safetensors": contents.safetensors,
        "gguf": contents.gguf,
        "config": contents.config,
        "transformersInfo": contents.transformers,
        "widgetData": facts.card.get("widget") if isinstance(facts.card.get("widget"), list) else None,
        "baseModels": _base_models(facts),
    }
    model: dict[str, Any] = {key: value for key, value in optional.items() if value}
    if isinstance(facts.card.get("model-index"), list):
        model["model-index"] = facts.card["model-index"]
    return {"modelId": repository.full_name, "spaces": [], **model}


def _base_models(facts: RevisionFacts) -> dict[str, Any]:
    """`{relation, models: [{id}]}`."""
    if not facts.base_models:
        return {}
    return {"relation": facts.base_models[0].relation, "models": [{"id": base.id} for base in facts.base_models]}


def _of_dataset(facts: RevisionFacts, contents: Contents) -> dict[str, Any]:
    card = facts.card
    optional: dict[str, Any] = {
        "description": _text(card.get("pretty_name")),
        "paperswithcode_id": _text(card.get("paperswithcode_id")),
        "mainSize": contents.tables.get("bytes"),
        "tables": contents.tables,
    }
    return {key: value for key, value in optional.items() if value}


def _of_space(facts: RevisionFacts) -> dict[str, Any]:
    words = {key: facts.card.get(key) for key in ("models", "datasets")}
    found: dict[str, Any] = {key: value for key, value in words.items() if isinstance(value, list)}
    sdk = _text(facts.card.get("sdk"))
    return found | ({"sdk": sdk} if sdk else {})


def _text(value: Any) -> str:
    return value[:MAX_DESCRIPTION] if isinstance(value, str) else ""


def expand_of(query: QueryParams, kind: str) -> frozenset[str] | None:
    """The properties asked for; None: all. Raises InvalidInput in words that clients read (section 2)."""
    asked = [*query.getlist("expand"), *query.getlist("expand[]")]
    for one in asked:
        if one not in EXPANDABLE[kind]:
            choices = "|".join(f'"{known}"' for known in sorted(EXPANDABLE[kind]))
            raise InvalidInput(f'"expand" is {one[:100]!r}; expected one of {choices}')
    return frozenset(asked) if asked else None


def chosen(whole: Mapping[str, Any], expand: frozenset[str] | None) -> dict[str, Any]:
    """Only what was asked for, and the id; None: everything."""
    return dict(whole) if expand is None else {key: whole[key] for key in whole if key in expand or key in ALWAYS}


def siblings(files: Sequence[Entry], *, with_blobs: bool) -> list[dict[str, Any]]:
    return [{"rfilename": one.path, **(_blob(one) if with_blobs else {})} for one in files]


def _blob(entry: Entry) -> dict[str, Any]:
    blob: dict[str, Any] = {"size": entry.size, "blobId": entry.oid}
    if entry.large:
        large = entry.large
        blob["lfs"] = {"sha256": large.sha256, "size": large.size, "pointerSize": large.pointer_size}
    return blob
