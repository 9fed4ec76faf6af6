"""
A server in development mode with the world that OpenAI's tests expect: tiny models written on the spot, published by the
official client, and the seed `world.yaml`.

    python -m tests.conformance.world        serves it until Ctrl-C, for other suites; prints the address
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import yaml
from huggingface_hub import HfApi

from tests.support.server import Server, running
from tests.support.tiny_models import write_tiny_chat, write_tiny_embedding

HERE = Path(__file__).parent
WORLD = HERE / "world.yaml"
KEY = "My API Key"
#: Tunings are made, listed and stopped there, and none is worked on: what comes of them is tried elsewhere, in earnest.
ENVIRONMENT = {"COMMONWEIGHT_DEVELOPMENT": "1", "COMMONWEIGHT_TUNINGS_AT_ONCE": "0"}
LICENCE = {"license": "apache-2.0"}
MODELS = {
    "tiny-chat": (write_tiny_chat, LICENCE),
    "tiny-plain": (partial(write_tiny_chat, tools=False), LICENCE),
    #: Vectors that may be cut are those of a model trained for it, which its card says by this tag.
    "tiny-embedding": (
        write_tiny_embedding,
        {**LICENCE, "pipeline_tag": "feature-extraction", "tags": ["matryoshka"]},
    ),
}


@contextmanager
def conformance_server(folder: Path) -> Iterator[Server]:
    """For as long as the block lasts."""
    with running(folder / "home", environment=ENVIRONMENT) as server:
        api = HfApi(server.address, token=server.admin_token)
        server.command("seed", str(_accounts_only(folder)))
        for name, (write, card) in MODELS.items():
            _publish(api, f"conformance/{name}", write(folder / f"{name}.gguf"), card)
        server.command("seed", str(WORLD))
        yield server


def _accounts_only(folder: Path) -> Path:
    """The world without what needs the models."""
    file = folder / "accounts.yaml"
    file.write_text(yaml.safe_dump({"users": yaml.safe_load(WORLD.read_text())["users"]}))
    return file


def _publish(api: HfApi, repository: str, model: Path, card: Mapping[str, object]) -> None:
    """As anybody publishes a model: with the official client."""
    api.create_repo(repository)
    api.upload_file(path_or_fileobj=model, path_in_repo=model.name, repo_id=repository)
    text = f"---\n{yaml.safe_dump(dict(card))}---\nRandom weights.\n"
    api.upload_file(path_or_fileobj=text.encode(), path_in_repo="README.md", repo_id=repository)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as where, conformance_server(Path(where)) as served:
        sys.stdout.write(f"{served.address}\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
