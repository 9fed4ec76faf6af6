"""
From a file of examples to a served, judged, published model, by the clients that people have: a tiny model is made on the
spot, put into the hub, tuned by the official OpenAI client, called by its `ft:` name, and is right where its base never was.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import pytest
from huggingface_hub import HfApi

from commonweight.tuning.converting import Converter, Quantisation
from tests.support.server import Server, running
from tests.tuning.tiny import tickets
from tests.tuning.training_world import need_training

BASE = "acme/tiny"
EXAMPLES, UNSEEN = tickets(260, seed=1)[:200], tickets(260, seed=1)[200:]
SECONDS = 240
KEY = "the key of acme"
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "COMMONWEIGHT_DEVELOPMENT": "1"}


@dataclass
class World:
    server: Server
    client: openai.OpenAI

    def right(self, model: str) -> float:
        """The share of unseen tickets that a model answers exactly."""
        return sum(self._say(model, line) == line["messages"][1]["content"] for line in UNSEEN) / len(UNSEEN)

    def _say(self, model: str, line: Mapping[str, Any]) -> str:
        messages: Any = line["messages"][:1]
        answer = self.client.chat.completions.create(model=model, messages=messages, max_tokens=24, temperature=0)
        return answer.choices[0].message.content or ""

    def tune(self, **said: Any) -> Any:
        """A job with the examples."""
        data = b"".join(json.dumps(line).encode() + b"\n" for line in EXAMPLES)
        file = self.client.files.create(file=("tickets.jsonl", data), purpose="fine-tune")
        return self.client.fine_tuning.jobs.create(model=BASE, training_file=file.id, seed=7, **said)

    def until_over(self, job: Any) -> Any:
        deadline = time.monotonic() + SECONDS
        while job.status not in ("succeeded", "failed", "cancelled"):
            assert time.monotonic() < deadline, self.messages(job)
            time.sleep(0.3)
            job = self.client.fine_tuning.jobs.retrieve(job.id)
        return job

    def messages(self, job: Any) -> list[str]:
        """Of its events, oldest first."""
        events = self.client.fine_tuning.jobs.list_events(job.id, limit=100)
        return [event.message for event in events][::-1]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Iterator[World]:
    need_training()
    folder = tmp_path_factory.mktemp("tuning")
    with running(folder / "home", environment=ENVIRONMENT) as server:
        gguf = folder / "tiny-F16.gguf"
        asyncio.run(Converter().to_gguf(tiny_base, gguf, {}, Quantisation.F16))
        people = folder / "people.yaml"
        people.write_text(f"users: [{{name: acme, tokens: [{{name: key, value: {KEY}, role: write}}]}}]\n")
        server.command("seed", str(people))
        api = HfApi(server.address, token=KEY)
        api.create_repo(BASE)
        api.upload_folder(repo_id=BASE, folder_path=tiny_base, allow_patterns=["*.json", "*.jinja", "*.safetensors"])
        api.upload_file(repo_id=BASE, path_or_fileobj=gguf, path_in_repo=gguf.name)
        card = b"---\nlicense: apache-2.0\n---\nMade on the spot.\n"
        api.upload_file(repo_id=BASE, path_or_fileobj=card, path_in_repo="README.md")
        yield World(server, openai.OpenAI(base_url=f"{server.address}/v1", api_key=KEY, max_retries=2))


def test_two_hundred_examples_make_a_model_that_is_right_where_its_base_never_was(world: World) -> None:
    began = time.monotonic()
    job = world.tune(suffix="tickets", metadata={"team": "support"})
    job = world.until_over(job)
    assert job.status == "succeeded", (job.error, world.messages(job))
    name = job.fine_tuned_model
    assert name.startswith("ft:tiny:acme:tickets:")
    assert world.right(BASE) == 0.0
    assert world.right(name) >= 0.95
    assert time.monotonic() - began < 120
    assert name in [model.id for model in world.client.models.list()]
    states = world.client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert len(states) == 3
    assert all(world.right(state.fine_tuned_model_checkpoint) > 0.5 for state in states)
