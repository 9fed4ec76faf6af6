"""
What the standing policy refuses, as unmodified clients see it: `hf`, `huggingface_hub`, git-lfs and `openai`.

An approval lets them through, and its end refuses again.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import pytest
from huggingface_hub import HfApi

from tests.support.server import Server, running
from tests.support.tools import tool

STARTER = "commonweight/SmolLM2-135M-Instruct-GGUF"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL = "operator/research-only"
CARD = b"---\nlicense: other\nlicense_name: sai-nc-community\n---\n# Research only\n"
SELLING = {
    "organisation": {"kind": "company"},
    "use": {"acts": ["offer_product"], "production": True, "paid": True, "commercial": True, "audience": "customers"},
}
REFUSED = re.compile(
    r"stability-nc-research\S* \(1\.a[^)]*\) withholds this use.*ask an administrator of this server", re.DOTALL
)
PATIENCE = 20.0  # seconds until a policy reached every memory of the hot path; it keeps answers for at most five


@dataclass(frozen=True)
class World:
    server: Server
    reader: str  # the token of somebody who may write nothing
    oid: str
    size: int

    def call(self, method: str, path: str, body: Any) -> Any:
        status, _, answer = self.server.request(path, method=method, token=self.server.admin_token, body=body)
        assert status < 300, answer
        return json.loads(answer) if answer else None


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A research model, an installation that sells, and a policy that asks for approval."""
    folder, development = tmp_path_factory.mktemp("refusals"), {"COMMONWEIGHT_DEVELOPMENT": "1"}
    people = folder / "people.yaml"
    people.write_text("users: [{name: bob, tokens: [{name: test, value: cw_bob_reads, role: read}]}]\n")
    with running(folder / "home", starter=True, environment=development) as server:
        api = HfApi(server.address, token=server.admin_token)
        gguf = api.hf_hub_download(STARTER, GGUF, local_dir=server.home.parent)
        api.create_repo(MODEL)
        api.upload_file(path_or_fileobj=CARD, path_in_repo="README.md", repo_id=MODEL)
        api.upload_file(path_or_fileobj=gguf, path_in_repo="model.gguf", repo_id=MODEL)
        (info,) = api.get_paths_info(MODEL, "model.gguf")
        server.command("seed", str(people))
        made = World(server, "cw_bob_reads", info.lfs.sha256, info.lfs.size)  # type: ignore[union-attr]  # it is a large file
        made.call("PUT", "/cw/v1/uses/standing", {"name": "Product", "facts": SELLING})
        made.call("PUT", "/cw/v1/policy", {"areas": {"running": {"prohibited": ["require_approval"]}}})
        yield made


def hf(world: World, folder: Path, *arguments: str, token: str = "") -> subprocess.CompletedProcess[str]:
    """What `hf …` prints, with an empty cache."""
    environment = {**os.environ, "HF_ENDPOINT": world.server.address, "HF_HOME": str(folder / "hf"), "NO_COLOR": "1"}
    environment |= {"HF_TOKEN": token or world.reader, "HF_HUB_DISABLE_UPDATE_CHECK": "1"}
    program = str(Path(sys.executable).with_name("hf"))
    return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, timeout=120)


SNAPSHOT = """
import sys
from huggingface_hub import snapshot_download
snapshot_download(sys.argv[1], local_dir=sys.argv[2])
"""


def snapshot(world: World, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A script of two lines that downloads a repository."""
    variables = {**os.environ, "HF_ENDPOINT": world.server.address, "HF_HOME": str(folder / "hf"), **environment}
    variables |= {"HF_TOKEN": world.reader}
    command = [sys.executable, "-c", SNAPSHOT, MODEL, str(folder / "out")]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120)


def smudge(world: World, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """git-lfs turns a pointer into the file behind it, as it does when a branch is checked out."""
    folder.mkdir(exist_ok=True)
    address = world.server.address.replace("://", f"://bob:{world.reader}@")
    git, settings = tool("git"), {"lfs.url": f"{address}/{MODEL}/info/lfs", "lfs.concurrenttransfers": "1"}
    subprocess.run([git, "init", "-q", str(folder)], check=True)
    for name, value in settings.items():
        subprocess.run([git, "-C", str(folder), "config", name, value], check=True)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{world.oid}\nsize {world.size}\n"
    command = [tool("git-lfs"), "smudge", "model.gguf"]
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "HOME": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, input=pointer.encode(), capture_output=True, timeout=120)


def ask(world: World) -> Any:
    client = openai.OpenAI(base_url=f"{world.server.address}/v1", api_key=world.reader, max_retries=0)
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}], max_tokens=2)


def may_download(world: World) -> bool:
    return world.server.request(f"/{MODEL}/resolve/main/model.gguf", method="HEAD", token=world.reader)[0] != 403


def until(expected: bool, world: World) -> None:
    """Wait until downloads and serving are let through, or refused."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            served = bool(ask(world))
        except openai.PermissionDeniedError:
            served = False
        if (may_download(world), served) == (expected, expected):
            return
        time.sleep(0.2)
    pytest.fail(f"not {expected} within {PATIENCE} seconds")


def test_hf_download_prints_the_sentence_and_the_clause(world: World, tmp_path: Path) -> None:
    done = hf(world, tmp_path, "download", MODEL, "model.gguf", "--local-dir", str(tmp_path / "out"))
    assert done.returncode != 0
    assert "403 Forbidden" in done.stderr
    assert REFUSED.search(done.stderr)
    assert not (tmp_path / "out" / "model.gguf").exists()


@pytest.mark.parametrize("environment", [{}, {"HF_HUB_DISABLE_XET": "1"}], ids=["xet", "http"])
def test_snapshot_download_prints_the_sentence_and_the_clause(
    world: World, tmp_path: Path, environment: dict[str, str]
) -> None:
    done = snapshot(world, tmp_path, **environment)
    assert done.returncode != 0
    assert "403 Forbidden" in done.stderr
    assert REFUSED.search(done.stderr)
    assert not (tmp_path / "out" / "model.gguf").exists()


def test_the_card_goes_out_all_the_same(world: World, tmp_path: Path) -> None:
    done = hf(world, tmp_path, "download", MODEL, "README.md", "--local-dir", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "README.md").read_bytes() == CARD


def test_git_lfs_prints_the_sentence_and_the_clause(world: World, tmp_path: Path) -> None:
    done = smudge(world, tmp_path / "checkout")
    assert done.returncode != 0
    assert REFUSED.search(done.stderr.decode())
    assert len(done.stdout) < 1000


def test_the_openai_client_raises_it(world: World) -> None:
    with pytest.raises(openai.PermissionDeniedError, match=REFUSED) as caught:
        ask(world)
    verdict = caught.value.response.headers["x-commonweight-verdict"]
    assert caught.value.code == "licence_denied"
    assert verdict in caught.value.message
    status, _, body = world.server.request(f"/cw/v1/verdicts/{verdict}", token=world.reader)
    assert status == 200
    assert json.loads(body)["refusal"]["clause"].startswith("1.a")


def test_an_approval_lets_every_client_through_and_its_end_refuses_again(world: World, tmp_path: Path) -> None:
    made = world.call("POST", "/cw/v1/approvals", {"about": MODEL, "reason": "Legal holds a licence of Stability's"})
    until(True, world)
    done = hf(world, tmp_path, "download", MODEL, "model.gguf", "--local-dir", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "model.gguf").stat().st_size == world.size
    smudged = smudge(world, tmp_path / "checkout")
    assert (smudged.returncode, len(smudged.stdout)) == (0, world.size), smudged.stderr
    assert ask(world).choices[0].message.content is not None
    world.call("POST", f"/cw/v1/approvals/{made['id']}/end", {"reason": "The licence ran out"})
    until(False, world)
    again = snapshot(world, tmp_path / "again")
    assert REFUSED.search(again.stderr)
    with pytest.raises(openai.PermissionDeniedError):
        ask(world)
