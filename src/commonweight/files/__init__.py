"""
A client's files: what batches read and write, what tuning learns from. See docs/files.md.

`Files` keeps, lists, reads and removes them, `Uploads` takes large ones in parts, `Collector` has the bytes go.
"""

from commonweight.files.batch_lines import ENDPOINTS, BatchLines
from commonweight.files.blobs import Blobs
from commonweight.files.checking import Checks
from commonweight.files.collecting import COLLECT, Collector
from commonweight.files.errors import (
    FileMissing,
    FileRefused,
    FileTooLarge,
    UploadClosed,
    UploadMissing,
    UploadRefused,
)
from commonweight.files.files import Files
from commonweight.files.lines import BOM, MAX_LINE_BYTES, Finding, LineCheck, LineChecker, ShapeOnly, Sink
from commonweight.files.scrubbing import PieceSource
from commonweight.files.uploads import Uploads
from commonweight.files.values import (
    LEAST_SECONDS,
    MAX_FILE_BYTES,
    MAX_LISTED,
    MAX_PART_BYTES,
    MOST_SECONDS,
    File,
    Kept,
    NewFile,
    Page,
    Part,
    Purpose,
    Received,
    Upload,
    UploadStatus,
    new_id,
)

__all__ = [
    "BOM",
    "COLLECT",
    "ENDPOINTS",
    "LEAST_SECONDS",
    "MAX_FILE_BYTES",
    "MAX_LINE_BYTES",
    "MAX_LISTED",
    "MAX_PART_BYTES",
    "MOST_SECONDS",
    "BatchLines",
    "Blobs",
    "Checks",
    "Collector",
    "File",
    "FileMissing",
    "FileRefused",
    "FileTooLarge",
    "Files",
    "Finding",
    "Kept",
    "LineCheck",
    "LineChecker",
    "NewFile",
    "Page",
    "Part",
    "PieceSource",
    "Purpose",
    "Received",
    "ShapeOnly",
    "Sink",
    "Upload",
    "UploadClosed",
    "UploadMissing",
    "UploadRefused",
    "UploadStatus",
    "Uploads",
    "new_id",
]
