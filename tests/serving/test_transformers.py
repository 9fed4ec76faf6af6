"""transformers' own server with a checkpoint made on the spot. Needs torch: `make test-all` installs it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from commonweight.serving import LoadFailed, Mode
from commonweight.serving.engines import EngineSpec, Transformers
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.held import held
from tests.support.tools import library

TEMPLATE = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}\n{% endfor %}<|assistant|>"


def make_checkpoint(folder: Path) -> Path:
    """A Llama of two layers with random weights over single bytes."""
    torch, _ = library("torch"), library("uvicorn")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(0)
    vocabulary = {character: number for number, character in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    vocabulary["<eos>"] = len(vocabulary)
    plain = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    plain.pre_tokenizer, plain.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, eos_token="<eos>", pad_token="<eos>")
    tokenizer.chat_template = TEMPLATE
    sizes: dict[str, Any] = {"vocab_size": len(vocabulary), "hidden_size": 64, "intermediate_size": 128}
    sizes |= {"num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 512}
    end = vocabulary["<eos>"]
    LlamaForCausalLM(LlamaConfig(**sizes, eos_token_id=end, pad_token_id=end, bos_token_id=None)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


async def test_a_checkpoint_is_served_whole_and_streamed_under_a_key(tmp_path: Path) -> None:
    spec = EngineSpec(make_checkpoint(tmp_path / "checkpoint"), "ada/big@abc", 4096)
    async with aiohttp.ClientSession() as session:
        kind = Transformers(tmp_path / "logs", session, threads=1)
        engine = kind.engine(spec)
        address = await engine.start(lambda text: None)
        try:
            assert address.engine.startswith("transformers/")
            assert address.traits.capabilities.context_tokens == 512
            body = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 5, "temperature": 0}
            headers = {"authorization": f"Bearer {address.api_key}"}
            url = f"{address.base_url}/v1/chat/completions"
            async with session.post(url, json=body, headers=headers) as response:
                answer = await response.json()
            assert answer["usage"]["completion_tokens"] == 5
            streamed = {**body, "stream": True, "stream_options": {"include_usage": True}}
            async with session.post(url, json=streamed, headers=headers) as response:
                text = await response.text()
            assert '"finish_reason":"length"' in text
            async with session.post(url, json=body) as response:
                assert response.status == 401
            assert await engine.active_requests() == 0
            assert engine.memory_bytes() > 100 << 20
            working = asyncio.create_task(session.post(url, json={**body, "max_tokens": 400}, headers=headers))
            async with asyncio.timeout(20):
                while not await engine.active_requests():
                    await asyncio.sleep(0.01)
            (await working).close()
        finally:
            await engine.stop()
        assert not await engine.healthy()


async def test_what_it_would_pass_over_is_refused(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        kind = Transformers(tmp_path, session)
        spec = EngineSpec(make_checkpoint(tmp_path / "checkpoint"), "ada/big@abc", 4096)
        engine = kind.engine(spec)
        traits = engine.traits
        with pytest.raises(LoadFailed, match="makes no embeddings"):
            kind.engine(EngineSpec(spec.model_path, "x", 10, Mode.EMBEDDINGS))
    for field, value in (
        ("tools", [{}]),
        ("n", 2),
        ("logprobs", True),
        ("top_k", 3),
        ("response_format", {"type": "json_object"}),
    ):
        with pytest.raises(BadRequest) as caught:
            held({"messages": [], field: value}, traits)
        assert caught.value.param == field
    assert held({"messages": [], "n": 1, "presence_penalty": 0}, traits) == {"messages": []}
