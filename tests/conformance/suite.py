"""
OpenAI's own client tests, as the source distribution of the package `openai` carries them (Apache-2.0): fetched, run, read.

Nothing of them is kept in this repository. They test the installed wheel, so the tree's own `src` is taken away.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

TOOLS: Final = "pytest>=9 pytest-asyncio>=1.4 pytest-xdist pytest-timeout inline-snapshot>=0.28 rich respx trio".split()  # noqa: SIM905
SECONDS_PER_TEST: Final = 60
HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class Suite:
    """One version of the client with its tests, in a virtual environment of its own."""

    version: str
    folder: Path

    @classmethod
    def fetch(cls, version: str) -> Suite:
        """From the package index, once for each version; kept in the user's cache."""
        suite = cls(version, cache_folder() / version)
        if not (suite.folder / "whole").exists():
            shutil.rmtree(suite.folder, ignore_errors=True)
            suite.folder.mkdir(parents=True)
            suite._install()
            suite._unpack()
            (suite.folder / "whole").touch()
        return suite

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def tree(self) -> Path:
        return self.folder / f"openai-{self.version}"

    def _install(self) -> None:
        _run(sys.executable, "-m", "venv", self.folder / "venv")
        _run(self.python, "-m", "pip", "install", "-q", f"openai[aiohttp]=={self.version}", *TOOLS)

    def _unpack(self) -> None:
        where = ("--no-deps", "--no-binary", "openai", "-d", self.folder)
        _run(self.python, "-m", "pip", "download", "-q", *where, f"openai=={self.version}")
        with tarfile.open(self.folder / f"openai-{self.version}.tar.gz") as archive:
            archive.extractall(self.folder, filter="data")
        shutil.rmtree(self.tree / "src")

    @property
    def files(self) -> list[str]:
        """Those with tests of the API."""
        return sorted(str(file.relative_to(self.tree)) for file in self.tree.glob("tests/api_resources/**/test_*.py"))

    def run(self, patterns: Sequence[str], address: str, report: Path, *, reseed: bool = True) -> dict[str, str]:
        """
        Outcome by test: passed, failed or skipped. `address` is that of the server, without /v1. `reseed` renews its world
        before each.
        """
        wanted = {pattern.partition("::")[0] for pattern in patterns}
        files = [file for file in self.files if any(fnmatch(file, one) for one in wanted)]
        environment = {
            **os.environ,
            "TEST_API_BASE_URL": f"{address}/v1",
            "CONFORMANCE_RESEED_URL": f"{address}/cw/v1/development/reseed" if reseed else "",
            "CONFORMANCE_REPORT": str(report),
            "CONFORMANCE_TESTS": json.dumps(list(patterns)),
            "PYTHONPATH": str(HERE / "plugin"),
        }
        options = ["-p", "conformance_plugin", "-n", "0", "-q", "-W", "default", "-p", "no:cacheprovider", "--tb=line"]
        command = [str(self.python), "-m", "pytest", *options, "--timeout", str(SECONDS_PER_TEST), *files]
        ended = subprocess.run(command, cwd=self.tree, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode in (0, 1), ended.stdout[-3000:] + ended.stderr[-3000:]
        outcomes: dict[str, str] = json.loads(report.read_text())
        return outcomes


def cache_folder() -> Path:
    """Where suites are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "commonweight-conformance"


def _run(*command: object) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
