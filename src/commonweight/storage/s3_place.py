"""Where on an S3 server the objects of an installation lie, and with which key they are reached."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from commonweight.errors import InvalidInput

DEFAULT_REGION = "us-east-1"  # what servers other than Amazon's mostly call themselves

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")  # Amazon S3 User Guide, "General purpose bucket naming rules"
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*")


@dataclass(frozen=True, slots=True)
class S3Place:
    """
    `endpoint` is the address of the server, "" for Amazon's own of the region; `client_endpoint` the one under which clients
    reach it, "" for the same. Without `key_id` the machine's role is asked (which cannot sign addresses for clients).
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    client_endpoint: str = ""
    region: str = DEFAULT_REGION
    key_id: str = ""
    secret_key: str = ""
    session_token: str = ""

    @classmethod
    def parse(cls, text: str, **how: str) -> S3Place:
        """
        "s3://models/team" -> bucket "models", prefix "team"

        `how` are the other fields, "" for what was not said. Raises InvalidInput.
        """
        bucket, _, prefix = text.removeprefix("s3://").partition("/")
        prefix = prefix.rstrip("/")
        if not text.startswith("s3://") or not _BUCKET.fullmatch(bucket):
            raise InvalidInput(f"COMMONWEIGHT_STORAGE is {text!r}; expected s3://bucket or s3://bucket/prefix.")
        if prefix and not _PREFIX.fullmatch(prefix):
            raise InvalidInput(
                f"COMMONWEIGHT_STORAGE has the prefix {prefix!r}; expected letters, digits and . _ - between slashes."
            )
        place = cls(bucket, prefix, **{name: value for name, value in how.items() if value})
        return place._checked()

    def _checked(self) -> S3Place:
        for name, address in (("ENDPOINT", self.endpoint), ("CLIENT_ENDPOINT", self.client_endpoint)):
            parts = urlsplit(address)
            if address and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query):
                raise InvalidInput(f"COMMONWEIGHT_STORAGE_{name} is {address!r}; expected an address as https://host:port.")
        if bool(self.key_id) != bool(self.secret_key):
            missing, given = ("SECRET_KEY", "KEY_ID") if self.key_id else ("KEY_ID", "SECRET_KEY")
            raise InvalidInput(f"COMMONWEIGHT_STORAGE_{given} is set and COMMONWEIGHT_STORAGE_{missing} is not; set both.")
        return self

    @property
    def name(self) -> str:
        """What stays the same when the server moves: bucket and prefix."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def reached_at(self) -> str:
        """The server's address for us."""
        return (self.endpoint or f"https://s3.{self.region}.amazonaws.com").rstrip("/")

    @property
    def reached_by_clients_at(self) -> str:
        return (self.client_endpoint or self.reached_at).rstrip("/")

    def path(self, key: str) -> str:
        """The path of an object's address: the bucket stands in it, not in the name of the host."""
        return "/" + "/".join(filter(None, (self.bucket, self.prefix, key)))
