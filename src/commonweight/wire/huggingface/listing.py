"""Lists of repositories and of their tags (contract, section 6)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.errors import InvalidInput
from commonweight.hub import DEFAULT_SORT, MAX_PAGE, Contents, Head, Hub, WantedList, read_cursor, write_cursor
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, for_kind
from commonweight.wire.huggingface.answers import flag, json_answer, next_page, number
from commonweight.wire.huggingface.describing import chosen, describe, expand_of, siblings

LIST_DEFAULT: Final = 100
FULL_MOST: Final = 100  # repositories of one page where the files of each are listed

#: Full names of the repositories whose models run now.
Warm = Callable[[], Awaitable[frozenset[str]]]

#: `apps`: what an application needs is a format, which is a tag.
_APPS: Final = {
    **dict.fromkeys(
        ("llama.cpp", "ollama", "lmstudio", "jan", "koboldcpp", "node-llama-cpp", "docker-model-runner"), "gguf"
    ),
    **dict.fromkeys(("vllm", "sglang", "tgi", "transformers"), "safetensors"),
    "mlx-lm": "mlx",
}
_SIZES: Final = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_BOUND: Final = re.compile(r"(min|max):(\d{1,15}(?:\.\d{1,6})?)([KMBT]?)", re.IGNORECASE)
_SNAKE: Final = {"created_at": "createdAt", "last_modified": "lastModified", "trending_score": "trendingScore"}


async def nothing_runs() -> frozenset[str]:
    return frozenset()


class ListCalls:
    def __init__(self, hub: Hub, access: Access, warm: Warm = nothing_runs) -> None:
        self._hub = hub
        self._access = access
        self._warm = warm

    def routes(self) -> list[Route]:
        lists = [
            Route(("GET",), f"/api/{segment}", for_kind(self._list, kind), Needs.NOTHING)
            for segment, kind in KIND_OF_SEGMENT.items()
        ]
        tags = [
            Route(("GET",), f"/api/{segment}-tags-by-type", for_kind(self._tags, kind), Needs.NOTHING)
            for segment, kind in KIND_OF_SEGMENT.items()
        ]
        return [*lists, *tags]

    async def _tags(self, request: Request, kind: str) -> Response:
        """Of public repositories: `{type: [{id, label, type, count}]}`."""
        await self._access.caller(request)
        found = await self._hub.listings.tags_by_type(kind)
        answer = {
            word: [{"id": tag, "label": tag.removeprefix(f"{word}:"), "type": word, "count": count} for tag, count in tags]
            for word, tags in found.items()
        }
        return json_answer(answer)

    async def _list(self, request: Request, kind: str) -> Response:
        query = request.query_params
        expand, full = expand_of(query, kind), flag(query.get("full"))
        caller = await self._access.caller(request)
        wanted = await self._wanted(query, kind, FULL_MOST if full or _needs_files(expand) else MAX_PAGE)
        if wanted is None:
            return json_answer([])
        found = await self._hub.listings.find(caller, wanted)
        described = [await self._item(query, expand, *one) for one in await self._hub.heads_and_contents(found.repositories)]
        items = [one for one in described if wanted.gated is None or bool(one.pop("?gated")) == wanted.gated]
        for one in items:
            one.pop("?gated", None)
        if found.following is None:
            return json_answer(items)
        cursor = write_cursor(found.following)
        return json_answer(items, headers=next_page(request, self._access.base_url(request), cursor=cursor))

    async def _wanted(self, query: QueryParams, kind: str, most: int) -> WantedList | None:
        """None where nothing here can fit. Raises InvalidInput."""
        if query.getlist("inference_provider"):
            return None  # models run here, and at no provider
        warm = kind == "model" and query.get("inference") == "warm"
        sort = query.get("sort") or DEFAULT_SORT
        gated = query.get("gated")
        return WantedList(
            kind,
            tags=_tags_asked(query, kind),
            search=" ".join(query.getlist("search")),
            author=query.get("author", ""),
            gated=flag(gated) if gated is not None else None,
            parameters=_parameters(query.get("num_parameters")) if kind == "model" else None,
            names=await self._warm() if warm else None,
            sort=_SNAKE.get(sort, sort),
            descending=query.get("direction", "-1") != "1",
            limit=number(query.get("limit"), LIST_DEFAULT, most),
            cursor=read_cursor(query.get("cursor"), _SNAKE.get(sort, sort)),
        )

    async def _item(
        self, query: QueryParams, expand: frozenset[str] | None, head: Head, contents: Contents
    ) -> dict[str, Any]:
        gate = await self._hub.gate(head.repository)
        whole = describe(head.repository, head.revision.commit, head.facts, contents, gate)
        full = flag(query.get("full"))
        if full or _needs_files(expand):
            files = [one for one in await self._hub.tree(head.revision, recursive=True) if one.is_file]
            whole |= {"siblings": siblings(files, with_blobs=False), "usedStorage": sum(one.size for one in files)}
        if expand is None:
            for key, asked in _BY_FLAG.items():
                if not (full and key == "cardData") and not flag(query.get(asked)):
                    whole.pop(key, None)
        return chosen(whole, expand) | {"?gated": gate}


#: What a list tells only where a flag asks for it.
_BY_FLAG: Final = {
    "cardData": "cardData",
    "config": "config",
    "gguf": "gguf",
    "tables": "tables",
    "widgetData": "widgetData",
}


def _needs_files(expand: frozenset[str] | None) -> bool:
    return expand is not None and not expand.isdisjoint({"siblings", "usedStorage"})


def _tags_asked(query: QueryParams, kind: str) -> tuple[str, ...]:
    """`filter`, also several by commas as pages write them, and what else comes to a tag. Raises InvalidInput."""
    asked = [one.strip() for text in query.getlist("filter") for one in text.split(",")]
    if kind == "model":
        asked += [*query.getlist("pipeline_tag"), *query.getlist("library")]
        asked += [_app(one) for one in query.getlist("apps")]
    if kind == "space":
        asked += [f"{word[:-1]}:{one}" for word in ("models", "datasets") for one in query.getlist(word)]
    return tuple(dict.fromkeys(one for one in asked if one))


def _app(name: str) -> str:
    """Raises InvalidInput."""
    if name.lower() not in _APPS:
        raise InvalidInput(f"{name[:50]!r} is no application known here; expected one of {', '.join(_APPS)}.")
    return _APPS[name.lower()]


def _parameters(text: str | None) -> tuple[int | None, int | None] | None:
    """`min:6B,max:128B`, either of them alone too. Raises InvalidInput."""
    if not text:
        return None
    bounds: dict[str, int] = {}
    for part in text.split(","):
        match = _BOUND.fullmatch(part.strip())
        if match is None:
            raise InvalidInput(f"'num_parameters' is {text[:50]!r}; expected a text as min:6B,max:128B.")
        bounds[match[1].lower()] = int(float(match[2]) * _SIZES[match[3].upper()])
    return bounds.get("min"), bounds.get("max")
