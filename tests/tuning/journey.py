"""A whole installation with a tiny base in its hub, and tickets to tune it with, by the clients that people have."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
from huggingface_hub import HfApi

from commonweight.tuning.converting import Converter, Quantisation
from tests.support.server import Server
from tests.tuning.tiny import tickets

BASE = "acme/tiny"
FLOATS = "acme/floats"  # the same without a GGUF file
EXAMPLES, UNSEEN = tickets(260, seed=1)[:200], tickets(260, seed=1)[200:]
SECONDS = 300  # half a minute where nobody else works; tests share their machine
KEY = "the key of acme"
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "COMMONWEIGHT_DEVELOPMENT": "1"}
FILES = ["*.json", "*.jinja", "*.safetensors"]


@dataclass
class World:
    server: Server
    client: openai.OpenAI

    def right(self, model: str, of: int = len(UNSEEN)) -> float:
        """The share of unseen tickets that a model answers exactly."""
        return sum(self.say(model, line) == line["messages"][1]["content"] for line in UNSEEN[:of]) / of

    def say(self, model: str, line: Mapping[str, Any]) -> str:
        """What it answers to a ticket."""
        messages: Any = line["messages"][:1]
        answer = self.client.chat.completions.create(model=model, messages=messages, max_tokens=24, temperature=0)
        return answer.choices[0].message.content or ""

    def tune(self, **said: Any) -> Any:
        """A job with the examples."""
        file = self.client.files.create(file=("tickets.jsonl", as_lines(EXAMPLES)), purpose="fine-tune")
        return self.client.fine_tuning.jobs.create(**{"model": BASE, "training_file": file.id, "seed": 7, **said})

    def until(self, job: Any, *stages: str) -> Any:
        """Wait until it is in one of these stages, or over."""
        deadline = time.monotonic() + SECONDS
        while True:
            told = self.own(f"/tuning/jobs/{job.id}")
            if told["stage"] in stages or told["status"] in ("succeeded", "failed", "cancelled"):
                return told
            assert time.monotonic() < deadline, self.messages(job)
            time.sleep(0.2)

    def until_step(self, job: Any, step: int) -> None:
        """Wait until it has trained so far."""
        deadline = time.monotonic() + SECONDS
        while self.own(f"/tuning/jobs/{job.id}")["progress"].get("step", 0) < step:
            assert time.monotonic() < deadline, self.messages(job)
            time.sleep(0.1)

    def until_over(self, job: Any) -> Any:
        self.until(job)
        return self.client.fine_tuning.jobs.retrieve(job.id)

    def messages(self, job: Any) -> list[str]:
        """Of its events, oldest first."""
        events = self.client.fine_tuning.jobs.list_events(job.id, limit=100)
        return [event.message for event in events][::-1]

    def own(self, path: str, body: Any = None) -> Any:
        """What our own API answers."""
        method = "GET" if body is None else "POST"
        status, _, answer = self.server.request(f"/cw/v1{path}", method=method, token=KEY, body=body)
        assert status == 200, answer
        return json.loads(answer)


def as_lines(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


async def publish_base(server: Server, base: Path, folder: Path) -> None:
    """The base as its maker publishes it: floats, and a GGUF file by which it is served."""
    people = folder / "people.yaml"
    people.write_text(f"users: [{{name: acme, tokens: [{{name: key, value: {KEY}, role: write}}]}}]\n")
    server.command("seed", str(people))
    api = HfApi(server.address, token=KEY)
    upload(api, BASE, base)
    gguf = folder / "tiny-F16.gguf"
    await Converter().to_gguf(base, gguf, {}, Quantisation.F16)
    api.upload_file(repo_id=BASE, path_or_fileobj=gguf, path_in_repo=gguf.name)


def upload(api: HfApi, name: str, base: Path) -> None:
    """A repository with the base's floats."""
    api.create_repo(name)
    api.upload_folder(repo_id=name, folder_path=base, allow_patterns=FILES)
    card = b"---\nlicense: apache-2.0\n---\nMade on the spot.\n"
    api.upload_file(repo_id=name, path_or_fileobj=card, path_in_repo="README.md")
