"""
What the files of a revision say by themselves: which licence a text is, what headers of weights claim, on which model the
bytes suggest that they stand. Read after a commit, by jobs; findings here are evidence, and the policy decides.
"""

from commonweight.vetting.reading import ChildMatcher, ReadingFailed, TextMatcher, matcher_version
from commonweight.vetting.suspects import RELATIONS, SUSPECT_ALL, SuspectNotFound, Suspects
from commonweight.vetting.suspects_values import CONFIRMED, DISMISSED, OPEN, STRENGTHS, Evidence, Suspect, Suspicions
from commonweight.vetting.text_reader import READ_ALL_TEXTS, READ_TEXTS, TextReader
from commonweight.vetting.text_store import FAILED, KeptReadings, Reading
from commonweight.vetting.texts import (
    BY_DIGEST,
    BY_MATCHER,
    EVERYTHING,
    NOT_COMPARED,
    WAITING,
    LicenceText,
    LicenceTexts,
    TextLicence,
    progress_of,
)
from commonweight.vetting.weights import SUSPECT, Weights, said_of
from commonweight.vetting.weights_heads import FIRST_BYTES, is_read, wanted_bytes
from commonweight.vetting.weights_reading import claims_of_contents
from commonweight.vetting.weights_values import BaseClaim, Claims, LicenceClaim, Said

__all__ = [
    "BY_DIGEST",
    "BY_MATCHER",
    "CONFIRMED",
    "DISMISSED",
    "EVERYTHING",
    "FAILED",
    "FIRST_BYTES",
    "NOT_COMPARED",
    "OPEN",
    "READ_ALL_TEXTS",
    "READ_TEXTS",
    "RELATIONS",
    "STRENGTHS",
    "SUSPECT",
    "SUSPECT_ALL",
    "WAITING",
    "BaseClaim",
    "ChildMatcher",
    "Claims",
    "Evidence",
    "KeptReadings",
    "LicenceClaim",
    "LicenceText",
    "LicenceTexts",
    "Reading",
    "ReadingFailed",
    "Said",
    "Suspect",
    "SuspectNotFound",
    "Suspects",
    "Suspicions",
    "TextLicence",
    "TextMatcher",
    "TextReader",
    "Weights",
    "claims_of_contents",
    "is_read",
    "matcher_version",
    "progress_of",
    "said_of",
    "wanted_bytes",
]
