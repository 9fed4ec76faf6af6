"""
Our own styles and scripts, with a hash of the content in the address so that browsers may keep them for good.

    /static/base.css?v=1f0c...    -> cached for a year
    /static/base.css              -> revalidated each time
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from commonweight.errors import NotFound

HASH_CHARACTERS = 12  # 48 bits tell two versions of one file apart
LONG_CACHE = "public, max-age=31536000, immutable"
SHORT_CACHE = "no-cache"


@dataclass(frozen=True)
class Asset:
    content: bytes
    media_type: str
    version: str


class StaticFiles:
    """The files of a folder in the package, read once: there are few and they are small."""

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        self._assets = dict(assets)

    @classmethod
    def packaged(cls) -> StaticFiles:
        folder = files("commonweight.web") / "static"
        return cls({entry.name: _asset(entry.name, entry.read_bytes()) for entry in folder.iterdir() if entry.is_file()})

    def address(self, name: str) -> str:
        """`base.css` -> `/static/base.css?v=…`. Raises KeyError for a file that is not there: a fault of a template."""
        return f"/static/{name}?v={self._assets[name].version}"

    async def answer(self, request: Request) -> Response:
        name = request.path_params["path"]
        asset = self._assets.get(name)
        if asset is None:
            raise NotFound(f"There is no file {name!r} among the styles and scripts.")
        is_current = request.query_params.get("v") == asset.version
        headers = {
            "cache-control": LONG_CACHE if is_current else SHORT_CACHE,
            "etag": f'"{asset.version}"',
            "x-content-type-options": "nosniff",
        }
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)


def _asset(name: str, content: bytes) -> Asset:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(content, media_type, hashlib.sha256(content).hexdigest()[:HASH_CHARACTERS])
