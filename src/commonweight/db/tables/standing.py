"""
Verdicts that stand. Models whose lineages are alike but for names share one *shape*; a verdict is decided and kept once for
a shape and a use, and a model's verdict is that of its shape with its own names filled in.
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: Documents are packed: JSON, compressed with zlib.
shapes = Table(
    "shapes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("document", LargeBinary, nullable=False),  # a question's subject with places for names
)

#: Which licences a shape declares, as they are named and as the records know them: by these a change finds its shapes.
shape_terms = Table(
    "shape_terms",
    metadata,
    Column("licence", String(200), primary_key=True),
    Column("shape_id", Key, ForeignKey("shapes.id", ondelete="CASCADE"), primary_key=True),
)

#: What was looked at: a model at a commit, or a known one, with its lineage as it was then. Never changed but for its marks.
subjects = Table(
    "subjects",
    metadata,
    Column("id", Key, primary_key=True),
    Column("part", String(24), nullable=False, unique=True),  # the first half of the ids of its verdicts
    Column("subject", String(300), nullable=False),  # models/ns/name@commit or known/id
    Column("repository_id", Key, nullable=True),  # no foreign key: verdicts outlive the repository
    Column("namespace_id", Key, nullable=True),
    Column("private", Boolean, nullable=False),  # seen while the repository was private
    Column("shape_id", Key, ForeignKey("shapes.id"), nullable=False),
    Column("filling", LargeBinary, nullable=False),  # the names that belong into the places
    Column("stands", Boolean, nullable=False),  # the newest look at this subject
    Column("head", Boolean, nullable=False),  # stands, and is the newest of its repository: it is counted and told of
    Column("seen_at", Moment, nullable=False),
    Column("checked_at", Moment, nullable=False),  # when the lineage was last found to be as it was
)
Index("uq_subjects_standing", subjects.c.subject, unique=True,
      sqlite_where=text("stands = 1"), postgresql_where=text("stands"))  # fmt: skip
Index("ix_subjects_heads", subjects.c.shape_id, sqlite_where=text("head = 1"), postgresql_where=text("head"))
Index("ix_subjects_shape_id", subjects.c.shape_id)
Index("ix_subjects_repository_id", subjects.c.repository_id)

#: The names in a lineage, by the first 64 bits of their digest: whose verdicts to look at when something changes there.
subject_names = Table(
    "subject_names",
    metadata,
    Column("name", BigInteger, primary_key=True, autoincrement=False),
    Column("subject_id", Key, ForeignKey("subjects.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
)

#: The facts that a verdict was decided on: the question without its subject.
verdict_facts = Table(
    "verdict_facts",
    metadata,
    Column("id", Key, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("document", Document, nullable=False),
)

#: Every verdict ever given on a shape under a use.
shape_verdicts = Table(
    "shape_verdicts",
    metadata,
    Column("id", Key, primary_key=True),
    Column("part", String(24), nullable=False, unique=True),  # the second half of the ids of its verdicts
    Column("shape_id", Key, ForeignKey("shapes.id"), nullable=False),
    Column("use_id", Key, ForeignKey("uses.id"), nullable=False),
    Column("use_name", String(96), nullable=False),
    Column("facts_id", Key, ForeignKey("verdict_facts.id"), nullable=False),
    Column("value", String(32), nullable=False),
    Column("acts", Document, nullable=False),  # {act: [value, the best review among the records that decided]}
    Column("content", String(64), nullable=False),  # digest of what it says, whatever the day and the facts beside the point
    Column("document", LargeBinary, nullable=False),  # the verdict's template
    Column("decided_at", Moment, nullable=False),
)

#: What stands for a shape under a use.
standing = Table(
    "standing",
    metadata,
    Column("shape_id", Key, ForeignKey("shapes.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("use_id", Key, ForeignKey("uses.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("verdict_id", Key, ForeignKey("shape_verdicts.id"), nullable=False),
    Column("value", String(32), nullable=False),
    Column("basis", String(64), nullable=False),  # digest of the records of its licences, and of the engine
    Column("good_until", Date, nullable=True),  # the last day for which it was decided; null: whatever the day
    Column("pending", Key, nullable=True),  # the cause for which it has to be decided again; null: it holds
)
_PENDING = text("pending IS NOT NULL")
Index("ix_standing_pending", standing.c.pending, sqlite_where=_PENDING, postgresql_where=_PENDING)
Index("ix_standing_use_id", standing.c.use_id, standing.c.value)

#: Why verdicts were looked at again.
causes = Table(
    "causes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("kind", String(32), nullable=False),  # a word of policy.CAUSES
    Column("words", Document, nullable=False),
    Column("account_id", Key, nullable=True),  # who did it; null: nobody in particular
    Column("touched", Integer, nullable=False, default=0),  # verdicts (of shapes) that had to be decided again
)

#: A verdict that came out otherwise than before, for one model under one use.
changes = Table(
    "changes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("cause_id", Key, ForeignKey("causes.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("use_id", Key, ForeignKey("uses.id"), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("repository_id", Key, nullable=True),
    Column("namespace_id", Key, nullable=True),
    Column("private", Boolean, nullable=False),
    Column("before", String(32), nullable=False),
    Column("after", String(32), nullable=False),
    Column("verdict_before", String(64), nullable=False),
    Column("verdict_after", String(64), nullable=False),
    Index("ix_changes_repository_id", "repository_id"),
    Index("ix_changes_verdict_before", "verdict_before"),  # why an old verdict is not the answer any more
)

#: One row: for what the standing verdicts have been settled.
policy_state = Table(
    "policy_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),  # counts up with every change of facts, decisions or records
    Column("library", String(64), nullable=False, default=""),  # digest of the records and the engine; "": none yet
    Column("records", Document, nullable=False),  # {key: digest} of the records, and of the engine under "engine"
    Column("day", Date, nullable=True),  # up to which lapses have been looked at
)
