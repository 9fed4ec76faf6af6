"""What is said about a repository: info and lists (contract, sections 6 and 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.clock import iso_z
from commonweight.errors import InvalidInput
from commonweight.hub import Entry, Head, Hub, Repository, RevisionFacts
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, for_kind, no_such_repository
from commonweight.wire.huggingface.answers import flag, json_answer, next_page, number

LIST_DEFAULT = 100
LIST_MOST = 1000

_COMMON = (
    "author cardData createdAt disabled downloads downloadsAllTime gated lastModified likes private resourceGroup sha "
    "siblings tags trendingScore usedStorage xetEnabled"
)
_MODELS = (
    "baseModels childrenModelCount config evalResults gguf inference inferenceProviderMapping library_name mask_token "
    "model-index pipeline_tag safetensors spaces transformersInfo widgetData"
)
EXPANDABLE = {
    "model": frozenset(f"{_COMMON} {_MODELS}".split()),
    "dataset": frozenset(f"{_COMMON} citation description mainSize paperswithcode_id".split()),
    "space": frozenset(f"{_COMMON} datasets models region runtime sdk subdomain".split()),
}


class InfoCalls:
    def __init__(self, hub: Hub, access: Access) -> None:
        self._hub = hub
        self._access = access

    def routes(self) -> list[Route]:
        return [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        async def bare(request: Request) -> Response:
            await self._access.caller(request)
            raise no_such_repository(request)

        base = f"/api/{segment}/{{namespace}}/{{name}}"
        return [
            Route(("GET",), f"/api/{segment}", for_kind(self._list, kind), Needs.NOTHING),
            Route(("GET",), f"/api/{segment}/{{name}}", bare, Needs.NOTHING),
            Route(("GET",), base, for_kind(self._info, kind), Needs.READ),
            Route(("GET",), f"{base}/revision/{{revision}}", for_kind(self._info, kind), Needs.READ),
        ]

    async def _info(self, request: Request, kind: str) -> Response:
        expand = _expand(request, kind)
        _, revision = await self._access.revision(request, kind)
        facts = await self._hub.facts(revision)
        needs_files = expand is None or not expand.isdisjoint({"siblings", "usedStorage"})
        files = [one for one in await self._hub.tree(revision, recursive=True) if one.is_file] if needs_files else []
        whole = describe(revision.repository, revision.commit, facts, await self._hub.gate(revision.repository))
        whole["siblings"] = siblings(files, with_blobs=flag(request.query_params.get("blobs")))
        whole["usedStorage"] = sum(one.size for one in files)
        chosen = whole if expand is None else {key: whole[key] for key in whole if key in expand or key in ("id", "_id")}
        return json_answer(chosen, headers={"X-Repo-Commit": revision.commit})

    async def _list(self, request: Request, kind: str) -> Response:
        """Filters on tags are applied after the page is cut: a page may be short, and `Link` says whether there is more."""
        expand, query = _expand(request, kind), request.query_params
        limit, after = number(query.get("limit"), LIST_DEFAULT, LIST_MOST), number(query.get("after"), 0, 1 << 30)
        caller = await self._access.caller(request)
        found = await self._hub.list(
            caller,
            kind,
            search=" ".join(query.getlist("search")),
            author=query.get("author", ""),
            limit=limit,
            after=after,
            sort=query.get("sort", "lastModified"),
            descending=query.get("direction", "-1") == "-1",
        )
        full = flag(query.get("full"))
        described = [await self._item(one, expand, full=full) for one in await self._hub.heads(found)]
        items = [item for item, tags in described if _matches(request, item, tags)]
        more = len(found) == limit
        headers = next_page(request, self._access.base_url(request), after=str(after + limit)) if more else None
        return json_answer(items, headers=headers)

    async def _item(self, head: Head, expand: frozenset[str] | None, *, full: bool) -> tuple[dict[str, Any], list[str]]:
        whole = describe(head.repository, head.revision.commit, head.facts, await self._hub.gate(head.repository))
        tags: list[str] = whole["tags"]
        if expand is not None:
            return {key: whole[key] for key in whole if key in expand or key in ("id", "_id")}, tags
        if not full:
            del whole["cardData"]
        return whole, tags


def describe(repository: Repository, commit: str, facts: RevisionFacts, gate: str) -> dict[str, Any]:
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
        "downloadsAllTime": repository.downloads,
        "likes": 0,
        "trendingScore": 0,
        "tags": tags(repository, facts),
        "cardData": dict(facts.card),
        "xetEnabled": True,
    }
    return described | (_of_model(repository, facts) if repository.kind == "model" else {})


def _of_model(repository: Repository, facts: RevisionFacts) -> dict[str, Any]:
    optional = {"pipeline_tag": facts.pipeline_tag, "library_name": library(facts)}
    model: dict[str, Any] = {key: value for key, value in optional.items() if value}
    if isinstance(facts.card.get("model-index"), list):
        model["model-index"] = facts.card["model-index"]
    return {"modelId": repository.full_name, "spaces": [], **model}


def library(facts: RevisionFacts) -> str:
    """The card's word, else what the files show."""
    if facts.library_name:
        return facts.library_name
    return "gguf" if facts.has_gguf else "transformers" if facts.has_config else ""


def tags(repository: Repository, facts: RevisionFacts) -> list[str]:
    """Free tags, then those that the public hub makes of other fields; lists and pages filter by them."""
    made = [*facts.tags, *facts.languages]
    made += [facts.pipeline_tag, library(facts)] if repository.kind == "model" else []
    made += ["safetensors"] * facts.has_safetensors + ["gguf"] * facts.has_gguf
    made += [f"license:{one}" for one in facts.licences]
    made += [f"dataset:{one}" for one in facts.datasets] if repository.kind == "model" else []
    for base in facts.base_models:
        made += [f"base_model:{base.id}", f"base_model:{base.relation}:{base.id}"]
    return list(dict.fromkeys(one for one in made if one))


def siblings(files: Sequence[Entry], *, with_blobs: bool) -> list[dict[str, Any]]:
    return [{"rfilename": one.path, **(_blob(one) if with_blobs else {})} for one in files]


def _blob(entry: Entry) -> dict[str, Any]:
    blob: dict[str, Any] = {"size": entry.size, "blobId": entry.oid}
    if entry.large:
        large = entry.large
        blob["lfs"] = {"sha256": large.sha256, "size": large.size, "pointerSize": large.pointer_size}
    return blob


def _expand(request: Request, kind: str) -> frozenset[str] | None:
    """The properties asked for; None: all. Raises InvalidInput in words that clients read (section 2)."""
    asked = [*request.query_params.getlist("expand"), *request.query_params.getlist("expand[]")]
    for one in asked:
        if one not in EXPANDABLE[kind]:
            choices = "|".join(f'"{known}"' for known in sorted(EXPANDABLE[kind]))
            raise InvalidInput(f'"expand" is {one[:100]!r}; expected one of {choices}')
    return frozenset(asked) if asked else None


def _matches(request: Request, item: dict[str, Any], tags: Sequence[str]) -> bool:
    query = request.query_params
    wanted = [*query.getlist("filter"), *query.getlist("pipeline_tag")]
    gated = query.get("gated")
    if gated is not None and flag(gated) != bool(item.get("gated")):
        return False
    return all(one in tags for one in wanted)
