"""
What an S3 server refuses, as one of our errors with what to do about it.

obstore puts the server's answer, an `<Error><Code>…` (Amazon S3 API Reference, "Error responses"), into the text of what it
raises; there is no other way to the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from obstore.exceptions import BaseError, NotFoundError

from commonweight.errors import Unavailable
from commonweight.storage.errors import DiskFull, NotStored, StorageUnavailable
from commonweight.storage.s3_place import S3Place

FULL: Final = {  # what servers say when there is no room, or a quota leaves none
    "QuotaExceeded",
    "InsufficientStorage",
    "XMinioStorageFull",
    "XMinioAdminBucketQuotaExceeded",
    "StorageFull",
}

_KEY = "Set COMMONWEIGHT_STORAGE_KEY_ID and COMMONWEIGHT_STORAGE_SECRET_KEY (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
_RIGHTS = (
    "s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload on its objects and s3:ListBucket on the bucket"
)
_REGION = "Set COMMONWEIGHT_STORAGE_REGION to the region of the bucket."

SAID: Final = {
    "InvalidAccessKeyId": ("does not know the access key", f"{_KEY} to a key of this server."),
    "SignatureDoesNotMatch": ("finds the signature wrong", f"{_KEY} again: the secret key does not fit the access key."),
    "InvalidSignature": ("finds the signature wrong", f"{_KEY} again: the secret key does not fit the access key."),
    "ExpiredToken": ("says that the session token has ended", "Set a new COMMONWEIGHT_STORAGE_SESSION_TOKEN with its key."),
    "InvalidToken": ("does not know the session token", "Set COMMONWEIGHT_STORAGE_SESSION_TOKEN with its key, or neither."),
    "AccessDenied": ("does not let this key do this", f"Give the key the rights {_RIGHTS}."),
    "AllAccessDisabled": ("lets nobody do this", f"Give the key the rights {_RIGHTS}."),
    "NoSuchBucket": ("has no such bucket", "Make it, or name another one in COMMONWEIGHT_STORAGE."),
    "InvalidBucketName": ("knows no bucket of such a name", "Name another one in COMMONWEIGHT_STORAGE."),
    "RequestTimeTooSkewed": (
        "says that our clock is wrong",
        "Set the clock of this machine or of the server (NTP): they may differ by 15 minutes at most.",
    ),
    "AuthorizationHeaderMalformed": ("expects another region", _REGION),
    "PermanentRedirect": ("has the bucket in another region", _REGION),
    "IllegalLocationConstraintException": ("has the bucket in another region", _REGION),
}


class NotInRange(Exception):
    """The range begins behind the end of the object."""


def code_of(error: Exception) -> str:
    """The server's word for what is wrong; "" where it did not answer."""
    found = re.search(r"<Code>(\w{1,80})</Code>", str(error))
    return found[1] if found else ""


def status_of(error: Exception) -> int:
    """The HTTP status of the server's answer; 0 where it did not answer."""
    found = re.search(r"non-2xx status code: (\d{3})", str(error))
    return int(found[1]) if found else 0


def problem(error: Exception, place: S3Place | None, key: str = "") -> Unavailable | NotStored:
    """Our error for one of obstore's."""
    code, status, where = code_of(error), status_of(error), _where(place)
    if code in FULL or status == 507:
        return DiskFull(f"{where} has no room ({code or status}).", hint="Tell the operator; try again when there is room.")
    if code in SAID:
        what, remedy = SAID[code]
        return StorageUnavailable(f"{where} {what} ({code}).", hint=remedy)
    if isinstance(error, FileNotFoundError | NotFoundError):
        return NotStored(f"There is no object {key!r}.")
    if status in (301, 400, 403):
        return StorageUnavailable(f"{where} refuses a request: {code or status}.", hint=f"{_KEY}; {_REGION}")
    if status:
        return StorageUnavailable(f"{where} could not do what it was asked for: {code or status}.", hint="Try again later.")
    hint = "Check that it runs, and COMMONWEIGHT_STORAGE_ENDPOINT."
    return StorageUnavailable(f"{where} does not answer.", hint=hint)


@contextmanager
def told(place: S3Place | None, key: str = "") -> Iterator[None]:
    """Raises NotStored, DiskFull, StorageUnavailable for what obstore raises; NotInRange."""
    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        if status_of(error) == 416 or "Range started at" in str(error) or "Wanted range starting at" in str(error):
            raise NotInRange from None
        raise problem(error, place, key) from None


def _where(place: S3Place | None) -> str:
    return f"The S3 server at {place.reached_at} ({place.name})" if place else "The object store"
