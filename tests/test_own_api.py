"""The own API, asked by requests that are made from its own description: nothing that fits makes the server fail."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.server import Server

CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance"
SECONDS = 300


def test_whatever_fits_the_description_is_answered_as_described(tmp_path: Path) -> None:
    server = Server(tmp_path / "home").start()
    try:
        token = f"Authorization: Bearer {server.admin_token}"
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.address}/cw/v1/openapi.json"]
        command += ["--header", token, "--checks", CHECKS, "--phases", "fuzzing,coverage"]
        command += ["--max-examples", "8", "--generation-deterministic", "--continue-on-failure", "--no-color"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=tmp_path)
    finally:
        server.stop()
    assert run.returncode == 0, run.stdout
    asked = re.search(r"(\d+) generated", run.stdout)
    assert asked, run.stdout
    assert int(asked[1]) > 500
