"""Older official hub clients, each in an environment of its own: upload a folder, list it, bring it back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import Server, running

pytestmark = pytest.mark.long

VERSIONS = ["0.34.4", "1.28.0", "2.4.0"]
SCRIPT = """
import sys
from pathlib import Path
from huggingface_hub import HfApi
folder, name = sys.argv[1:]
api = HfApi()
api.create_repo(name, private=True)
api.upload_folder(repo_id=name, folder_path=folder)
assert set(api.list_repo_files(name)) >= {"small.txt", "sub/large.bin"}
back = Path(api.snapshot_download(name, local_dir=folder + "-back"))
for path in ("small.txt", "sub/large.bin"):
    assert (back / path).read_bytes() == (Path(folder) / path).read_bytes()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("versions") / "home") as server:
        yield server


@pytest.mark.parametrize("without_xet", [False, True])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_folder_goes_there_and_back(server: Server, tmp_path: Path, version: str, without_xet: bool) -> None:
    python = _environment(tmp_path / "venv", version)
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "small.txt").write_text(f"{version} {without_xet}\n")
    (folder / "sub" / "large.bin").write_bytes(f"{version} {without_xet}".encode() * 200_000)
    name = f"operator/client-{version.replace('.', '-')}-{'lfs' if without_xet else 'xet'}"
    variables = {"HF_ENDPOINT": server.address, "HF_TOKEN": server.admin_token, "HF_HOME": str(tmp_path / "hf")}
    if without_xet:
        variables["HF_HUB_DISABLE_XET"] = "1"
    done = subprocess.run(
        [python, "-c", SCRIPT, str(folder), name], env=variables, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def _environment(folder: Path, version: str) -> str:
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = str(folder / "bin" / "python")
    packages = [f"huggingface_hub=={version}", "hf_xet"]
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True, capture_output=True)
    return python
