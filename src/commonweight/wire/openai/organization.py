"""`/v1/organization/…`: usage, costs and keys, as far as they exist here, in the shapes of OpenAI's admin API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.clock import Clock
from commonweight.errors import NotFound
from commonweight.identity import Caller, Role
from commonweight.plans import MINUTES_KEPT, Key, Keys, KeyTerms, KeyWish, Usage, UsageRow, UsageWish
from commonweight.wire.openai.asked import read_document
from commonweight.wire.openai.errors import BadRequest, dress
from commonweight.wire.openai.fields import integer, required, text
from commonweight.wire.openai.inference import Authenticate
from commonweight.wire.openai.keys import json_answer, key_owner

GENERATING: Final = ("chat.completions", "completions", "responses", "messages")
#: OpenAI's word for a kind of usage: the routes whose usage it is. Of what is not done here buckets are empty.
ROUTES: Final[Mapping[str, Sequence[str]]] = {
    "completions": GENERATING,
    "embeddings": ("embeddings", "rerank"),
    "moderations": ("moderations",),
    "images": ("images",),
    "audio_speeches": ("audio.speech",),
    "audio_transcriptions": ("audio.transcriptions", "audio.translations"),
    **dict.fromkeys(
        ("vector_stores", "code_interpreter_sessions", "file_search_calls", "web_search_calls", "decisions"), ()
    ),
}
#: OpenAI's word for a group: ours.
GROUPS: Final = {"project_id": "payer", "user_id": "account", "api_key_id": "key", "model": "model", "line_item": "model"}
#: OpenAI's widths: how long, our word, how many buckets without a limit, how many at most.
WIDTHS: Final = {
    "1m": (timedelta(minutes=1), "minute", 60, 1440),
    "1h": (timedelta(hours=1), "hour", 24, 168),
    "1d": (timedelta(days=1), "day", 7, 31),
}
KEY_PREFIX: Final = "key_"
MICRO: Final = 1_000_000


class OrganizationWire:
    """Usage, costs, and the keys of whoever asks. A project is whoever pays: an account or an organisation."""

    def __init__(self, authenticate: Authenticate, usage: Usage, keys: Keys, clock: Clock) -> None:
        self._authenticate = authenticate
        self._usage = usage
        self._keys = keys
        self._clock = clock

    def group(self) -> Group:
        """The routes, with the OpenAI shape for their errors."""
        base = "/v1/organization"
        routes = (
            Route(("GET",), f"{base}/usage/{{kind}}", self.usage, Needs.KEY),
            Route(("GET",), f"{base}/costs", self.costs, Needs.KEY),
            Route(("GET",), f"{base}/admin_api_keys", self.list_keys, Needs.KEY),
            Route(("POST",), f"{base}/admin_api_keys", self.create_key, Needs.KEY),
            Route(("GET",), f"{base}/admin_api_keys/{{key}}", self.read_key, Needs.KEY),
            Route(("DELETE",), f"{base}/admin_api_keys/{{key}}", self.delete_key, Needs.KEY),
        )
        return Group(base, routes, dress)

    async def usage(self, request: Request) -> ASGIApp:
        """`GET /v1/organization/usage/{completions, embeddings, …}`."""
        kind = request.path_params["kind"]
        if kind not in ROUTES:
            raise NotFound(f"There is no usage of {kind!r} here.", hint=f"There is: {', '.join(ROUTES)}.")
        caller, _ = await key_owner(self._authenticate, request)
        return json_answer(await self._page(caller, request, f"organization.usage.{kind}.result", ROUTES[kind]))

    async def costs(self, request: Request) -> ASGIApp:
        """`GET /v1/organization/costs`."""
        caller, _ = await key_owner(self._authenticate, request)
        return json_answer(await self._page(caller, request, "organization.costs.result", ()))

    async def _page(self, caller: Caller, request: Request, kind: str, routes: Sequence[str]) -> dict[str, Any]:
        asked, costs = _Asked(request, self._clock.now()), kind == "organization.costs.result"
        words = (asked.time, *(["currency"] if costs else []), *(GROUPS[name] for name in asked.groups if name in GROUPS))
        wish = UsageWish(asked.begin, asked.end, tuple(dict.fromkeys(words)), **asked.filters, routes=tuple(routes))
        by_time: dict[datetime, list[dict[str, Any]]] = {}
        for row in await self._usage.read(caller, wish) if routes or costs else ():
            result = _cost(row, kind) if costs else _use(row, kind)
            by_time.setdefault(row.group[asked.time], []).append({**result, **_grouped(row, asked.groups)})
        data = [
            {
                "object": "bucket",
                "start_time": int(begin.timestamp()),
                "end_time": int((begin + asked.width).timestamp()),
                "results": by_time.get(begin, []),
            }
            for begin in asked.buckets()
        ]
        return {"object": "page", "data": data, "has_more": asked.next_page is not None, "next_page": asked.next_page}

    async def list_keys(self, request: Request) -> ASGIApp:
        """`GET /v1/organization/admin_api_keys`."""
        caller, _ = await key_owner(self._authenticate, request)
        found = list(await self._keys.list(caller))
        if request.query_params.get("order", "asc") == "asc":
            found.reverse()
        after, limit = request.query_params.get("after"), min(_number(request, "limit", 20) or 20, 100)
        if after:
            ids = [_key_id(key.token.id) for key in found]
            found = found[ids.index(after) + 1 :] if after in ids else []
        used = await self._keys.use.of(found[:limit])
        shown = [_key(key, used[key.token.id].last) for key in found[:limit]]
        first, last = (shown[0]["id"], shown[-1]["id"]) if shown else (None, None)
        more = len(found) > limit
        return json_answer({"object": "list", "data": shown, "has_more": more, "first_id": first, "last_id": last})

    async def create_key(self, request: Request) -> ASGIApp:
        """`POST /v1/organization/admin_api_keys`: a key that reaches as far as the token that makes it."""
        caller, _ = await key_owner(self._authenticate, request)
        body = await read_document(request)
        name, seconds = required(body, "name"), body.get("expires_in_seconds")
        text("name", name)
        if seconds is not None:
            integer(1)("expires_in_seconds", seconds)
        expires = None if seconds is None else self._clock.now() + timedelta(seconds=min(seconds, 10**9))
        role = caller.token.role if caller.token else Role.READ
        key, value = await self._keys.create(caller, KeyWish(name, KeyTerms(), role, expires))
        return json_answer({**_key(key), "value": value})

    async def read_key(self, request: Request) -> ASGIApp:
        """`GET /v1/organization/admin_api_keys/{key}`."""
        caller, _ = await key_owner(self._authenticate, request)
        number = _number_of(request.path_params["key"])
        for key in await self._keys.list(caller):
            if key.token.id == number:
                return json_answer(_key(key, (await self._keys.use.of([key]))[number].last))
        raise NotFound(f"There is no key {request.path_params['key']!r}.")

    async def delete_key(self, request: Request) -> ASGIApp:
        """`DELETE /v1/organization/admin_api_keys/{key}`."""
        caller, _ = await key_owner(self._authenticate, request)
        await self._keys.revoke(caller, _number_of(request.path_params["key"]))
        done = {"id": request.path_params["key"], "object": "organization.admin_api_key.deleted", "deleted": True}
        return json_answer(done)


class _Asked:
    """What the query of a page of usage says. Raises BadRequest."""

    def __init__(self, request: Request, now: datetime) -> None:
        width = request.query_params.get("bucket_width", "1d")
        if width not in WIDTHS:
            message = f"Invalid 'bucket_width': {width!r}; expected '1m', '1h' or '1d'."
            raise BadRequest(message, param="bucket_width", kind="unsupported_value")
        self.width, self.time, default, most = WIDTHS[width]
        self._limit = min(_number(request, "limit", default) or default, most)
        start = _number(request, "page", _number(request, "start_time", None))
        if start is None:
            raise BadRequest(
                "Missing required parameter: 'start_time'.", param="start_time", kind="missing_required_parameter"
            )
        self.begin = _floor(start, self.width)
        if self.time == "minute" and self.begin < now - MINUTES_KEPT:
            message = "Usage by the minute is kept for two days; ask for '1h' or '1d' before that."
            raise BadRequest(message, param="start_time", kind="unsupported_value")
        last = _number(request, "end_time", None)
        until = now if last is None else datetime.fromtimestamp(last, UTC)
        self.end = min(max(until, self.begin + timedelta(seconds=1)), self.begin + self._limit * self.width)
        self.next_page = str(int(self.end.timestamp())) if until > self.end else None
        self.groups = _many(request, "group_by")
        keys = tuple(_number_of(one) for one in _many(request, "api_key_ids"))
        self.filters: dict[str, Any] = {
            "payers": tuple(_many(request, "project_ids")),
            "accounts": tuple(_many(request, "user_ids")),
            "models": tuple(one.partition("@")[0] for one in _many(request, "models")),
            "keys": keys,
        }

    def buckets(self) -> list[datetime]:
        count = -(-(self.end - self.begin) // self.width)
        return [self.begin + i * self.width for i in range(count)]


def _floor(seconds: int, width: timedelta) -> datetime:
    step = int(width.total_seconds())
    if not 0 <= seconds < 1 << 33:
        raise BadRequest(f"Invalid 'start_time': {seconds}; expected Unix seconds.", param="start_time")
    return datetime.fromtimestamp(seconds // step * step, UTC)


def _many(request: Request, name: str) -> list[str]:
    """`name=a&name=b` and `name[]=a`, as clients write lists."""
    return [value for key, value in request.query_params.multi_items() if key in (name, f"{name}[]")]


def _number(request: Request, name: str, default: int | None) -> int | None:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not given.isdecimal() or len(given) > 12:
        raise BadRequest(f"Invalid '{name}': expected an integer, but got {given[:40]!r}.", param=name)
    return int(given)


def _number_of(key: str) -> int:
    number = key.removeprefix(KEY_PREFIX)
    return int(number) if number.isdecimal() and len(number) < 18 else -1  # no key has that number


def _key_id(number: int) -> str:
    return f"{KEY_PREFIX}{number}"


def _grouped(row: UsageRow, groups: Sequence[str]) -> dict[str, Any]:
    found = {name: row.group[GROUPS[name]] for name in groups if name in GROUPS}
    return {**found, "api_key_id": _key_id(found["api_key_id"])} if "api_key_id" in found else found


def _use(row: UsageRow, kind: str) -> dict[str, Any]:
    result = {"object": kind, "input_tokens": row.prompt_tokens, "num_model_requests": row.requests}
    if ".completions." in kind:
        result |= {"output_tokens": row.completion_tokens, "input_cached_tokens": row.cached_tokens}
    return result


def _cost(row: UsageRow, kind: str) -> dict[str, Any]:
    currency = row.group["currency"].lower() or None
    return {"object": kind, "amount": {"value": row.cost / MICRO, "currency": currency}}


def _key(key: Key, last_used: datetime | None = None) -> dict[str, Any]:
    token = key.token
    owner = {"type": "user", "object": "organization.user", "id": key.owner, "name": key.owner, "role": "owner"}
    return {
        "id": _key_id(token.id),
        "object": "organization.admin_api_key",
        "name": token.name,
        "redacted_value": "cw_…",
        "created_at": int(key.created_at.timestamp()),
        "expires_at": int(token.expires_at.timestamp()) if token.expires_at else None,
        "last_used_at": int(last_used.timestamp()) if last_used else None,
        "owner": owner,
    }
