"""What a form or a document says of a file, and the documents of files and uploads (contract, section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonweight.files import LEAST_SECONDS, MOST_SECONDS, File, NewFile, Part, Purpose, Upload
from commonweight.wire.openai import fields
from commonweight.wire.openai.errors import BadRequest


def new_file_of_form(form: Mapping[str, str], filename: str) -> NewFile:
    """From the fields of a form: `purpose`, `expires_after[anchor]`, `expires_after[seconds]`. Raises BadRequest."""
    anchor, seconds = form.get("expires_after[anchor]"), form.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return NewFile(filename, purpose_of(form.get("purpose")))
    if seconds is None or not seconds.isdecimal():
        raise BadRequest(f"Invalid 'expires_after[seconds]': {seconds!r}; expected an integer.", param="expires_after")
    return NewFile(filename, purpose_of(form.get("purpose")), _lifetime({"anchor": anchor, "seconds": int(seconds)}))


def new_file_of_document(body: Mapping[str, Any], name: str = "filename") -> NewFile:
    """From the JSON that announces an upload. Raises BadRequest."""
    filename = fields.required(body, name)
    fields.text(name, filename)
    return NewFile(filename, purpose_of(fields.required(body, "purpose")), lifetime_of(body, "expires_after"))


def lifetime_of(body: Mapping[str, Any], name: str) -> int | None:
    """The seconds of an `{"anchor": "created_at", "seconds": n}`; None where nothing is said. Raises BadRequest."""
    value = body.get(name)
    if value is None:
        return None
    fields.thing(name, value)
    fields.integer(0)(f"{name}.seconds", fields.required_in(name, value, "seconds"))
    return _lifetime(value, name)


def check_seconds(name: str, seconds: int | None) -> None:
    """Raises BadRequest for a lifetime that files cannot have."""
    if seconds is not None:
        fields.integer(LEAST_SECONDS, MOST_SECONDS)(name, seconds)


def _lifetime(value: Mapping[str, Any], name: str = "expires_after") -> int:
    anchor = value.get("anchor")
    if anchor != "created_at":
        raise BadRequest(f"Invalid '{name}.anchor': {anchor!r}; expected 'created_at'.", param=f"{name}.anchor")
    return int(value["seconds"])


def purpose_of(value: Any) -> Purpose:
    """Raises BadRequest."""
    if value is None:
        raise BadRequest("Missing required parameter: 'purpose'.", param="purpose", kind="missing_required_parameter")
    try:
        return Purpose(value)
    except ValueError:
        known = ", ".join(repr(one.value) for one in Purpose)
        raise BadRequest(f"Invalid 'purpose': {str(value)[:40]!r}; expected one of {known}.", param="purpose") from None


def file_document(file: File) -> dict[str, Any]:
    """Its status is `processed` from the start: what can be checked was checked when it came."""
    document = {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": int(file.created_at.timestamp()),
        "filename": file.filename,
        "purpose": file.purpose.value,
        "status": "processed",
        "status_details": None,
    }
    return {**document, "expires_at": None if file.expires_at is None else int(file.expires_at.timestamp())}


def upload_document(upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.id,
        "object": "upload",
        "bytes": upload.bytes,
        "created_at": int(upload.created_at.timestamp()),
        "expires_at": int(upload.expires_at.timestamp()),
        "filename": upload.filename,
        "purpose": upload.purpose.value,
        "status": upload.status.value,
        "file": None if upload.file is None else file_document(upload.file),
    }


def part_document(part: Part) -> dict[str, Any]:
    return {
        "id": part.id,
        "object": "upload.part",
        "created_at": int(part.created_at.timestamp()),
        "upload_id": part.upload_id,
    }
