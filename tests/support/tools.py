"""Programs that some tests need: found on this machine, or the test skips and says what is missing."""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from commonweight.vetting import matcher_version

SKIP_NOTHING = os.environ.get("COMMONWEIGHT_TEST_ALL") == "1"


def tool(name: str, *places: str) -> str:
    """The path of a program; skips the test without it, or fails where nothing may be skipped (`make test-all`)."""
    for candidate in (shutil.which(name), *map(_newest, places)):
        if candidate:
            return candidate
    missing = f"needs {name}, which is not on this machine (make test-all installs it)"
    if SKIP_NOTHING:
        pytest.fail(missing)
    pytest.skip(missing)


def licence_matcher() -> str:
    """The version of the matcher of licence texts; skips or fails as `tool` does where the extra is not installed."""
    if version := matcher_version():
        return version
    missing = "needs the extra commonweight[licences] (requirements/licences.txt; make test-all installs it)"
    if SKIP_NOTHING:
        pytest.fail(missing)
    pytest.skip(missing)


def library(name: str, requirements: str = "engines") -> Any:
    """A module of an extra; skips or fails as `tool` does where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        missing = f"needs {name} (requirements/{requirements}.txt; make test-all installs it)"
    if SKIP_NOTHING:
        pytest.fail(missing)
    pytest.skip(missing)


def _newest(pattern: str) -> str | None:
    found = sorted(Path("/").glob(pattern.lstrip("/")))
    return str(found[-1]) if found else None


def chromium_path() -> str:
    return tool("chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


def postgresql_program(name: str) -> str:
    return tool(name, f"/usr/lib/postgresql/*/bin/{name}")
