"""The command: tokens, seeds, and errors as one sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import Server, running

SEED = """
users:
- {name: __DUMMY_HUB_USER__, fullname: Dummy User, tokens: [{name: ci, value: hf_given, role: write}]}
- {name: reader}
organisations:
- {name: valid_org, default_visibility: private, members: [{user: __DUMMY_HUB_USER__, role: write}]}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, own_database: dict[str, str]) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("cli") / "home"
    with running(home, environment={"COMMONWEIGHT_DEVELOPMENT": "1", **own_database}) as server:
        yield server


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "commonweight.cli", *arguments], capture_output=True, text=True)


def test_token_create_prints_only_the_token_and_it_works(server: Server) -> None:
    token = server.command("token", "create", "--user", "operator", "--role", "read")
    assert len(token.split()) == 1
    status, _, body = server.request("/api/whoami-v2", token=token)
    assert status == 200
    assert b'"operator"' in body


def test_a_revoked_token_is_not_listed(server: Server) -> None:
    server.command("token", "create", "--user", "operator", "--name", "short-lived")
    [line] = [line for line in server.command("token", "list", "--user", "operator").splitlines() if "short-lived" in line]
    server.command("token", "revoke", line.split()[0], "--user", "operator")
    assert "short-lived" not in server.command("token", "list", "--user", "operator")


def test_a_seed_makes_accounts_with_given_tokens_and_may_be_repeated(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "seed.yaml"
    file.write_text(SEED)
    for _ in range(2):
        assert server.command("seed", str(file)) == "Seeded 2 users and 1 organisations."
    status, _, body = server.request("/api/whoami-v2", token="hf_given")
    assert status == 200
    assert b"valid_org" in body


def test_a_seeded_world_is_renewed_through_the_server(server: Server, tmp_path: Path) -> None:
    for name in ("first", "second"):
        file = tmp_path / "seed.yaml"
        file.write_text(f"users: [{{name: renewed-{name}, tokens: [{{name: ci, value: cw_{name}, role: write}}]}}]")
        server.command("seed", str(file))
        status, _, body = server.request("/cw/v1/development/reseed", method="POST")
        assert (status, body) == (200, b'{"users":1}')
    assert server.request("/api/whoami-v2", token="cw_second")[0] == 200


def test_a_seed_with_a_reserved_name_is_refused(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "seed.yaml"
    file.write_text("users: [{name: Settings}]")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        server.command("seed", str(file))
    assert "reserved" in caught.value.stderr


def test_seeding_needs_development_mode(tmp_path: Path) -> None:
    file = tmp_path / "seed.yaml"
    file.write_text(SEED)
    result = _run("seed", str(file), "--home", str(tmp_path))
    assert result.returncode == 1
    assert "COMMONWEIGHT_DEVELOPMENT=1" in result.stderr


def test_a_folder_without_an_installation_is_named(tmp_path: Path) -> None:
    result = _run("token", "create", "--user", "ada", "--home", str(tmp_path))
    assert result.returncode == 1
    assert result.stdout == ""
    assert f"There is no installation in {tmp_path}" in result.stderr


def test_a_taken_port_is_named(server: Server, tmp_path: Path) -> None:
    result = _run("up", "--home", str(tmp_path / "other"), "--port", server.address.rpartition(":")[2])
    assert result.returncode == 1
    assert "--port" in result.stderr


def test_help_lists_the_commands() -> None:
    result = _run("--help")
    assert result.returncode == 0
    assert {"up", "token", "seed", "rights"} <= set(result.stdout.split())


def test_an_alias_of_nothing_is_refused_in_one_sentence(server: Server) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        server.command("alias", "set", "gpt-4o", "nobody/nothing")
    assert caught.value.stderr.startswith("commonweight: The model 'nobody/nothing' does not exist")
    assert server.command("alias", "list") == ""
