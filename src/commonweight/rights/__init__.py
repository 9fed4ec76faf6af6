"""
Licences as data, uses, verdicts, lineage, openness. Pure: no database, no network, no clock of its own.

    records = load_records()
    verdict = decide(Question.from_document(document), records)
"""

from commonweight.rights.components import components_of_files
from commonweight.rights.conflicts import LabelConflict
from commonweight.rights.documents import parse_document
from commonweight.rights.engine import ENGINE_VERSION, decide
from commonweight.rights.errors import DocumentError, ExpressionError, QuestionError, RecordError, RightsError
from commonweight.rights.explaining import described, differences, in_brief, version_before, versions_of
from commonweight.rights.human import Applied
from commonweight.rights.identify import TagIdentity, TextIdentity, identify_tag, identify_text, text_digest
from commonweight.rights.memory import Engine
from commonweight.rights.openness import (
    ACCESSES,
    COMPONENTS,
    LABELS,
    Axis,
    Component,
    LicenceClasses,
    Openness,
    grade_openness,
    load_licence_classes,
)
from commonweight.rights.question import Question
from commonweight.rights.records import Records, load_records, read_record
from commonweight.rights.said import ENGLISH, UnknownLanguage, in_language, languages, render
from commonweight.rights.terms import Terms
from commonweight.rights.verdict import (
    DISCLAIMER,
    Clause,
    Doubt,
    Duty,
    Expiry,
    OpenQuestion,
    Step,
    Verdict,
)
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
    "ACCESSES",
    "ACTS",
    "ARTEFACTS",
    "ASKER_KINDS",
    "AUDIENCES",
    "BUSINESSES",
    "COMPONENTS",
    "DISCLAIMER",
    "EDGE_EVIDENCE",
    "ENGINE_VERSION",
    "ENGLISH",
    "EVIDENCE",
    "LABELS",
    "NODE_KINDS",
    "PURPOSES",
    "RELATIONS",
    "REVIEW",
    "VALUES",
    "Applied",
    "Axis",
    "Clause",
    "Component",
    "DocumentError",
    "Doubt",
    "Duty",
    "Engine",
    "Expiry",
    "ExpressionError",
    "LabelConflict",
    "LicenceClasses",
    "OpenQuestion",
    "Openness",
    "Question",
    "QuestionError",
    "RecordError",
    "Records",
    "RightsError",
    "Step",
    "TagIdentity",
    "Terms",
    "TextIdentity",
    "UnknownLanguage",
    "Value",
    "Verdict",
    "components_of_files",
    "decide",
    "described",
    "differences",
    "grade_openness",
    "identify_tag",
    "identify_text",
    "in_brief",
    "in_language",
    "languages",
    "load_licence_classes",
    "load_records",
    "parse_document",
    "read_record",
    "render",
    "text_digest",
    "version_before",
    "versions_of",
]
