"""
Examples to learn from: what is wrong with a file, by line; a repaired copy; canonical lines; the split. See docs/tuning.md.

Nothing here needs the extra `tune`, but for reading parquet and counting tokens, which load it when they are called.
"""

from commonweight.tuning.data.canonical import NotAnExample, canonical, text_of, write_canonical
from commonweight.tuning.data.columns import Columns, InvalidMapping
from commonweight.tuning.data.counting import HEAD, CountFailed, TokenCounter
from commonweight.tuning.data.counts import TokenCounts
from commonweight.tuning.data.dataset import DatasetReader, DatasetRefused, DatasetUsed
from commonweight.tuning.data.findings import FileCheck, Findings, Group, check_file
from commonweight.tuning.data.forms import LineForm
from commonweight.tuning.data.lines import TuningLines
from commonweight.tuning.data.personal import Personal
from commonweight.tuning.data.repairing import Repaired, Wishes, repair
from commonweight.tuning.data.splitting import Split, question_hash, split
from commonweight.tuning.data.tables import ENDINGS, NotInstalled, examples_in, is_table, read_csv, read_parquet

__all__ = [
    "ENDINGS",
    "HEAD",
    "Columns",
    "CountFailed",
    "DatasetReader",
    "DatasetRefused",
    "DatasetUsed",
    "FileCheck",
    "Findings",
    "Group",
    "InvalidMapping",
    "LineForm",
    "NotAnExample",
    "NotInstalled",
    "Personal",
    "Repaired",
    "Split",
    "TokenCounter",
    "TokenCounts",
    "TuningLines",
    "Wishes",
    "canonical",
    "check_file",
    "examples_in",
    "is_table",
    "question_hash",
    "read_csv",
    "read_parquet",
    "repair",
    "split",
    "text_of",
    "write_canonical",
]
