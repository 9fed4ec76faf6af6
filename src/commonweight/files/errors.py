"""
What goes wrong with files and uploads.

    FileMissing     404   no file by that id for this account
    FileRefused     400   what was said of the file, or what is in it, is not accepted
    FileTooLarge    413   more bytes than its purpose allows
    UploadMissing   404   no upload by that id for this account
    UploadRefused   400   parts that do not make up what was announced
    UploadClosed    409   completed, cancelled or expired
"""

from __future__ import annotations

from commonweight.errors import Conflict, InvalidInput, NotFound, TooLarge


class FileMissing(NotFound):
    code = "file_not_found"

    def __init__(self, file_id: str) -> None:
        super().__init__(f"No such file object: {file_id[:80]}", hint="GET /v1/files lists the files of this account.")


class FileRefused(InvalidInput):
    code = "invalid_file"


class FileTooLarge(TooLarge):
    code = "request_too_large"


class UploadMissing(NotFound):
    code = "upload_not_found"

    def __init__(self, upload_id: str) -> None:
        super().__init__(f"No such upload: {upload_id[:80]}")


class UploadRefused(InvalidInput):
    code = "invalid_upload"


class UploadClosed(Conflict):
    code = "upload_closed"

    def __init__(self, upload_id: str, status: str) -> None:
        # A conflict is repeated by clients: this one stays.
        super().__init__(
            f"Upload {upload_id} is {status}.", hint="Create a new upload.", headers={"x-should-retry": "false"}
        )
