"""What this machine has to train with."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROBE_SECONDS = 10.0


@dataclass(frozen=True)
class Machine:
    """`memory_free` is that of the GPU where there is one; None where nobody tells."""

    device: str  # cpu, cuda
    memory_free: int | None
    name: str = ""


def look(cgroup: Path = Path("/sys/fs/cgroup"), proc: Path = Path("/proc")) -> Machine:
    return _gpu() or Machine("cpu", _memory_free(cgroup, proc))


def disk_free(folder: Path) -> int:
    """Of the file system on which `folder` is, or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _gpu() -> Machine | None:
    """The first GPU, by the driver's own tool: asking torch would take seconds and a gigabyte."""
    if not shutil.which("nvidia-smi"):
        return None
    asked = ["nvidia-smi", "--query-gpu=name,memory.free", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=PROBE_SECONDS).stdout
    except (subprocess.SubprocessError, OSError):
        return None
    name, _, mib = said.partition("\n")[0].rpartition(",")
    return Machine("cuda", int(mib) << 20, name.strip()) if mib.strip().isdecimal() else None


def _memory_free(cgroup: Path, proc: Path) -> int | None:
    """What may still be taken: of the machine, and of a container's limit where there is one."""
    bounds = []
    with contextlib.suppress(OSError, StopIteration, ValueError):
        line = next(line for line in (proc / "meminfo").read_text().splitlines() if line.startswith("MemAvailable:"))
        bounds.append(int(line.split()[1]) << 10)
    with contextlib.suppress(OSError, ValueError):  # cgroup v2; "max" is no number
        limit, used = int((cgroup / "memory.max").read_text()), int((cgroup / "memory.current").read_text())
        bounds.append(max(0, limit - used))
    return min(bounds) if bounds else None
