"""
What other clients get from a running server: text, calls of tools, usage and finish reasons have to survive in each.

Each is installed, in the version named here, into an environment of its own in the user's cache.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conformance.suite import cache_folder
from tests.conformance.world import HERE, KEY
from tests.support.server import Server

pytestmark = pytest.mark.long

CLIENTS: Final = HERE / "clients"
PYTHON: Final = {"langchain_client": "langchain-openai==1.7.4", "litellm_client": "litellm==1.110.2"}
JAVASCRIPT: Final = ("openai@6.49.0", "ai@6.0.326", "@ai-sdk/openai-compatible@2.0.92", "zod@4.6.7")
PROVIDERS: Final = ("ai@6.0.326", "@ai-sdk/openai@3.0.141", "@ai-sdk/anthropic@3.0.140", "zod@4.6.7")
SECONDS: Final = 300


def run(*command: object, **more: Any) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def python_with(*requirements: str) -> Path:
    """An interpreter that has these packages."""
    folder = cache_folder() / "_".join(requirements)
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        run(sys.executable, "-m", "venv", folder)
        run(folder / "bin" / "python", "-m", "pip", "install", "-q", *requirements)
        (folder / "whole").touch()
    return folder / "bin" / "python"


def javascript_folder(packages: Sequence[str] = JAVASCRIPT) -> Path:
    """A folder with the packages beside which a script finds them."""
    folder = cache_folder() / "javascript" / "_".join(one.replace("/", "-") for one in packages)
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}')
        run("npm", "install", "--no-audit", "--no-fund", *packages, cwd=folder)
        (folder / "whole").touch()
    return folder


def survived(told: dict[str, Any], called: str = "tool_calls") -> None:
    """What every client has to have got, whole and streamed."""
    assert told["text"] == told["stream"] != ""
    assert told["tokens"] == told["stream_tokens"] > 0
    assert told["finish"] in ("stop", "length")
    assert (told["call_finish"], told["call"], told["streamed_call"]) == (called, "get_time", "get_time")
    assert isinstance(told["arguments"]["utc"], bool)
    assert told.get("vectors", 64) == 64


def test_langchain_gets_everything(server: Server) -> None:
    python = python_with(PYTHON["langchain_client"])
    survived(json.loads(run(python, CLIENTS / "langchain_client.py", server.address, KEY, timeout=SECONDS)))


def test_litellm_gets_everything(server: Server) -> None:
    python = python_with(PYTHON["litellm_client"])
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}  # it would fetch prices from elsewhere
    out = run(python, CLIENTS / "litellm_client.py", server.address, KEY, timeout=SECONDS, env=environment)
    survived(json.loads(out))


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js with npm; make test-all installs Node")
def test_the_javascript_clients_get_everything(server: Server) -> None:
    folder = javascript_folder()
    script = Path(shutil.copy(CLIENTS / "javascript_client.mjs", folder))
    told = json.loads(run("node", script, server.address, KEY, timeout=SECONDS))
    survived(told["openai"])
    survived(told["vercel"], called="tool-calls")
    assert told["openai"]["vectors"] == told["vercel"]["vectors"] == 64
    assert isinstance(told["openai"]["structured"]["good"], bool)
    assert isinstance(told["vercel"]["structured"]["good"], bool)


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js with npm; make test-all installs Node")
def test_vercels_providers_get_everything_by_responses_and_by_messages(server: Server) -> None:
    folder = javascript_folder(PROVIDERS)
    script = Path(shutil.copy(CLIENTS / "vercel_providers.mjs", folder))
    told = json.loads(run("node", script, server.address, KEY, timeout=SECONDS))
    for wire in ("responses", "messages"):
        survived(told[wire], called="tool-calls")
        assert isinstance(told[wire]["structured"]["good"], bool)
