"""What a GGUF header says of serving the file."""

from pathlib import Path

import pytest

from commonweight.choosing import Offers
from commonweight.choosing.heads import GgufFacts, facts_of
from commonweight.hub import AddLarge
from commonweight.identity import ANONYMOUS
from commonweight.serving import Mode
from tests.policy.world import World
from tests.support.tiny_models import CONTEXT, write_tiny_chat, write_tiny_embedding, write_tiny_reranker


@pytest.mark.parametrize(
    ("write", "mode"), [(write_tiny_chat, None), (write_tiny_embedding, Mode.EMBEDDINGS), (write_tiny_reranker, Mode.RERANK)]
)
def test_the_header_tells_what_a_model_was_made_for(tmp_path: Path, write: object, mode: Mode | None) -> None:
    file = write(tmp_path / "model.gguf")  # type: ignore[operator]
    assert facts_of(file.read_bytes()[:4096], file.stat().st_size) == GgufFacts(mode, CONTEXT)


def test_what_is_no_model_says_nothing() -> None:
    assert facts_of(b"no model", 8) == GgufFacts()


async def test_a_card_without_a_task_leaves_it_to_the_file(world: World, offers: Offers, tmp_path: Path) -> None:
    file = write_tiny_embedding(tmp_path / "model.gguf")
    revision = await world.publish("vectors", {"license": "mit", "tags": ["matryoshka"], "base_model": "ada/base"})
    large = await world.storage.ingest(revision.repository.scope, file)
    change = AddLarge("model.gguf", large.sha256, large.size)
    await world.hub.commit(await world.caller("ada"), revision.repository, "main", [change], title="add")
    offer = await offers.resolve(ANONYMOUS, "ada/vectors")
    assert (offer.servable.mode, offer.about.context_tokens) == (Mode.EMBEDDINGS, CONTEXT)
    assert (offer.about.base_models, offer.about.tags) == (("ada/base",), ("matryoshka",))
    [listing] = await offers.list(ANONYMOUS)
    assert (listing.mode, listing.about) == (Mode.EMBEDDINGS, offer.about)
