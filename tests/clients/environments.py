"""Environments of clients, each in a folder of its own in the user's cache, made once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECONDS = 600


class ClientFailed(Exception):
    """What it printed."""


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "commonweight-clients"


def python_with(*requirements: str, beside_ours: bool = False) -> Path:
    """An interpreter that has these packages. `beside_ours`: also all that this interpreter has, torch above all."""
    folder = cache_folder() / "_".join([*requirements, *(["ours"] if beside_ours else [])])
    python = folder / "bin" / "python"
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        run(sys.executable, "-m", "venv", folder)
        if beside_ours:
            (site,) = folder.glob("lib/python*/site-packages")
            (site / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n")
        run(python, "-m", "pip", "install", "-q", *requirements)
        (folder / "whole").touch()
    return python


def javascript_with(*packages: str) -> Path:
    """A folder with these packages from npm, beside which a script finds them."""
    folder = cache_folder() / "_".join(one.replace("/", "-") for one in packages)
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}')
        run("npm", "install", "--no-audit", "--no-fund", *packages, cwd=folder)
        (folder / "whole").touch()
    return folder


def run(*command: object, environment: Mapping[str, str] | None = None, **more: Any) -> str:
    """What it prints. Raises ClientFailed."""
    words = [str(part) for part in command]
    done = subprocess.run(
        words,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
        **more,
    )
    if done.returncode:
        raise ClientFailed(f"{' '.join(words)[:300]}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout
