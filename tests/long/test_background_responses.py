"""A response in the background outlives the worker that made it."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from huggingface_hub import HfApi
from openai import OpenAI

from tests.serving.world import starter_file
from tests.support.server import Server, running

LEASE_AND_MORE_S = 180  # the lease of a dead worker's job is a minute; then an engine has to start


def worker(server: Server) -> psutil.Process:
    children = psutil.Process(server.pid).children(recursive=True)
    return next(child for child in children if "commonweight.worker" in child.cmdline())


@pytest.mark.long
def test_a_killed_worker_loses_no_response_in_the_background(tmp_path: Path) -> None:
    with running(tmp_path / "home") as server:
        api = HfApi(endpoint=server.address, token=server.admin_token)
        api.create_repo("operator/tiny")
        api.upload_file(path_or_fileobj=starter_file(), path_in_repo="tiny.gguf", repo_id="operator/tiny")
        server.command("retention", "allow", "--account", "operator", "--days", "1", "--reason", "a test")
        time.sleep(2.5)  # a running process knows of it after two seconds
        client = OpenAI(base_url=f"{server.address}/v1", api_key=server.admin_token)
        made = client.responses.create(
            model="operator/tiny", input="Tell a very long story.", max_output_tokens=600, background=True
        )
        until = time.monotonic() + LEASE_AND_MORE_S
        while client.responses.retrieve(made.id).status == "queued" and time.monotonic() < until:
            time.sleep(0.1)
        worker(server).kill()
        while client.responses.retrieve(made.id).status in ("queued", "in_progress") and time.monotonic() < until:
            time.sleep(1)
        answer = client.responses.retrieve(made.id)
        assert answer.status in ("completed", "incomplete")
        assert answer.output_text
        events = list(client.responses.retrieve(made.id, stream=True))
        assert [event.sequence_number for event in events] == list(range(len(events)))
