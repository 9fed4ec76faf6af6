"""What this installation allows: who asks, what for, what people have decided, and verdicts on facts of somebody's own."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, String, Table, Text, text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: Who asks: the installation's own organisation (`own`), and others for which something is held or decided here.
organisations = Table(
    "organisations",
    metadata,
    Column("id", Key, primary_key=True),
    Column("key", String(96), nullable=False, unique=True),  # "own", or a name of the room that added it
    Column("facts", Document, nullable=False),  # docs/rights-io.md, organisation, without its permissions
    Column("group", Text, nullable=False, default=""),  # who belongs to its group, in words: figures are asked for the group
    Column("updated_at", Moment, nullable=False),
    Column("updated_by", Key, nullable=True),
)

#: What for: acts and circumstances. One use is the default; verdicts stand for each.
uses = Table(
    "uses",
    metadata,
    Column("id", Key, primary_key=True),
    Column("organisation_id", Key, ForeignKey("organisations.id"), nullable=False),
    Column("name", String(96), nullable=False, unique=True),
    Column("description", Text, nullable=False, default=""),
    Column("template", String(32), nullable=False, default=""),  # which ready example it was made from
    Column("facts", Document, nullable=False),  # docs/rights-io.md, use
    Column("is_standing", Boolean, nullable=False, default=False),  # the default
    Column("was_standing", Boolean, nullable=False, default=False),  # is or was: whoever reads a model reads its verdict
    Column("updated_at", Moment, nullable=False),
    Column("updated_by", Key, nullable=True),
    Column("ended_at", Moment, nullable=True),  # given up; verdicts that were given for it still name it
)

#: What an organisation holds from licensors. Never changed: what is different is ended and recorded anew.
permissions = Table(
    "permissions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("organisation_id", Key, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("name", String(96), nullable=False),  # the id that verdicts cite
    Column("licence", String(200), nullable=False),
    Column("kind", String(16), nullable=False),  # bought | granted | registered
    Column("lifts", Document, nullable=False),
    Column("acts", Document, nullable=False),
    Column("since", Date, nullable=True),
    Column("until", Date, nullable=True),
    Column("author", String(200), nullable=False, default=""),
    Column("source", Text, nullable=False, default=""),
    Column("outside_id", String(200), nullable=True),  # of whatever wrote it, such as a subscription
    Column("recorded_at", Moment, nullable=False),
    Column("recorded_by", Key, nullable=True),
    Column("ended_at", Moment, nullable=True),
    Column("ended_by", Key, nullable=True),
    Column("end_reason", Text, nullable=False, default=""),
)

#: Exceptions and readings. Never changed either.
decisions = Table(
    "decisions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("organisation_id", Key, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("use_id", Key, ForeignKey("uses.id"), nullable=True),  # null: every use of the organisation
    Column("name", String(96), nullable=False),  # the id that verdicts cite
    Column("kind", String(16), nullable=False),  # exception | reading
    Column("finding", String(200), nullable=False),  # id of a clause: llama-2#mau700
    Column("choose", String(96), nullable=False),
    Column("acts", Document, nullable=False),
    Column("node", String(300), nullable=True),  # where the terms are declared; null: wherever
    Column("model", String(300), nullable=True),  # which model is asked about; null: any
    Column("author", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False, default=""),
    Column("since", Date, nullable=True),
    Column("expires", Date, nullable=True),
    Column("recorded_at", Moment, nullable=False),
    Column("recorded_by", Key, nullable=True),
    Column("ended_at", Moment, nullable=True),
    Column("ended_by", Key, nullable=True),
    Column("end_reason", Text, nullable=False, default=""),
)

_IN_FORCE = text("ended_at IS NULL")
Index("uq_permissions_name", permissions.c.organisation_id, permissions.c.name, unique=True,
      sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE)  # fmt: skip
Index("uq_permissions_outside_id", permissions.c.organisation_id, permissions.c.outside_id, unique=True,
      sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE)  # fmt: skip
Index("uq_decisions_name", decisions.c.organisation_id, decisions.c.name, unique=True,
      sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE)  # fmt: skip

#: Verdicts on facts of somebody's own, whole; and those of versions that kept standing verdicts so.
verdicts = Table(
    "verdicts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("value", String(32), nullable=False),
    Column("subject", String(300), nullable=False),  # models/ns/name@commit or known/id
    Column("repository_id", Key, nullable=True),  # no foreign key: a verdict outlives its repository, and is hidden then
    Column("namespace_id", Key, nullable=True),
    Column("private", Boolean, nullable=False, default=False),  # decided while the repository was private
    Column("account_id", Key, nullable=True),  # whose own facts went in; null: those of the standing use
    Column("use_name", String(96), nullable=False),
    Column("question", Document, nullable=False),
    Column("document", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_verdicts_subject", "subject"),
)

#: What verdicts do here: the newest row holds.
standing_policies = Table(
    "standing_policies",
    metadata,
    Column("id", Key, primary_key=True),
    Column("document", Document, nullable=False),
    Column("set_at", Moment, nullable=False),
    Column("set_by", Key, nullable=True),
)

#: What somebody let through although its verdict asks for approval, and what that rested on.
approvals = Table(
    "approvals",
    metadata,
    Column("id", Key, primary_key=True),
    Column("use_id", Key, ForeignKey("uses.id"), nullable=False),
    Column("namespace_id", Key, nullable=False, index=True),  # no foreign keys: an approval outlives what it is about
    Column("repository_id", Key, nullable=True),  # null: everything in the namespace
    Column("commit", String(40), nullable=False, default=""),  # "": every commit
    Column("about", String(300), nullable=False),  # in words, as it was called then
    Column("reason", Text, nullable=False),
    Column("until", Date, nullable=True),
    Column("rests_on", Document, nullable=False),  # {value, verdict, terms: {key: digest}} of a model
    Column("given_at", Moment, nullable=False),
    Column("given_by", Key, nullable=True),
    Column("ended_at", Moment, nullable=True),
    Column("ended_by", Key, nullable=True),
    Column("end_reason", Text, nullable=False, default=""),
)

#: Documents that licences incorporate as they then stand: that one changed, as somebody saw it.
document_changes = Table(
    "document_changes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("licence", String(200), nullable=False, index=True),
    Column("policy", String(96), nullable=False),  # its id in the record
    Column("title", String(300), nullable=False),
    Column("seen_on", Date, nullable=False),
    Column("text", Text, nullable=True),
    Column("note", Text, nullable=False, default=""),
    Column("recorded_at", Moment, nullable=False),
    Column("recorded_by", Key, nullable=True),
    Column("reviewed_at", Moment, nullable=True),
    Column("reviewed_by", Key, nullable=True),
    Column("review", Text, nullable=False, default=""),
)
