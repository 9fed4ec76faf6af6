"""OpenAI's own client tests against a running server, on the product's own seeded world and real (tiny) models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from huggingface_hub import HfApi

from tests.conformance.suite import HERE, Suite
from tests.support.server import Server, running
from tests.support.tiny_models import write_tiny_chat, write_tiny_embedding

pytestmark = pytest.mark.long

NEWEST, SECOND_MAJOR = "3.54.0", "2.54.0"
#: Vectors that may be cut are those of a model trained for it, which its card says by this tag.
MODELS = {
    "tiny-chat": (write_tiny_chat, {"license": "apache-2.0"}),
    "tiny-embedding": (
        write_tiny_embedding,
        {"license": "apache-2.0", "pipeline_tag": "feature-extraction", "tags": ["matryoshka"]},
    ),
}


@dataclass(frozen=True)
class Tier:
    tests: Sequence[str]  # patterns
    failures: Mapping[str, str]  # pattern -> reason


def tiers() -> dict[str, Tier]:
    document = yaml.safe_load((HERE / "expected.yaml").read_text())
    return {
        name: Tier(tier["tests"], {pattern: one["because"] for one in tier["failures"] for pattern in one["tests"]})
        for name, tier in document["tiers"].items()
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("conformance")
    with running(folder / "home", environment={"COMMONWEIGHT_DEVELOPMENT": "1"}) as server:
        api = HfApi(server.address, token=server.admin_token)
        server.command("seed", str(accounts_only(folder)))
        for name, (write, card) in MODELS.items():
            publish(api, f"conformance/{name}", write(folder / f"{name}.gguf"), card)
        server.command("seed", str(HERE / "world.yaml"))
        yield server


def accounts_only(folder: Path) -> Path:
    """The world without its aliases, which need the models."""
    document = yaml.safe_load((HERE / "world.yaml").read_text())
    file = folder / "accounts.yaml"
    file.write_text(yaml.safe_dump({"users": document["users"]}))
    return file


def publish(api: HfApi, repository: str, model: Path, card: Mapping[str, object]) -> None:
    """As anybody publishes a model: with the official client."""
    api.create_repo(repository)
    api.upload_file(path_or_fileobj=model, path_in_repo=model.name, repo_id=repository)
    text = f"---\n{yaml.safe_dump(dict(card))}---\nRandom weights.\n"
    api.upload_file(path_or_fileobj=text.encode(), path_in_repo="README.md", repo_id=repository)


def differences(outcomes: Mapping[str, str], expected: Mapping[str, str]) -> list[str]:
    """What fails and should not, what passes and should not, and patterns without a test."""
    failed = [test for test, outcome in outcomes.items() if outcome == "failed"]
    passed = [test for test, outcome in outcomes.items() if outcome == "passed"]

    def matched(test: str) -> bool:
        return any(fnmatch(test, pattern) for pattern in expected)

    idle = [pattern for pattern in expected if not any(fnmatch(test, pattern) for test in outcomes)]
    return [
        *(f"fails unexpectedly: {test}" for test in failed if not matched(test)),
        *(f"passes unexpectedly: {test}" for test in passed if matched(test)),
        *(f"no test fits: {pattern}" for pattern in idle),
    ]


@pytest.mark.parametrize("tier", tiers())
def test_the_newest_client_finds_what_is_expected(server: Server, tmp_path: Path, tier: str) -> None:
    wanted = tiers()[tier]
    outcomes = Suite.fetch(NEWEST).run(wanted.tests, server.address, tmp_path / "report.json")
    found = differences(outcomes, wanted.failures)
    assert not found, "\n".join(found)


def test_the_second_major_of_the_client_finds_no_fault_with_the_core(server: Server, tmp_path: Path) -> None:
    core = tiers()["core"]
    outcomes = Suite.fetch(SECOND_MAJOR).run(core.tests, server.address, tmp_path / "report.json")
    found = differences(outcomes, core.failures)
    assert not found, "\n".join(found)
