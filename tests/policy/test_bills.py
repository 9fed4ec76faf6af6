"""Bills of materials of what is kept here."""

from __future__ import annotations

import hashlib
import json

import pytest

from commonweight.errors import InvalidInput
from commonweight.policy import Bills
from tests.policy.world import GGUF, World
from tests.rights.aibom.test_documents import check_cyclonedx, check_spdx

TUNED = {
    "license": "mit", "base_model": ["meta-llama/Llama-3.2-1B"], "datasets": ["bob/poems"], "language": ["en"],
    "pipeline_tag": "text-generation",
"model-index": [{"results": [{"dataset": {"name": "MMLU"}, "metrics": [{"type": "acc", "value": 0.5}, 7]}, None]}],
}  # fmt: skip


async def test_a_revision_has_a_bill_in_both_formats(world: World) -> None:
    tuned = await world.publish("tuned", TUNED, **{"config.json": '{"model_type": "llama", "architectures": ["L"]}'})
    revision = await world.add_gguf(tuned.repository)
    bills = Bills(world.hub, world.policy)
    cyclonedx = await bills.make(revision, "cyclonedx", "https://hub.example")
    check_cyclonedx(cyclonedx)
    check_spdx(await bills.make(revision, "spdx", "https://hub.example"))
    root = cyclonedx["metadata"]["component"]
    (file,) = root["components"]
    assert file["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(GGUF + b"model.gguf").hexdigest()}]
    assert root["version"] == revision.commit
    card = root["modelCard"]
    assert card["modelParameters"]["architectureFamily"] == "llama"
    assert card["quantitativeAnalysis"]["performanceMetrics"] == [{"type": "acc", "value": "0.5", "slice": "MMLU"}]
    assert await bills.make(revision, "cyclonedx", "https://hub.example") == cyclonedx


async def test_weights_that_lie_in_git_are_hashed(world: World) -> None:
    revision = await world.publish("tiny", {"license": "mit"}, **{"model.bin": "weights"})
    root = (await Bills(world.hub, world.policy).make(revision, "cyclonedx"))["metadata"]["component"]
    (file,) = root["components"]
    assert file["hashes"][0]["content"] == hashlib.sha256(b"weights").hexdigest()


async def test_a_private_parent_is_not_told_in_the_bill_of_a_public_child(world: World) -> None:
    await world.publish("secret-base", {"license": "llama3.2"}, visibility="private", LICENSE="Hush.")
    child = await world.publish("child", {"license": "mit", "base_model": "ada/secret-base"})
    for form in ("cyclonedx", "spdx"):
        told = json.dumps(await Bills(world.hub, world.policy).make(child, form, "https://hub.example"))
        assert "llama" not in told.lower()
        assert "https://hub.example/ada/secret-base" not in told


async def test_there_is_none_in_another_format_nor_of_what_is_only_known(world: World) -> None:
    bills = Bills(world.hub, world.policy)
    with pytest.raises(InvalidInput, match="cyclonedx, spdx"):
        await bills.make(await world.publish("tiny", {"license": "mit"}), "xml")
    with pytest.raises(InvalidInput, match="kept here"):
        await bills.make(await world.policy.find(await world.caller("ada"), "xai/grok-1"), "spdx")
