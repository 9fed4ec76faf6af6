"""Somebody who reads pages: keeps cookies, sends forms, follows nothing by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import unquote, urlencode

from starlette.types import ASGIApp

PAGE = "text/html,application/xhtml+xml"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def words(self) -> str:
        """The text without tags, spaces made one."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.text)).strip()

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.text)
        assert found, "a page for somebody signed in carries the token of its forms"
        return found[1]


class Reader:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.cookies: dict[str, str] = {}
        self.set_cookie = ""

    async def get(self, address: str, **headers: str) -> Answer:
        return await self._call("GET", address, b"", headers)

    async def post(self, address: str, fields: dict[str, Any], **headers: str) -> Answer:
        sent = {"content_type": "application/x-www-form-urlencoded", **headers}
        return await self._call("POST", address, urlencode(fields, doseq=True).encode(), sent)

    async def post_file(self, address: str, fields: dict[str, Any], name: str, filename: str, data: bytes) -> Answer:
        """A form with a file, as browsers send it: without one chosen the file is there, empty and without a name."""
        edge = "----form0123456789"
        pairs = [(key, one) for key, value in fields.items() for one in (value if isinstance(value, list) else [value])]
        parts = [f'--{edge}\r\ncontent-disposition: form-data; name="{key}"\r\n\r\n{one}\r\n' for key, one in pairs]
        head = f'--{edge}\r\ncontent-disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
        body = "".join(parts).encode() + head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        return await self._call("POST", address, body, {"content_type": f"multipart/form-data; boundary={edge}"})

    async def sign_in(self, token: str) -> Answer:
        return await self.post("/login", {"token": token})

    async def _call(self, method: str, address: str, body: bytes, headers: dict[str, str]) -> Answer:
        path, _, query = address.partition("?")
        given = {"host": "house.test", "accept": PAGE, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "server": ("house.test", 80),
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        return self._answer(sent)

    def _answer(self, sent: list[Any]) -> Answer:
        headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        self.set_cookie = headers.get("set-cookie", "")
        for name, morsel in SimpleCookie(self.set_cookie).items():
            self.cookies[name] = morsel.value
            if morsel["max-age"] == "0":
                del self.cookies[name]
        return Answer(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))
