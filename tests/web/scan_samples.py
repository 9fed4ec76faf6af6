"""What was found in the files of an invented model: every verdict once."""

from __future__ import annotations

from commonweight.vetting.scans import Import, Scan, ScanFinding
from commonweight.vetting.scans.pickles import CALLS, STRANGE
from commonweight.web.contexts import Frame, Head, ScansPage
from commonweight.web.presenting.scans import scan_views

SCANNER = "commonweight 1, picklescan 1.0.5"
_CALLS = ScanFinding("unsafe", CALLS, {"module": "posix", "name": "system", "offset": 309}, "archive/data.pkl")
_STRANGE = ScanFinding("suspicious", STRANGE, {"module": "acme.layers", "name": "Odd", "offset": 2})
FILES = {
    "model.safetensors": Scan("safe", scanner=SCANNER),
    "old/pytorch_model.bin": Scan(
        "unsafe",
        (_CALLS,),
        (Import("posix", "system", "dangerous"), Import("torch._utils", "_rebuild_tensor_v2", "innocuous")),
        SCANNER,
    ),
    "layers.pkl": Scan("suspicious", (_STRANGE,), (Import("acme.layers", "Odd", "suspicious"),), SCANNER),
    "new.pt": Scan("queued"),
    "elsewhere.bin": Scan("unscanned"),
}


def scans_page(frame: Frame, head: Head) -> ScansPage:
    return ScansPage(frame, head, scan_views(FILES, lambda path: f"/ada/tiny/blob/main/{path}"), refuses=True)
