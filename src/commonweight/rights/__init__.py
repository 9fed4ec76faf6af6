"""
Licences as data, uses, verdicts, lineage, openness. Pure: no database, no network, no clock of its own.

    records = load_records()
    verdict = decide(Question.from_document(document), records)
"""

from commonweight.rights.documents import parse_document
from commonweight.rights.engine import ENGINE_VERSION, decide
from commonweight.rights.errors import DocumentError, ExpressionError, QuestionError, RecordError, RightsError
from commonweight.rights.question import Question
from commonweight.rights.records import Records, load_records, read_record
from commonweight.rights.terms import Terms
from commonweight.rights.verdict import DISCLAIMER, Clause, Doubt, Duty, Expiry, OpenQuestion, Verdict
from commonweight.rights.vocabulary import (
    ACTS,
    ARTEFACTS,
    ASKER_KINDS,
    AUDIENCES,
    BUSINESSES,
    EDGE_EVIDENCE,
    EVIDENCE,
    NODE_KINDS,
    PURPOSES,
    RELATIONS,
    REVIEW,
    VALUES,
    Value,
)

__all__ = [
    "ACTS",
    "ARTEFACTS",
    "ASKER_KINDS",
    "AUDIENCES",
    "BUSINESSES",
    "DISCLAIMER",
    "EDGE_EVIDENCE",
    "ENGINE_VERSION",
    "EVIDENCE",
    "NODE_KINDS",
    "PURPOSES",
    "RELATIONS",
    "REVIEW",
    "VALUES",
    "Clause",
    "DocumentError",
    "Doubt",
    "Duty",
    "Expiry",
    "ExpressionError",
    "OpenQuestion",
    "Question",
    "QuestionError",
    "RecordError",
    "Records",
    "RightsError",
    "Terms",
    "Value",
    "Verdict",
    "decide",
    "load_records",
    "parse_document",
    "read_record",
]
