"""
Examples to learn from: what is wrong with a file, by line; a repaired copy; canonical lines; the split. See docs/tuning.md.

Nothing here needs the extra `tune`, but for reading parquet and counting tokens, which load it when they are called.
"""

from commonweight.tuning.data.canonical import NotAnExample, canonical, text_of
from commonweight.tuning.data.findings import FileCheck, Findings, Group, check_file
from commonweight.tuning.data.forms import LineForm
from commonweight.tuning.data.lines import TuningLines
from commonweight.tuning.data.personal import Personal
from commonweight.tuning.data.repairing import Repaired, Wishes, repair
from commonweight.tuning.data.splitting import Split, question_hash, split

__all__ = [
    "FileCheck",
    "Findings",
    "Group",
    "LineForm",
    "NotAnExample",
    "Personal",
    "Repaired",
    "Split",
    "TuningLines",
    "Wishes",
    "canonical",
    "check_file",
    "question_hash",
    "repair",
    "split",
    "text_of",
]
