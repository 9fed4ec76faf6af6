"""
huggingface_hub's own tests, as the source distribution of the package carries them (Apache-2.0): fetched, pointed at a
server, run, read. Nothing of them is kept in this repository; they test the installed wheel, so the tree's own `src` is
taken away.

The distribution leaves out `conftest.py`, which `plugin/hub_suite_plugin.py` stands in for, and the sample files in
`tests/fixtures`, which are taken from the git repository named by HUGGINGFACE_HUB_GIT (a folder or an address), where it is
named: without them the tests that read them fail, and are not counted.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.clients.environments import run

TOOLS: Final = [
    "hf_xet",
    "pytest>=9",
    "pytest-env",
    "pytest-xdist",
    "pytest-vcr",
    "pytest-asyncio",
    "pytest-rerunfailures>=16.2",
    "pytest-mock",
    "pytest-timeout",
    "Jinja2",
    "fastapi",
    "authlib>=1.8.0",
    "itsdangerous",
    "Pillow",
    "numpy",
    "jedi",
    "soundfile",
    "duckdb",
    "httpx",
]
#: Files that name the server that the tests of the project itself go to.
ADDRESSED: Final = ("testing_constants", "test_hf_api", "test_kernels", "test_xet_upload", "test_oauth")
STAGING: Final = "https://hub-ci.huggingface.co"
SECONDS_PER_TEST: Final = 180
HERE: Final = Path(__file__).parent
GIT: Final = "HUGGINGFACE_HUB_GIT"
#: Those that need the public hub's own data, or a provider of inference.
LEFT_OUT: Final = "not production and not inference"


@dataclass(frozen=True)
class Suite:
    """One version of the client with its tests, in a virtual environment of its own."""

    version: str
    folder: Path

    @classmethod
    def fetch(cls, version: str) -> Suite:
        """From the package index, once for each version; kept in the user's cache."""
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        suite = cls(version, Path(base) / "commonweight-hub-suite" / version)
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

    def _install(self) -> None:
        run(sys.executable, "-m", "venv", self.folder / "venv")
        run(self.python, "-m", "pip", "install", "-q", f"huggingface_hub=={self.version}", *TOOLS)

    def _unpack(self) -> None:
        where = ("--no-deps", "--no-binary", "huggingface_hub", "--no-build-isolation", "-d", self.folder)
        run(self.python, "-m", "pip", "install", "-q", "setuptools", "wheel")
        run(self.python, "-m", "pip", "download", "-q", *where, f"huggingface_hub=={self.version}")
        with tarfile.open(self.folder / f"huggingface_hub-{self.version}.tar.gz") as archive:
            archive.extractall(self.folder, filter="data")
        shutil.rmtree(self._released / "src")
        (self._released / "tests" / "__init__.py").touch()
        (self._released / "tests" / "conftest.py").write_text("from hub_suite_plugin import RepoFactory\n")
        if os.environ.get(GIT):
            self._bring_samples(os.environ[GIT])

    @property
    def _released(self) -> Path:
        return self.folder / f"huggingface_hub-{self.version}"

    def _bring_samples(self, repository: str) -> None:
        clone = self.folder / "git"
        run("git", "clone", "-q", "--depth", "1", repository, clone)
        shutil.copytree(clone / "tests" / "fixtures", self._released / "tests" / "fixtures")
        shutil.rmtree(clone)

    @property
    def has_samples(self) -> bool:
        return (self._released / "tests" / "fixtures").exists()

    def run(self, tests: Sequence[str], address: str, scratch: Path, *, xet: bool) -> dict[str, str]:
        """
        Outcome by test: passed, failed or skipped. `tests` are ids of files, classes or tests; `address` is that of the
        server; `scratch` a folder that is not there yet. Without `xet` files go by LFS.
        """
        tree = self._pointed_at(address, scratch)
        report = scratch / "report.json"
        environment = {
            **os.environ,
            "HF_ENDPOINT": address,  # before the plugin brings the client in, which reads it once
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "HUB_SUITE_REPORT": str(report),
            "PYTHONPATH": str(HERE / "plugin"),
            **({} if xet else {"HF_HUB_DISABLE_XET": "1"}),
        }
        marks = LEFT_OUT if xet else f"{LEFT_OUT} and not xet"
        options = ["-p", "hub_suite_plugin", "-p", "no:cacheprovider", "--timeout", str(SECONDS_PER_TEST), "--tb=short"]
        own = ["-o", "addopts=-q -Werror::FutureWarning --strict-markers", "-m", marks]
        command = [str(self.python), "-m", "pytest", *options, *own, *tests]
        output = scratch / "output.txt"
        with output.open("w") as log:
            ended = subprocess.run(command, cwd=tree, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
        assert ended.returncode in (0, 1), output.read_text()[-3000:]
        outcomes: dict[str, str] = json.loads(report.read_text())
        return outcomes

    def _pointed_at(self, address: str, scratch: Path) -> Path:
        """A copy of the tests whose server is this one."""
        tree = scratch / "tree"
        shutil.copytree(self._released, tree)
        for name in ADDRESSED:
            file = tree / "tests" / f"{name}.py"
            if file.exists():
                file.write_text(file.read_text().replace(STAGING, address))
        settings = tree / "pyproject.toml"
        settings.write_text(re.sub("HUGGINGFACE_CO_STAGING=1", f"HF_ENDPOINT={address}", settings.read_text()))
        return tree
