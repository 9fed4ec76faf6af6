"""Folders and files of a repository."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.hub import Commit, Entry, Ref, Unreadable
from commonweight.policy import DownloadRefused
from commonweight.vetting.scans import Scan
from commonweight.web.contexts import BlobPage, FileRow, FilesPage, WeightsView
from commonweight.web.links import in_repository
from commonweight.web.pages.heads import Heads, Seen
from commonweight.web.presenting.measures import day_text, exact_text, size_text
from commonweight.web.presenting.scans import scan_view, verdict_of
from commonweight.web.presenting.weights import gguf_view, safetensors_view
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits

MAX_PREVIEW_BYTES = 512 * 1024  # a browser still scrolls that smoothly as numbered lines
MAX_ROWS = 1000  # of one folder; the API pages through more
MAX_PICTURE_BYTES = 20 << 20
MAX_QUERY = 200  # characters
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")  # what is served to be shown; SVG may hold scripts
MAX_REFS = 100  # in the list of branches and tags


class FilePages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._heads = heads

    async def tree(self, request: Request) -> Response:
        return await self._tree(await self._visits.visit(request), "model")

    async def dataset_tree(self, request: Request) -> Response:
        return await self._tree(await self._visits.visit(request), "dataset")

    async def blob(self, request: Request) -> Response:
        return await self._blob(await self._visits.visit(request), "model", _query(request))

    async def dataset_blob(self, request: Request) -> Response:
        return await self._blob(await self._visits.visit(request), "dataset", _query(request))

    async def _tree(self, visit: Visit, kind: str) -> Response:
        seen = await self._heads.find(visit, kind, visit.params["revision"])
        path = visit.params.get("path", "").strip("/")
        entries = (await self._services.hub.tree(seen.revision, path, limit=MAX_ROWS + 1))[: MAX_ROWS + 1]
        ordered = sorted(entries[:MAX_ROWS], key=lambda entry: (entry.is_file, entry.path.lower()))
        last = await self._services.hub.last_commits(seen.revision, [entry.path for entry in ordered])
        found = await self._services.unsafe_guard.scans.of(ordered)
        size = size_text(sum(entry.size for entry in ordered))
        page = FilesPage(
            frame=visit.frame,
            head=await self._heads.head(seen, _("Files"), with_scan=True),
            crumbs=crumbs(seen, path),
            rows=tuple(_row(seen, entry, last.get(entry.path), found.get(entry.path)) for entry in ordered),
            refs=_refs(seen, path, await self._services.hub.refs(seen.repository)),
            total=size if len(entries) <= MAX_ROWS else f"{size} +",
            clone=_clone(seen, visit.frame.base_url),
        )
        return self._renderer.answer(page)

    async def _blob(self, visit: Visit, kind: str, query: str) -> Response:
        seen = await self._heads.find(visit, kind, visit.params["revision"])
        await self._services.hub.check_files(visit.caller, seen.repository)
        entry = await self._services.hub.entry(seen.revision, visit.params["path"].strip("/"))
        if not entry.is_file:
            return RedirectResponse(in_repository(seen.repository, "tree", seen.asked, entry.path), status_code=307)
        folder, _slash, name = entry.path.rpartition("/")
        address = in_repository(seen.repository, "resolve", seen.asked, entry.path)
        picture = address if _is_picture(entry) else ""
        weights = await self._weights(seen, entry, query)
        lines, why_not = ((), "") if picture or weights else await self._preview(seen, entry)
        scan = (await self._services.unsafe_guard.scans.of([entry])).get(entry.path)
        page = BlobPage(
            frame=visit.frame,
            head=await self._heads.head(seen, _("Files")),
            crumbs=crumbs(seen, folder),
            name=name,
            size=size_text(entry.size),
            exact=exact_text(entry.size),
            digests=_digests(entry),
            download=address,
            lines=lines,
            why_not=why_not,
            scan=scan_view(entry.path, scan) if scan else None,
            weights=weights,
            picture=picture,
        )
        return self._renderer.answer(page)

    async def _weights(self, seen: Seen, entry: Entry, query: str) -> WeightsView | None:
        """The header of a file of weights; None where it is none, cannot be read, or does not go out to the reader."""
        hub, name = self._services.hub, entry.path.lower()
        if not name.endswith((".safetensors", ".gguf")):
            return None
        try:
            await self._services.policy.check_download(seen.caller, seen.revision, entry.path)
            if name.endswith(".safetensors"):
                return safetensors_view((await hub.safetensors_headers(seen.revision, [entry.path]))[entry.path], query)
            return gguf_view(await hub.gguf_head(seen.revision, entry), query)
        except (Unreadable, DownloadRefused):
            return None

    async def _preview(self, seen: Seen, entry: Entry) -> tuple[tuple[str, ...], str]:
        if entry.large is not None or entry.size > MAX_PREVIEW_BYTES:
            return (), _("Too large to be shown here; download it.")
        try:
            content = await self._services.hub.read_small(seen.revision, entry.path, MAX_PREVIEW_BYTES)
            text = content.decode()
        except UnicodeDecodeError:
            return (), _("This is no text; download it.")
        if "\0" in text:
            return (), _("This is no text; download it.")
        return tuple(text.splitlines()), "" if text else _("This file is empty.")


def crumbs(seen: Seen, path: str) -> tuple[tuple[str, str], ...]:
    """The repository, then each folder down to `path`."""
    found = [(seen.repository.name, in_repository(seen.repository, "tree", seen.asked))]
    parts = [part for part in path.split("/") if part]
    for at, part in enumerate(parts):
        found.append((part, in_repository(seen.repository, "tree", seen.asked, "/".join(parts[: at + 1]))))
    return tuple(found)


def _query(request: Request) -> str:
    return request.query_params.get("q", "")[:MAX_QUERY]


def _is_picture(entry: Entry) -> bool:
    return entry.path.lower().endswith(PICTURES) and 0 < entry.size <= MAX_PICTURE_BYTES


def _row(seen: Seen, entry: Entry, last: Commit | None, scan: Scan | None) -> FileRow:
    page = "blob" if entry.is_file else "tree"
    return FileRow(
        name=entry.path.rpartition("/")[2],
        href=in_repository(seen.repository, page, seen.asked, entry.path),
        is_folder=not entry.is_file,
        size=size_text(entry.size) if entry.is_file else "",
        exact=exact_text(entry.size) if entry.is_file else "",
        is_large=bool(entry.large and entry.large.is_stored),
        download=in_repository(seen.repository, "resolve", seen.asked, entry.path) if entry.is_file else "",
        message=last.title if last else "",
        when=day_text(last.date) if last else "",
        scan=verdict_of(scan),
    )


def _refs(seen: Seen, path: str, refs: list[Ref]) -> tuple[tuple[str, str], ...]:
    named = [ref for ref in refs if ref.name.startswith(("refs/heads/", "refs/tags/"))][:MAX_REFS]
    return tuple((ref.short, in_repository(seen.repository, "tree", ref.short, path)) for ref in named)


def _clone(seen: Seen, base_url: str) -> str:
    kind = "" if seen.repository.kind == "model" else f" --repo-type {seen.repository.kind}"
    revision = "" if seen.asked == "main" else f" --revision {seen.asked}"
    return f"HF_ENDPOINT={base_url} hf download {seen.repository.full_name}{kind}{revision}"


def _digests(entry: Entry) -> tuple[tuple[str, str], ...]:
    if entry.large is None:
        return (("git", entry.oid),)
    xet = (("xet", entry.large.xet_hash),) if entry.large.xet_hash else ()
    return (("sha256", entry.large.sha256), *xet)
