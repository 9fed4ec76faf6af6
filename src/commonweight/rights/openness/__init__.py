"""
How open a release is: completeness, terms, access and usability, never one badge. Pure, as the whole room is.

    seen = see(Release(files, card, text, refs))
    openness = grade_openness(seen.components, {"*": "apache-2.0"}, "open", classes, seen.checks)

docs/openness.md holds the rules.
"""

from commonweight.rights.openness.access import ACCESSES, Access, access_of, gated_access
from commonweight.rights.openness.ai_act import Condition as ActCondition
from commonweight.rights.openness.ai_act import Exemption, exemption
from commonweight.rights.openness.changes import GradeChange, changes_between, grade_document
from commonweight.rights.openness.classes import Legal, LicenceClasses, load_licence_classes
from commonweight.rights.openness.completeness import Classes, Completeness, Graded, Reach
from commonweight.rights.openness.component import CLAIMS, EVIDENCES, STATUSES, Component, SeenAt, claimed, strongest
from commonweight.rights.openness.framework import CLASSES, COMPONENTS, DIFFERENCES, FRAMEWORK, RULES, Part
from commonweight.rights.openness.grade import LABELS, Axis, Label, Openness, grade_openness
from commonweight.rights.openness.osaid import RESULTS, Element, Lack, Osaid
from commonweight.rights.openness.provider import Provider, Tune, provider_by_tune, readable
from commonweight.rights.openness.release import LinkedData, Release, ReleaseFile, Wanted, body_of_card, wanted
from commonweight.rights.openness.seeing import (
    SEEN_BY,
    Base,
    Seen,
    components_of_files,
    see,
    see_data_set,
    with_bases,
    with_linked_data,
)
from commonweight.rights.openness.seen_documents import evaluation_sets
from commonweight.rights.openness.terms import PartTerms
from commonweight.rights.openness.usability import DEEDS, Check, Deed

__all__ = [
    "ACCESSES",
    "CLAIMS",
    "CLASSES",
    "COMPONENTS",
    "DEEDS",
    "DIFFERENCES",
    "EVIDENCES",
    "FRAMEWORK",
    "LABELS",
    "RESULTS",
    "RULES",
    "SEEN_BY",
    "STATUSES",
    "Access",
    "ActCondition",
    "Axis",
    "Base",
    "Check",
    "Classes",
    "Completeness",
    "Component",
    "Deed",
    "Element",
    "Exemption",
    "GradeChange",
    "Graded",
    "Label",
    "Lack",
    "Legal",
    "LicenceClasses",
    "LinkedData",
    "Openness",
    "Osaid",
    "Part",
    "PartTerms",
    "Provider",
    "Reach",
    "Release",
    "ReleaseFile",
    "Seen",
    "SeenAt",
    "Tune",
    "Wanted",
    "access_of",
    "body_of_card",
    "changes_between",
    "claimed",
    "components_of_files",
    "evaluation_sets",
    "exemption",
    "gated_access",
    "grade_document",
    "grade_openness",
    "load_licence_classes",
    "provider_by_tune",
    "readable",
    "see",
    "see_data_set",
    "strongest",
    "wanted",
    "with_bases",
    "with_linked_data",
]
