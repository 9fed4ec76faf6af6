"""A whole installation with its bytes on an S3 server."""

import json
import os
import subprocess
import sys

from tests.support.server import Server, running

FILE = b"a text that is too long to lie in a row\n" * 5000


def commit(server):
    token, kind = server.admin_token, {"Content-Type": "application/x-ndjson"}
    assert server.request("/api/repos/create", method="POST", token=token, body={"name": "tiny"})[0] == 200
    lines = [
        {"key": "header", "value": {"summary": "Add"}},
        {"key": "file", "value": {"path": "a.txt", "content": FILE.decode(), "encoding": "utf-8"}},
    ]
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    where = "/api/models/operator/tiny/commit/main"
    assert server.request(where, method="POST", token=token, body=body, headers=kind)[0] == 200


def refused_start(home, environment):
    """What `up` says before it ends with 1."""
    command = [sys.executable, "-m", "commonweight.cli", "up", "--home", str(home), "--port", "0", "--no-starter"]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    return done.stderr


def test_it_starts_keeps_files_there_and_is_ready(s3_server, tmp_path):
    place = s3_server.place()
    with running(tmp_path / "home", environment=s3_server.environment(place)) as server:
        commit(server)
        assert server.request("/operator/tiny/resolve/main/a.txt", token=server.admin_token)[2] == FILE
        assert json.loads(server.request("/readyz")[2])["storage"] == "ok"
    assert not (tmp_path / "home" / "objects").exists()


def test_a_grown_installation_moves_there_while_it_serves_and_after_a_stop(s3_server, tmp_path):
    home, elsewhere = tmp_path / "home", s3_server.environment()
    variables = {**os.environ, **{name: value for name, value in elsewhere.items() if name != "COMMONWEIGHT_STORAGE"}}

    def migrate(*options):
        command = [sys.executable, "-m", "commonweight.cli", "migrate-store", "--home", str(home), *options]
        where = ["--to", elsewhere["COMMONWEIGHT_STORAGE"]]
        return subprocess.run([*command, *where], env=variables, capture_output=True, text=True, timeout=60)

    server = Server(home).start()
    try:
        commit(server)
        refused = migrate()
        assert (refused.returncode, "already running" in refused.stderr) == (1, True)
        ahead = migrate("--copy-only")
        assert "Copied and compared 1 objects" in ahead.stdout, ahead.stderr
    finally:
        server.stop()
    moved = migrate()
    assert "COMMONWEIGHT_STORAGE=s3://" in moved.stdout, moved.stderr
    assert "lie in s3://" in refused_start(home, {})
    (tmp_path / "home.log").unlink()  # it tells the address of the first start
    with running(home, environment=elsewhere) as server:
        assert server.request("/operator/tiny/resolve/main/a.txt", token=server.admin_token)[2] == FILE


def test_a_start_that_cannot_reach_its_bytes_says_why(s3_server, tmp_path):
    said = refused_start(tmp_path / "home", s3_server.environment(s3_server.place(secret_key="guessed")))
    assert "the secret key does not fit the access key" in said
    assert "Traceback" not in said
