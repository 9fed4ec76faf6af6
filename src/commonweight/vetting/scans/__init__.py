"""Files that may run code: looked through by their content, with a verdict and what it stands on; see docs/scans.md."""

from commonweight.vetting.scans import archives, looking, pickles, room, structures, templates
from commonweight.vetting.scans.guarding import CHOICES, REFUSE, WARN, UnsafeFile, UnsafeGuard
from commonweight.vetting.scans.kinds import kind_of
from commonweight.vetting.scans.looking import ChildScanner, look
from commonweight.vetting.scans.room import SCAN, SCAN_ALL, Scanned, Scanner, Scans
from commonweight.vetting.scans.values import QUEUED, SAFE, SUSPICIOUS, UNSAFE, UNSCANNED, Import, Scan, ScanFinding

#: Every sentence that a finding may be, with places for its values.
REASONS = (
    *pickles.REASONS, *archives.REASONS, *structures.REASONS, *templates.REASONS, *looking.REASONS, *room.REASONS,
)  # fmt: skip

__all__ = [
    "CHOICES", "QUEUED", "REASONS", "REFUSE", "SAFE", "SCAN", "SCAN_ALL", "SUSPICIOUS", "UNSAFE", "UNSCANNED", "WARN",
    "ChildScanner", "Import", "Scan", "ScanFinding", "Scanned", "Scanner", "Scans", "UnsafeFile", "UnsafeGuard", "kind_of",
    "look",
]  # fmt: skip
