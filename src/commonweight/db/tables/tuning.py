"""Tuning: jobs that make a model from a model and examples, what happened in them, and the models that came of it."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, true

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

tunings = Table(
    "tunings",
    metadata,
    Column("number", Key, primary_key=True),  # the order in lists
    Column("id", String(64), nullable=False, unique=True),  # ftjob-…
    Column("account_id", Key, ForeignKey("accounts.id"), nullable=False),  # whose keys see it
    Column("token_id", Key, nullable=False),  # the key that made it, by which its held-out examples are asked
    Column("address", String(64), nullable=False),  # from where it was made: keys may be bound to networks
    Column("model", Text, nullable=False),  # the base, as it was asked for
    Column(
        "base", Document, nullable=True
    ),  # what that meant: repository, commit, file, terms, verdict; null: not looked yet
    Column("training_file_id", String(64), nullable=True),
    Column("validation_file_id", String(64), nullable=True),
    Column("dataset", Document, nullable=True),  # a data set of the hub instead: repository, revision, commit, path, mapping
    Column("method", Document, nullable=False),  # as asked: {"type": "supervised", "supervised": {"hyperparameters": …}}
    Column("hyperparameters", Document, nullable=False),  # what was really used, once it is known
    Column("suffix", String(64), nullable=True),
    Column("seed", BigInteger, nullable=False),
    Column("integrations", Document, nullable=True),
    Column("metadata", Document, nullable=True),
    Column("options", Document, nullable=False),  # our own: use, form (lora, full), quantisations to publish, …
    Column("status", String(20), nullable=False),  # validating_files, queued, running, succeeded, failed, cancelled
    Column("stage", String(20), nullable=False, default=""),  # of `running`: preparing, training, converting, …
    Column("wanted", String(10), nullable=False, default="run"),  # run, pause, cancel
    Column("fence", String(32), nullable=False, default=""),  # the turn that may write; an older one finds out and stops
    Column("progress", Document, nullable=False),  # step, total_steps, loss, tokens_per_second, seconds_left, …
    Column("estimate", Document, nullable=True),  # what it will take, from a timed first step
    Column("report", Document, nullable=True),  # how it was judged: base and tuned, each artefact
    Column("error", Document, nullable=True),  # {code, message, param}
    Column("fine_tuned_model", Text, nullable=True),
    Column("repository_id", Key, nullable=True),  # of the hub, once something is published
    Column("trained_tokens", BigInteger, nullable=True),
    Column("result_files", Document, nullable=False),  # ids
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment, nullable=True),
    Column("finished_at", Moment, nullable=True),
    Index("ix_tunings_account_number", "account_id", "number"),
    Index("ix_tunings_status", "status"),
)

tuning_events = Table(
    "tuning_events",
    metadata,
    Column("number", Key, primary_key=True),  # the order in lists
    Column("id", String(64), nullable=False, unique=True),  # ftevent-…
    Column("tuning", Key, ForeignKey("tunings.number", ondelete="CASCADE"), nullable=False),
    Column("level", String(8), nullable=False),  # info, warn, error
    Column("type", String(8), nullable=False),  # message, metrics
    Column("message", Text, nullable=False),
    Column("data", Document, nullable=True),  # of metrics: step, total_steps, train_loss, …
    Column("created_at", Moment, nullable=False),
    Index("ix_tuning_events_tuning_number", "tuning", "number"),
)

tuning_checkpoints = Table(
    "tuning_checkpoints",
    metadata,
    Column("number", Key, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),  # ftckpt_…
    Column("tuning", Key, ForeignKey("tunings.number", ondelete="CASCADE"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("metrics", Document, nullable=False),
    Column("name", Text, nullable=False),  # ft:…:ckpt-step-N
    Column("created_at", Moment, nullable=False),
    Index("ux_tuning_checkpoints_tuning_step", "tuning", "step", unique=True),
)

#: What `ft:…` stands for: an adapter, or a file, of a repository at a commit.
tuned_models = Table(
    "tuned_models",
    metadata,
    Column("name", String(400), primary_key=True),
    Column("account_id", Key, ForeignKey("accounts.id"), nullable=False),  # whose it is; they may delete it
    Column("tuning", Key, ForeignKey("tunings.number", ondelete="SET NULL"), nullable=True),
    Column("repository_id", Key, nullable=False),
    Column("commit", String(40), nullable=False),
    Column("path", Text, nullable=False),  # of the adapter or of the whole model, as GGUF
    Column("is_adapter", Boolean, nullable=False),
    Column("base", Document, nullable=True),  # of an adapter: {repository, commit, path} of the GGUF that it goes on
    Column("created_at", Moment, nullable=False),
    Index("ix_tuned_models_account", "account_id"),
)

#: A model in another format: safetensors to GGUF, and a ladder of quantisations.
conversions = Table(
    "conversions",
    metadata,
    Column("number", Key, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),  # conv-…
    Column("account_id", Key, ForeignKey("accounts.id"), nullable=False),
    Column("token_id", Key, nullable=False),
    Column("address", String(64), nullable=False, server_default=""),  # from where it was asked for
    Column("source", Document, nullable=False),  # repository_id, repository, commit, path (of a GGUF file), warning
    Column("target", String(200), nullable=False),  # namespace/name of what is made
    Column("formats", Document, nullable=False),  # F16, Q8_0, Q4_K, …
    Column("is_scored", Boolean, nullable=False, server_default=true()),  # whether what is made is asked questions
    Column("status", String(20), nullable=False),  # queued, running, succeeded, failed, cancelled
    Column("progress", Document, nullable=False),
    Column("report", Document, nullable=True),  # sizes, parity, scores
    Column("error", Document, nullable=True),
    Column("repository_id", Key, nullable=True),
    Column("commit", String(40), nullable=True),
    Column("fence", String(32), nullable=False, default=""),
    Column("wanted", String(10), nullable=False, default="run"),  # run, cancel
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=True),
    Index("ix_conversions_account_number", "account_id", "number"),
    Index("ix_conversions_status", "status"),
)
