"""`commonweight convert` on a running installation: the draft comes, its files answer, a power cut costs time alone."""

from __future__ import annotations

import json
import time
from pathlib import Path

import openai
from huggingface_hub import HfApi

from tests.support.server import Server, running
from tests.tuning.conversions.world import CONFIG, weights
from tests.tuning.converting.models import byte_tokenizer

MODEL = "operator/tiny"


def publish(server: Server, folder: Path) -> None:
    byte_tokenizer(folder)
    (folder / "model.safetensors").write_bytes(weights())
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Tiny\n")
    api = HfApi(server.address, token=server.admin_token)
    api.create_repo(MODEL)
    api.upload_folder(repo_id=MODEL, folder_path=folder)


def test_a_model_is_converted_by_a_command_and_after_a_power_cut(tmp_path: Path) -> None:
    with running(tmp_path / "home") as server:
        publish(server, tmp_path / "files")
        said = server.command("convert", MODEL, "--to", "operator/tiny-GGUF", "--format", "F16,Q8_0")
        assert "tiny-Q8_0.gguf" in said
        assert "Not scored" not in said
        scores = next(line for line in said.splitlines() if line.startswith("tiny-Q8_0.gguf: "))
        assert "perplexity" in scores  # compared with the floats, by the engines of this installation
        assert "operator/tiny-GGUF@" in said
        client = openai.OpenAI(base_url=f"{server.address}/v1", api_key=server.admin_token)
        answer = client.completions.create(model="operator/tiny-GGUF:tiny-Q8_0.gguf", prompt="hello", max_tokens=3)
        assert answer.usage is not None
        assert answer.usage.completion_tokens > 0
        made = server.command(
            "convert", MODEL, "--to", "operator/again-GGUF", "--format", "F16,Q4_K", "--no-score", "--no-wait"
        )
        server.kill_everything()
        server.restart()
        path = f"/cw/v1/conversions/{made.split()[0]}"
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            status, _, body = server.request(path, token=server.admin_token)
            assert status == 200
            if json.loads(body)["status"] not in ("queued", "running"):
                break
            time.sleep(0.5)
        assert json.loads(body)["status"] == "succeeded", body
