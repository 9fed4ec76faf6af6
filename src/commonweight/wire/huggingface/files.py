"""What is inside a revision: tree, paths-info, commits, refs (contract, section 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.clock import iso_z
from commonweight.errors import InvalidInput, TooLarge
from commonweight.hub import Commit, Entry, Hub, Ref, Revision
from commonweight.vetting.scans import Scans
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, for_kind
from commonweight.wire.huggingface.answers import flag, json_answer, next_page, number
from commonweight.wire.huggingface.bodies import MAX_JSON_BYTES, read_json
from commonweight.wire.huggingface.security import file_status

TREE_PAGE = 1000  # entries; as the public hub
EXPANDED_PAGE = 100  # with the last commit of each, which takes a walk through history
COMMITS_PAGE = 50
COMMITS_MOST = 1000
MAX_PATHS = 1000  # in one paths-info; clients send 500


class FileCalls:
    def __init__(self, hub: Hub, access: Access, scans: Scans | None = None) -> None:
        self._hub = hub
        self._access = access
        self._scans = scans

    def routes(self) -> list[Route]:
        return [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        base = f"/api/{segment}/{{namespace}}/{{name}}"
        return [
            Route(("GET",), f"{base}/tree/{{revision}}", for_kind(self._tree, kind), Needs.READ),
            Route(("GET",), f"{base}/tree/{{revision}}/{{path...}}", for_kind(self._tree, kind), Needs.READ),
            Route(("POST",), f"{base}/paths-info/{{revision}}", for_kind(self._paths_info, kind), Needs.READ),
            Route(("GET",), f"{base}/commits/{{revision}}", for_kind(self._commits, kind), Needs.READ),
            Route(("GET",), f"{base}/refs", for_kind(self._refs, kind), Needs.READ),
        ]

    async def _tree(self, request: Request, kind: str) -> Response:
        _, revision = await self._access.revision(request, kind)
        query, path = request.query_params, request.path_params.get("path", "").strip("/")
        expand = flag(query.get("expand"))
        page = number(query.get("limit"), EXPANDED_PAGE if expand else TREE_PAGE, TREE_PAGE)
        page = min(page, EXPANDED_PAGE) if expand else page
        entries = await self._hub.tree(revision, path, flag(query.get("recursive")), query.get("cursor", ""), page + 1)
        shown = entries[:page]
        items = await self._described(revision, shown, expand=expand)
        more = len(entries) > page
        headers = next_page(request, self._access.base_url(request), cursor=shown[-1].path) if more else {}
        return json_answer(items, headers={**headers, "X-Repo-Commit": revision.commit})

    async def _paths_info(self, request: Request, kind: str) -> Response:
        """Paths that do not exist are left out (section 8)."""
        _, revision = await self._access.revision(request, kind)
        paths, expand = await _paths_asked(request)
        if len(paths) > MAX_PATHS:
            raise TooLarge(f"{len(paths)} paths came; at most {MAX_PATHS} are answered at once.")
        wanted = list(dict.fromkeys(path.strip("/") for path in paths))
        entries = await self._hub.entries(revision, [path for path in wanted if path])
        return json_answer(await self._described(revision, entries, expand=expand))

    async def _described(self, revision: Revision, entries: Sequence[Entry], *, expand: bool) -> list[dict[str, Any]]:
        if not expand:
            return [describe_entry(one) for one in entries]
        last = await self._hub.last_commits(revision, [one.path for one in entries])
        found = await self._scans.of(entries) if self._scans else {}
        told = {path: {"securityFileStatus": file_status(scan)} for path, scan in found.items()}
        return [
            describe_entry(one) | {"lastCommit": _last_commit(last, one.path)} | told.get(one.path, {}) for one in entries
        ]

    async def _commits(self, request: Request, kind: str) -> Response:
        _, revision = await self._access.revision(request, kind)
        query = request.query_params
        formatted = "formatted" in [*query.getlist("expand[]"), *query.getlist("expand")]
        limit = number(query.get("limit"), COMMITS_PAGE, COMMITS_MOST)
        commits = await self._hub.history(revision, limit + 1, query.get("after"))
        shown = commits[:limit]
        more = len(commits) > limit
        headers = next_page(request, self._access.base_url(request), after=shown[-1].id) if more else {}
        return json_answer([_commit(one, formatted=formatted) for one in shown], headers=headers)

    async def _refs(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        refs = await self._hub.refs(place.repository)
        answer = {
            "branches": _named(refs, "refs/heads/"),
            "converts": _named(refs, "refs/convert/"),
            "tags": _named(refs, "refs/tags/"),
        }
        if flag(request.query_params.get("include_prs")):
            answer["pullRequests"] = _named(refs, "refs/pr/")
        return json_answer(answer)


async def _paths_asked(request: Request) -> tuple[list[str], bool]:
    """A form from the Python client, JSON from others. Raises InvalidInput."""
    if request.headers.get("content-type", "").startswith("application/json"):
        body = await read_json(request)
        paths = body.get("paths", [])
        paths = [paths] if isinstance(paths, str) else paths
        if not isinstance(paths, list) or not all(isinstance(one, str) for one in paths):
            raise InvalidInput("'paths' must be a list of texts.")
        return paths, body.get("expand") is True
    async with request.form(max_fields=MAX_PATHS + 10, max_part_size=MAX_JSON_BYTES) as form:
        paths = [one for one in form.getlist("paths") if isinstance(one, str)]
        return paths, flag(str(form.get("expand", "")))


def describe_entry(entry: Entry) -> dict[str, Any]:
    described: dict[str, Any] = {"type": entry.type, "oid": entry.oid, "size": entry.size, "path": entry.path}
    if entry.large:
        large = entry.large
        described["lfs"] = {"oid": large.sha256, "size": large.size, "pointerSize": large.pointer_size}
        if large.xet_hash:
            described["xetHash"] = large.xet_hash
    return described


def _last_commit(last: Mapping[str, Commit], path: str) -> dict[str, Any] | None:
    commit = last.get(path)
    return {"id": commit.id, "title": commit.title, "date": iso_z(commit.date)} if commit else None


def _commit(commit: Commit, *, formatted: bool) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": commit.id,
        "title": commit.title,
        "message": commit.message,
        "authors": [{"user": commit.author}],
        "date": iso_z(commit.date),
    }
    if formatted:
        described["formatted"] = {"title": escape(commit.title), "message": escape(commit.message)}
    return described


def _named(refs: Sequence[Ref], prefix: str) -> list[dict[str, str]]:
    chosen = [one for one in refs if one.name.startswith(prefix)]
    return [{"name": one.name.removeprefix(prefix), "ref": one.name, "targetCommit": one.commit} for one in chosen]
