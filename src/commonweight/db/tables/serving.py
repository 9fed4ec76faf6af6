"""Replicas of models: how web processes and the workers that own engines find each other."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint, text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Moment

#: One row per engine that is wanted, loading or running. A row lives as long as its lease is renewed.
replicas = Table(
    "replicas",
    metadata,
    Column("id", String(32), primary_key=True),  # of this run of the model; a new run is a new row
    Column("model_key", String(64), nullable=False),
    Column("number", Integer, nullable=False, default=0),  # 0, 1, … among the replicas of a model: nobody wants one twice
    Column("model", Document, nullable=False),  # what the worker needs to materialise the file
    Column("state", String(16), nullable=False),  # wanted | loading | ready | failed | stopping
    Column("worker", String(96), nullable=False, default=""),
    Column("declined", Document, nullable=False),  # workers whose whole budget is too small for it
    Column("lease_until", Moment, nullable=False),
    Column("engine", String(64), nullable=False, default=""),  # name and version, e.g. llama.cpp/2026.10
    Column("stream_only", Boolean, nullable=False, default=False),  # only a streamed request stops when its client leaves
    Column("traits", Document, nullable=False, server_default=text("'{}'")),  # how requests to it are put, what it offers
    Column("slots", Integer, nullable=False, default=1),  # requests computed side by side; more would wait in the engine
    Column("base_url", String(200), nullable=False, default=""),
    Column("api_key", String(64), nullable=False, default=""),  # good for this engine alone, while it runs
    Column("memory_bytes", BigInteger, nullable=False, default=0),
    Column("requested_at", Moment, nullable=False),
    Column("last_used_at", Moment, nullable=False),
    Column("uses", BigInteger, nullable=False, default=0),  # requests begun
    Column("progress", Text, nullable=False, default=""),
    Column("error", Text, nullable=False, default=""),
    UniqueConstraint("model_key", "number"),
    Index("ix_replicas_state", "state"),
    Index("ix_replicas_worker", "worker"),
)

#: What each process has under way and waiting for a model, said once a second while there is something.
serving_demands = Table(
    "serving_demands",
    metadata,
    Column("process", String(32), primary_key=True),
    Column("model_key", String(64), primary_key=True),
    Column("interactive", Integer, nullable=False),  # requests, under way and waiting
    Column("batch", Integer, nullable=False),
    Column("queued", Integer, nullable=False),  # of both, those that wait for a slot
    Column("weight", Float, nullable=False),  # of the accounts with interactive requests
    Column("by_replica", Document, nullable=False),  # replica -> {under_way, tokens_per_second}
    Column("said_at", Moment, nullable=False),
    Index("ix_serving_demands_model_key", "model_key"),
)

#: The workers that own engines, one per host.
serving_workers = Table(
    "serving_workers",
    metadata,
    Column("worker", String(96), primary_key=True),
    Column("budget_bytes", BigInteger, nullable=False),
    Column("cores", Integer, nullable=False),
    Column("lease_until", Moment, nullable=False),
)

#: Models at other addresses. Nobody may use one whose list of organisations is empty.
remotes = Table(
    "remotes",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("base_url", Text, nullable=False),
    Column("model", Text, nullable=False),  # what it is called there
    Column("mode", String(16), nullable=False),
    Column("sealed_key", Text, nullable=False, default=""),  # under a key derived from the installation's secret
    Column("price_note", Text, nullable=False, default=""),
    Column("organisations", Document, nullable=False),  # names of accounts whose requests may leave the house
    Column("created_at", Moment, nullable=False),
)

#: What checks of loaded models came to, one row for each model and build of an engine.
engine_checks = Table(
    "engine_checks",
    metadata,
    Column("model_key", String(64), primary_key=True),
    Column("engine", String(64), primary_key=True),  # name and version
    Column("repository", String(200), nullable=False),
    Column("commit", String(64), nullable=False),
    Column("path", Text, nullable=False, default=""),
    Column("capabilities", Document, nullable=False),
    Column("results", Document, nullable=False),  # by check: ok (true, false, null: not known) and the reason
    Column("checked_at", Moment, nullable=False),
    Index("ix_engine_checks_model", "repository", "commit"),
)

#: What engines really held and took to load, by model and by the settings they ran with: the estimate of the next time.
serving_footprints = Table(
    "serving_footprints",
    metadata,
    Column("model_key", String(64), primary_key=True),
    Column("settings", String(16), primary_key=True),  # hash of the command line without its files
    Column("file_bytes", BigInteger, nullable=False),
    Column("memory_bytes", BigInteger, nullable=False),  # the most that was resident
    Column("load_seconds", Float, nullable=False),
    Column("measured_at", Moment, nullable=False),
)

#: What administrators have asked the pool to do with a model. Without a row: loaded on demand, one replica.
serving_orders = Table(
    "serving_orders",
    metadata,
    Column("model_key", String(64), primary_key=True),
    Column("name", String(512), nullable=False),  # namespace/name@commit
    Column("model", Document, nullable=False),
    Column("least", Integer, nullable=False),  # replicas that are always there
    Column("most", Integer, nullable=False),  # replicas under load
    Column("pinned", Boolean, nullable=False),
    Column("idle_seconds", Integer, nullable=True),  # until it is unloaded; 0: never; null: as the installation says
    Column("warm", Document, nullable=False),  # [{at, minutes}]
    Column("time_zone", String(64), nullable=False),
    Column("set_by", String(200), nullable=False),
    Column("set_at", Moment, nullable=False),
)
