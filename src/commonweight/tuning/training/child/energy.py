"""
What a training used: its processor time, and where the machine's counters can be read, energy.

The counters are RAPL's, as Linux shows them (Documentation/power/powercap): microjoules of each package and its memory,
which begin again at a highest value. They count everything that the processors do, whoever asks for it. Nothing is
worked out from assumed watts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

COUNTERS: Final = Path("/sys/class/powercap")
CPU_SECONDS, JOULES = "cpu_seconds", "joules"
_MICRO: Final = 1e-6


class Meter:
    """
    Adds to what runs `before` this one used, as `used` gave it. To be asked every few minutes: a counter that began again
    twice in between is not noticed.
    """

    def __init__(
        self,
        before: Mapping[str, Any] | None = None,
        counters: Path = COUNTERS,
        processor_time: Callable[[], float] = time.process_time,
    ) -> None:
        self._before = float((before or {}).get(CPU_SECONDS) or 0.0)
        self._processor_time = processor_time
        self._paths = _domains(counters)
        self._last = _read(self._paths)
        known = before is None or before.get(JOULES) is not None  # else a part of it was not measured
        self._joules: float | None = float((before or {}).get(JOULES) or 0.0) if self._last and known else None

    def used(self) -> dict[str, Any]:
        """`cpu_seconds` of this program, and `joules` of the machine's processors, None where these are not all known."""
        now = _read(self._paths)
        if self._joules is not None and now is not None and self._last is not None:
            passed = sum(_passed(path, self._last[path], value) for path, value in now.items())
            self._joules += passed * _MICRO
            self._last = now
        elif now is None:
            self._joules = None
        return {CPU_SECONDS: round(self._before + self._processor_time(), 1), JOULES: self._joules}


def _domains(counters: Path) -> list[Path]:
    """Packages, and the memory beside them; what lies within a package is counted with it."""
    found = sorted(counters.glob("intel-rapl:*"))
    return [path for path in found if path.name.count(":") == 1 or _text(path / "name") == "dram"]


def _read(paths: list[Path]) -> dict[Path, int] | None:
    """None where one of them cannot be read, or there is none."""
    try:
        values = {path: int((path / "energy_uj").read_text()) for path in paths}
    except (OSError, ValueError):
        return None
    return values or None


def _passed(path: Path, before: int, now: int) -> int:
    if now >= before:
        return now - before
    try:
        return now + int((path / "max_energy_range_uj").read_text()) - before
    except (OSError, ValueError):
        return now


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
