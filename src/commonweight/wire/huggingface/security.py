"""What was found in files, as clients of the hub read it (contract, sections 7 and 8). Pure."""

from __future__ import annotations

from typing import Any, Final

from commonweight.vetting.scans import Scan, Scanned

SECURITY: Final = "securityRepoStatus"
_LEVELS: Final = ("innocuous", "suspicious", "dangerous")


def file_status(scan: Scan) -> dict[str, Any]:
    """
    `securityFileStatus`: safe, suspicious, unsafe, queued or unscanned. Nobody here looks for viruses, so `avScan` is null.
    The findings stand beside what the client reads.
    """
    found = [{"level": one.level, "part": one.part, "finding": one.sentence} for one in scan.findings]
    return {
        "status": scan.verdict,
        "avScan": None,
        "pickleImportScan": _imports(scan),
        "scanner": scan.scanner,
        "findings": found,
    }


def _imports(scan: Scan) -> dict[str, Any] | None:
    """The names that a pickle asks for; None where there are none."""
    if not scan.imports:
        return None
    imports = [{"module": one.module, "name": one.name, "safety": one.safety} for one in scan.imports]
    highest = max((one.safety for one in scan.imports), key=_LEVELS.index)
    return {"highestSafetyLevel": highest, "imports": imports}


def repository_status(scanned: Scanned) -> dict[str, Any]:
    """`securityRepoStatus`: whether all was looked through, and the files in which something was found."""
    issues = [{"path": path, "level": scan.verdict} for path, scan in sorted(scanned.issues.items())]
    return {"scansDone": scanned.is_done, "filesWithIssues": issues}
