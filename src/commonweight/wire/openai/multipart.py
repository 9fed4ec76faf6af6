"""Forms with a file, refused as clients of this contract expect it."""

from __future__ import annotations

from commonweight.asgi import FileForm
from commonweight.wire.openai.errors import BadRequest


class Form(FileForm):
    """Raises BadRequest for what is no such form."""

    def refuse(self, message: str, param: str | None = None) -> BadRequest:
        return BadRequest(message, param=param)
