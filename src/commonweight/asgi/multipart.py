"""multipart/form-data, taken apart while it arrives: the file's bytes pass through, only small fields are held."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from commonweight.errors import CommonweightError, InvalidInput

MAX_FIELDS = 64  # the largest form of the contract has a dozen
MAX_FIELD_BYTES = 64 << 10


@dataclass
class _Part:
    """The part that is arriving."""

    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    filename: str | None = None
    held: bytearray = field(default_factory=bytearray)


class FileForm:
    """
    The form of a request, with one file in it. `async for piece in form.file_bytes()` reads all of the body; afterwards
    `fields` holds the fields (`every` also those that come several times), `filename` the file's name; None without a file.
    """

    def __init__(self, request: Request, file_field: str, most_field_bytes: int = MAX_FIELD_BYTES) -> None:
        self._request = request
        self._file_field = file_field
        self._most_field_bytes = most_field_bytes
        self._part = _Part()
        self._header = (bytearray(), bytearray())  # name and value as they arrive
        self._pieces: list[bytes] = []
        self._ended = False
        self.fields: dict[str, str] = {}
        self.every: list[tuple[str, str]] = []  # also of names that come several times
        self.filename: str | None = None

    def refuse(self, message: str, param: str | None = None) -> CommonweightError:
        """The error for what is no such form; wires have their own. `param` names the field."""
        return InvalidInput(message)

    async def file_bytes(self) -> AsyncIterator[bytes]:
        """The file as it arrives. Raises InvalidInput for what is no such form."""
        parser = MultipartParser(self._boundary(), self._callbacks(), max_size=float("inf"))
        async for chunk in self._request.stream():
            try:
                parser.write(chunk)
            except MultipartParseError as error:
                raise self.refuse(f"The multipart body cannot be read: {error}.") from None
            pieces, self._pieces = self._pieces, []
            for piece in pieces:
                yield piece
        if not self._ended:
            raise self.refuse("The multipart body ends before its last boundary.")

    def _boundary(self) -> bytes:
        kind, options = parse_options_header(self._request.headers.get("content-type"))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise self.refuse("Expected a body of multipart/form-data with a boundary.")
        return options[b"boundary"]

    def _callbacks(self) -> Any:  # the parser's type names every callback; those left out are allowed
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": lambda data, start, end: self._on_header(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._on_header(1, data[start:end]),
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def _on_part_begin(self) -> None:
        self._part = _Part()

    def _on_header(self, which: int, data: bytes) -> None:
        self._header[which].extend(data)  # the parser itself bounds how many and how long they are

    def _on_header_end(self) -> None:
        name, value = (bytes(half).decode("latin-1") for half in self._header)
        self._part.headers[name.lower()] = value
        self._header = (bytearray(), bytearray())

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._part.headers.get("content-disposition"))
        self._part.name = options.get(b"name", b"").decode(errors="replace")
        if self._part.name == self._file_field:
            if self.filename is not None:
                raise self.refuse(f"The form holds two files {self._file_field!r}.", self._file_field)
            self.filename = options.get(b"filename", b"").decode(errors="replace")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._part.name == self._file_field:
            self._pieces.append(data[start:end])
            return
        self._part.held.extend(data[start:end])
        if len(self._part.held) > self._most_field_bytes:
            raise self.refuse(f"The field {self._part.name[:80]!r} has more than {self._most_field_bytes} bytes.")

    def _on_part_end(self) -> None:
        if self._part.name != self._file_field:
            self.every.append((self._part.name, bytes(self._part.held).decode(errors="replace")))
            self.fields.update(self.every[-1:])
        if len(self.every) > MAX_FIELDS:
            raise self.refuse(f"The form has more than {MAX_FIELDS} fields.")

    def _on_end(self) -> None:
        self._ended = True
