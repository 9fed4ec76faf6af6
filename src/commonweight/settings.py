"""
Every setting: typed, documented, read once.

A setting `web_processes` is read from the environment variable `COMMONWEIGHT_WEB_PROCESSES`; `docs/settings.md` lists
them and a test holds the two together.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from commonweight.errors import InvalidInput

PREFIX = "COMMONWEIGHT_"
GIB = 1 << 30
NOT_NEGATIVE = (
    "storage_bytes",
    "scrub_bytes_per_second",
    "tuning_gpus",
    "requests_per_minute",
    "tokens_per_minute",
    "concurrent_requests",
)
DEFAULT_PORT = 8484


def _setting(default: Any, help: str, *instead: str) -> Any:
    """`instead` names variables of other programs that are read where ours is not set."""
    return field(default=default, metadata={"help": help, "instead": instead})


@dataclass(frozen=True)
class Settings:
    home: Path = _setting(Path("~/.commonweight"), "Folder that holds the database, the stored bytes, keys and logs.")
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(DEFAULT_PORT, "Port to listen on; 0 lets the system choose.")
    public_url: str = _setting(
        "", "Address under which clients reach this server; empty: taken from each request's Host header."
    )
    database_url: str = _setting(
        "", "SQLAlchemy address of a PostgreSQL database (`postgresql://…`); empty: SQLite in the home folder."
    )
    secret_key: str = _setting(
        "", "Key from which signing keys are derived, where several hosts share one; empty: a file in the home folder."
    )
    trusted_proxies: str = _setting(
        "", "Networks of proxies in front, separated by commas, whose X-Forwarded-For names the client; empty: none."
    )
    payment_secrets: str = _setting(
        "",
        "Secrets of payment providers that send signed messages: `name=whsec_…`, with semicolons (docs/plans.md).",
    )
    web_processes: int = _setting(1, "Number of web processes.")
    storage: str = _setting(
        "", "Where stored bytes lie: `s3://bucket/prefix` on an S3 server; empty: in the home folder (docs/storage.md)."
    )
    storage_endpoint: str = _setting(
        "",
        "Address of the S3 server; empty: `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, else Amazon's own of the region.",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL",
    )
    storage_region: str = _setting(
        "",
        "Region of the bucket; empty: `AWS_REGION` or `AWS_DEFAULT_REGION`, else us-east-1.",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    )
    storage_key_id: str = _setting(
        "",
        "Access key for the S3 server; empty: `AWS_ACCESS_KEY_ID`, else the role of this machine.",
        "AWS_ACCESS_KEY_ID",
    )
    storage_secret_key: str = _setting(
        "", "Secret key that belongs to the access key; empty: `AWS_SECRET_ACCESS_KEY`.", "AWS_SECRET_ACCESS_KEY"
    )
    storage_session_token: str = _setting(
        "", "Session token of a key that ends; empty: `AWS_SESSION_TOKEN`.", "AWS_SESSION_TOKEN"
    )
    storage_direct: bool = _setting(
        True, "Xet clients fetch bytes from the S3 server itself, by signed addresses; 0: through this server."
    )
    storage_client_endpoint: str = _setting(
        "", "Address under which clients reach the S3 server, where it is another than ours; empty: the same."
    )
    storage_bytes: int = _setting(
        0, "Most bytes that are stored; more are refused as on a full disk. 0: as many as there is room for."
    )
    scrub_bytes_per_second: int = _setting(
        32 << 20, "How quickly stored bytes are read again, week after week, to find what the disk has damaged. 0: never."
    )
    unsafe_files: str = _setting(
        "warn",
        "What becomes of files that were found unsafe: `warn` says it, `refuse` keeps their bytes back (docs/scans.md).",
    )
    cache_bytes: int = _setting(20 * GIB, "Most bytes of whole files kept for engines, beside the stored ones.")
    engine_bytes: int = _setting(8 * GIB, "Most bytes of models that engines on this host hold at once.")
    engine_threads: int = _setting(0, "Threads of one engine; 0: one fewer than the cores of this host, at least one.")
    engine_host: str = _setting("127.0.0.1", "Address that engines listen on; web processes on other hosts need another.")
    engine_address: str = _setting(
        "", "Name or address of this host under which web processes reach its engines; empty: COMMONWEIGHT_ENGINE_HOST."
    )
    ray_address: str = _setting(
        "", "`host:port` of a Ray cluster on whose nodes engines and tunings run (commonweight[ray]); empty: on this host."
    )
    idle_seconds: int = _setting(1800, "An engine that nobody has used for so long is unloaded; 0: never.")
    queue_length: int = _setting(256, "Most requests that wait for one model in one process; others are sent away.")
    context_tokens: int = _setting(
        4096, "Most tokens of prompt and answer that an engine is started with, where the model allows as many."
    )
    engines: str = _setting(
        "", "Which engine runs which repositories where several can, as `acme/*=vllm, *=transformers`; the first that fits."
    )
    vllm: str = _setting(
        "",
        "How vLLM is started: pairs of `tensor_parallel`, `dtype`, `quantization`, `gpu_memory`, `tool_parser`, `program`.",
    )
    join: str = _setting(
        "",
        "vLLM servers that run already, by what they hold: `acme/big=http://gpu1:8000`; their key is COMMONWEIGHT_JOIN_KEY.",
    )
    drafts: str = _setting(
        "", "Smaller models that guess ahead for larger ones with the same tokenizer, as `acme/big*=acme/small`; GGUF only."
    )
    requests_per_minute: int = _setting(
        0, "Requests per minute of each account or organisation to models that no plan is about; 0: any number."
    )
    tokens_per_minute: int = _setting(
        0, "Tokens per minute of each account or organisation to models that no plan is about; 0: any number."
    )
    concurrent_requests: int = _setting(
        0, "Requests at once of each account or organisation to models that no plan is about; 0: any number."
    )
    metrics_token: str = _setting(
        "", "Bearer token by which `/metrics` may be read from other machines; empty: from this one and by administrators."
    )
    traces: str = _setting(
        "", "OpenTelemetry collector (OTLP over HTTP, as `http://host:4318`) that gets a span per answer; empty: none."
    )
    embedding_numbers: bool = _setting(
        False,
        "Answer embeddings as numbers also where base64 was asked for, as clients need that check types strictly; "
        "always so in development mode.",
    )
    cors_origins: str = _setting(
        "", "Sites whose pages may call /v1 from a browser, separated by commas; * for every site; empty: none."
    )
    private_remotes: bool = _setting(False, "Let remote models be at addresses of this host or network, and without https.")
    private_webhooks: bool = _setting(False, "Let webhooks be at addresses of this host or network, and without https.")
    tunings_at_once: int = _setting(
        1, "Tunings that the worker of a host runs at once; others wait for their turn. 0: it runs none."
    )
    tuning_cpus: int = _setting(1, "Processors that a worker of a tuning asks of a node of COMMONWEIGHT_RAY_ADDRESS.")
    tuning_workers: int = _setting(
        1, "Workers that train one tuning together on the nodes of COMMONWEIGHT_RAY_ADDRESS; each asks as much."
    )
    tuning_gpus: int = _setting(0, "GPUs that a worker of a tuning asks of a node of COMMONWEIGHT_RAY_ADDRESS.")
    tuned_must_be: str = _setting(
        "anything", "What a tuned model has to be before it is accepted: `anything`, `not_worse` than its base, or `better`."
    )
    people_make_organisations: bool = _setting(
        True, "Let everybody with an account make organisations; else administrators of this installation alone."
    )
    admin: str = _setting("operator", "Name of the first account, made at the first start.")
    development: bool = _setting(
        False, "Accept given token values and any names in seeds, which can be renewed; refuses to listen beyond loopback."
    )
    log_level: str = _setting("info", "Least level of log lines: debug, info, warning or error.")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], **overrides: Any) -> Settings:
        """Settings from `COMMONWEIGHT_*`, then `overrides` that are not None. Raises InvalidInput."""
        values: dict[str, Any] = {}
        for f in dataclasses.fields(cls):
            names = (PREFIX + f.name.upper(), *f.metadata["instead"])
            given = next(filter(None, map(environ.get, names)), None)
            if given is not None:
                values[f.name] = _cast(f.name, type(f.default), given)
        values.update({name: value for name, value in overrides.items() if value is not None})
        settings = cls(**values)
        return dataclasses.replace(settings, home=settings.home.expanduser().resolve()).checked()

    def checked(self) -> Settings:
        """This, after checks that concern several settings. Raises InvalidInput."""
        if self.development and not _is_loopback(self.host):
            raise InvalidInput(
                f"Development mode listens on loopback only; COMMONWEIGHT_HOST is {self.host!r}.",
                hint="Unset COMMONWEIGHT_DEVELOPMENT, or listen on 127.0.0.1.",
            )
        if not 0 <= self.port <= 65535:
            raise InvalidInput(f"COMMONWEIGHT_PORT is {self.port}; a port lies between 0 and 65535.")
        for name in ("tuning_cpus", "tuning_workers"):
            if getattr(self, name) < 1:
                raise InvalidInput(f"{PREFIX}{name.upper()} is {getattr(self, name)}; at least 1 is needed.")
        if self.tunings_at_once < 0:
            raise InvalidInput(f"{PREFIX}TUNINGS_AT_ONCE is {self.tunings_at_once}; expected 0 or more.")
        if self.tuned_must_be not in ("anything", "not_worse", "better"):
            raise InvalidInput(
                f"{PREFIX}TUNED_MUST_BE is {self.tuned_must_be!r}; expected anything, not_worse or better.",
            )
        if self.unsafe_files not in ("warn", "refuse"):
            raise InvalidInput(f"{PREFIX}UNSAFE_FILES is {self.unsafe_files!r}; expected warn or refuse.")
        for name in NOT_NEGATIVE:
            if getattr(self, name) < 0:
                raise InvalidInput(f"{PREFIX}{name.upper()} is {getattr(self, name)}; expected 0 or more.")
        if self.engine_host in ("0.0.0.0", "::") and not self.engine_address:  # noqa: S104 - compared, not listened on
            raise InvalidInput(
                f"COMMONWEIGHT_ENGINE_HOST is {self.engine_host}, which no other host can reach by that name.",
                hint="Set COMMONWEIGHT_ENGINE_ADDRESS to this host's name or address.",
            )
        if min(self.idle_seconds, self.queue_length - 1) < 0:
            raise InvalidInput("COMMONWEIGHT_IDLE_SECONDS is at least 0, COMMONWEIGHT_QUEUE_LENGTH at least 1.")
        if self.web_processes < 1:
            raise InvalidInput(f"COMMONWEIGHT_WEB_PROCESSES is {self.web_processes}; at least 1 is needed.")
        return self

    @property
    def async_database_url(self) -> str:
        """The database address with the driver that this program uses."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{self.home / 'commonweight.sqlite3'}"
        return self.database_url.replace("postgresql://", "postgresql+asyncpg://", 1)


def _cast(name: str, kind: type, given: str) -> Any:
    if kind is bool:
        return _cast_bool(name, given)
    try:
        return Path(given) if issubclass(kind, Path) else int(given) if kind is int else given
    except ValueError:
        raise InvalidInput(f"{PREFIX}{name.upper()} is {given!r}; expected a value of type {kind.__name__}.") from None


def _cast_bool(name: str, given: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if given.lower() not in words:
        raise InvalidInput(f"{PREFIX}{name.upper()} is {given!r}; expected 1 or 0.")
    return words[given.lower()]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
