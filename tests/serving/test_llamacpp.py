"""What llama.cpp is started for beside plain chat: adapters per request, drafts, vectors, ranking."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest

from commonweight.serving import EngineLost, LoadFailed, Mode, addressing, guidance, unheld
from commonweight.serving.engines import AdapterFile, Address, EngineSpec, LlamaCpp
from tests.serving.test_schemas import GUIDED, HELD
from tests.serving.tiny_gguf import write_adapter, write_base
from tests.serving.world import starter_file

USERS = 8
#: Four of them fit into one step of the engine: a prompt that is read in two steps is rounded otherwise.
PROMPTS = [f"All begin so: question {number}?" for number in range(15)]
ROUNDS = 3
BYTES_BUT_TEXT = [[token, False] for token in [*range(32), *range(127, 256)]]


@asynccontextmanager
async def engine(home: Path, spec: EngineSpec, slots: int = 4) -> AsyncIterator[tuple[aiohttp.ClientSession, Address]]:
    async with aiohttp.ClientSession() as session:
        running = LlamaCpp(home / "logs", session, threads=1, slots=slots).engine(spec)
        address = await running.start(lambda text: None)
        try:
            yield session, address
        finally:
            await running.stop()


async def post(session: aiohttp.ClientSession, address: Address, path: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {address.api_key}"}
    async with session.post(address.base_url + path, json=body, headers=headers) as response:
        document: dict[str, Any] = await response.json()
        assert response.status == 200, document
        return document


async def complete(session: aiohttp.ClientSession, address: Address, prompt: str, adapter: str = "") -> str:
    body = {
        "prompt": prompt,
        "max_tokens": 16,
        "temperature": 0,
        "cache_prompt": False,
        **addressing(address.traits, adapter),
    }
    return str((await post(session, address, "/v1/completions", body))["choices"][0]["text"])


async def cold(home: Path, base: Path, adapters: Sequence[AdapterFile]) -> list[str]:
    """What an engine says that was started for this adapter alone and answers one request after the other."""
    name = adapters[0].name if adapters else ""
    async with engine(home, EngineSpec(base, "tiny", 256, adapters=tuple(adapters)), slots=1) as (session, address):
        return [await complete(session, address, prompt, name) for prompt in PROMPTS]


async def test_adapters_are_switched_per_request_and_never_mixed_under_eight_users(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base.gguf")
    adapters = [AdapterFile(name, write_adapter(tmp_path / f"{name}.gguf", seed)) for name, seed in (("a", 11), ("b", 12))]
    expected = {"": await cold(tmp_path, base, [])}
    expected |= {adapter.name: await cold(tmp_path, base, [adapter]) for adapter in adapters}
    assert all(one != other for one, other in itertools.combinations(expected.values(), 2)), "the adapters change nothing"

    jobs = [(name, number) for name in expected for number in range(len(PROMPTS))] * ROUNDS
    random.Random(1).shuffle(jobs)
    wrong = []
    async with engine(tmp_path, EngineSpec(base, "tiny", 256, adapters=tuple(adapters))) as (session, address):
        waiting = iter(jobs)

        async def user() -> None:
            for name, number in waiting:
                if await complete(session, address, PROMPTS[number], name) != expected[name][number]:
                    wrong.append((name, number))

        await asyncio.gather(*(user() for _ in range(USERS)))
    assert wrong == [], f"{len(wrong)} of {len(jobs)} answers are not those of an engine with that adapter alone"


async def test_an_adapter_that_the_engine_does_not_hold_is_never_answered_by_the_base(tmp_path: Path) -> None:
    adapter = AdapterFile("a", write_adapter(tmp_path / "a.gguf", 11))
    spec = EngineSpec(write_base(tmp_path / "base.gguf"), "tiny", 256, adapters=(adapter,))
    async with engine(tmp_path, spec) as (_, address):
        with pytest.raises(EngineLost, match="other"):
            addressing(address.traits, "other")


async def test_a_broken_adapter_is_a_failed_load_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"no adapter")
    spec = EngineSpec(write_base(tmp_path / "base.gguf"), "tiny", 256, adapters=(AdapterFile("a", tmp_path / "a.gguf"),))
    with pytest.raises(LoadFailed, match="adapter a is no GGUF file"):
        async with engine(tmp_path, spec):
            pass


async def test_a_draft_guesses_ahead_and_changes_no_answer(tmp_path: Path) -> None:
    base, draft = write_base(tmp_path / "base.gguf"), write_base(tmp_path / "draft.gguf")
    plain = await cold(tmp_path, base, [])
    async with engine(tmp_path, EngineSpec(base, "tiny", 256, draft_path=draft)) as (session, address):
        assert [await complete(session, address, prompt) for prompt in PROMPTS] == plain
        headers = {"authorization": f"Bearer {address.api_key}"}
        async with session.get(f"{address.base_url}/metrics", headers=headers) as response:
            told = dict(line.split(" ") for line in (await response.text()).splitlines() if not line.startswith("#"))
    assert float(told["llamacpp:spec_decode_num_accepted_tokens_total"]) > 0


async def test_vectors_of_texts_longer_than_a_usual_batch(tmp_path: Path) -> None:
    spec = EngineSpec(write_base(tmp_path / "v.gguf", pooling=1, context=2048), "tiny", 1024, Mode.EMBEDDINGS)
    async with engine(tmp_path, spec) as (session, address):
        texts = ["hello", "hello", "bye", "word " * 150]
        document = await post(session, address, "/v1/embeddings", {"input": texts})
    first, second, third, long = (item["embedding"] for item in document["data"])
    assert first == pytest.approx(second, abs=1e-5)
    assert first != pytest.approx(third, abs=1e-2)
    assert len(long) == 64
    assert address.traits.capabilities.embeddings
    assert not address.traits.capabilities.chat


async def test_documents_are_ranked(tmp_path: Path) -> None:
    spec = EngineSpec(write_base(tmp_path / "r.gguf", pooling=4), "tiny", 256, Mode.RERANK)
    async with engine(tmp_path, spec) as (session, address):
        body = {"query": "hello", "documents": ["hello", "something else", "hello"]}
        scores = [item["relevance_score"] for item in (await post(session, address, "/v1/rerank", body))["results"]]
    assert len(scores) == 3
    assert len({round(score, 4) for score in scores}) == 2
    assert address.traits.capabilities.rerank


async def test_answers_hold_to_every_schema_that_is_let_through(tmp_path: Path) -> None:
    """A model of random weights writes anything that it may."""
    async with engine(tmp_path, EngineSpec(write_base(tmp_path / "base.gguf"), "tiny", 256)) as (session, address):

        async def ask(schema: dict[str, Any], seed: int) -> None:
            fields: dict[str, Any] = {"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}
            if unheld(schema):
                fields = {"grammar": guidance(schema)}
            messages = [{"role": "user", "content": "x"}]
            # Bytes that are no text are the model's fault and not the schema's: half of its tokens would be such.
            body = {"messages": messages, "seed": seed, "max_tokens": 60, "logit_bias": BYTES_BUT_TEXT, **fields}
            choice = (await post(session, address, "/v1/chat/completions", body))["choices"][0]
            if choice["finish_reason"] == "stop":
                finished.append(schema)
                jsonschema.validate(json.loads(choice["message"]["content"], strict=False), schema)

        finished: list[dict[str, Any]] = []
        await asyncio.gather(*(ask(schema, seed) for schema in [*HELD, *GUIDED] for seed in range(4)))
    for schema in [*HELD[1:], *GUIDED]:
        assert schema in finished, f"no answer to {schema} was finished"


async def test_who_leaves_while_the_prompt_is_read_is_noticed_long_before_its_end(tmp_path: Path) -> None:
    async with engine(tmp_path, EngineSpec(starter_file(), "starter", 1024)) as (session, address):
        body = {"prompt": "Tell me of a fox. " * 150, "max_tokens": 1, "cache_prompt": False}
        body |= {"stream": True, "return_progress": True}
        headers = {"authorization": f"Bearer {address.api_key}", "connection": "close"}
        loop = asyncio.get_running_loop()

        async def ask() -> aiohttp.ClientResponse:
            response = await session.post(f"{address.base_url}/v1/completions", json=body, headers=headers)
            assert response.status == 200
            return response

        async def busy() -> bool:
            async with session.get(f"{address.base_url}/slots", headers=headers) as slots:
                return any(slot["is_processing"] for slot in await slots.json())

        began = loop.time()
        await (await ask()).read()
        whole = loop.time() - began
        leaving = await ask()
        assert await busy()
        leaving.close()
        left = loop.time()
        while await busy():
            await asyncio.sleep(whole / 50)
        assert loop.time() - left < whole / 2
