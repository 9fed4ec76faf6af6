"""Uploaded adapters in PEFT's layout, asked by many at once: no answer is ever another one's."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import openai
import pytest
from huggingface_hub import HfApi

from commonweight.serving import LlamaCpp
from commonweight.serving.engines import AdapterFile, EngineSpec
from commonweight.serving.models import Mode
from commonweight.tuning.converting.adapter_to_gguf import adapter_to_gguf
from tests.serving.tiny_gguf import write_base
from tests.support.peft_adapter import write_peft
from tests.support.server import Server, running

PROMPTS = [f"question {number} of {number * 7}" for number in range(12)]
NAMES = ("base", "warm", "cold")
USERS, ROUNDS = 8, 30
CARD = "---\nlicense: mit\nbase_model: operator/base\nbase_model_relation: adapter\n---\n# An adapter\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "base").mkdir()
    write_base(folder / "base" / "model.gguf")
    (folder / "base" / "README.md").write_text("---\nlicense: mit\n---\n# A base\n")
    for seed, name in enumerate(NAMES[1:], start=3):
        write_peft(folder / name, seed)
        (folder / name / "README.md").write_text(CARD)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, files: Path) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("peft") / "home") as server:
        api = HfApi(server.address, token=server.admin_token)
        for name in NAMES:
            api.create_repo(f"operator/{name}")
            api.upload_folder(repo_id=f"operator/{name}", folder_path=files / name)
        yield server


async def streamed(response: aiohttp.ClientResponse) -> str:
    """The text of a stream, as the gateway reads it: random bytes that end within a sign are not sent."""
    lines = [line async for line in response.content if line.startswith(b"data: {")]
    return "".join(json.loads(line[6:])["choices"][0]["text"] for line in lines if b'"choices":[{' in line)


async def cold_answers(files: Path, folder: Path) -> dict[tuple[str, str], str]:
    """What an engine says that never knew anything but one adapter, asked one after the other."""
    found = {}
    async with aiohttp.ClientSession() as session:
        for name in NAMES:
            adapters = ()
            if name != "base":
                adapter = folder / f"{name}.gguf"
                adapter_to_gguf(files / name, files / "base" / "model.gguf", adapter, {})
                adapters = (AdapterFile(name, adapter),)
            kind = LlamaCpp(folder, session, threads=1)
            engine = kind.engine(EngineSpec(files / "base" / "model.gguf", name, 512, Mode.CHAT, adapters))
            address = await engine.start(lambda text: None)
            try:
                for prompt in PROMPTS:
                    body = {"prompt": prompt, "temperature": 0, "max_tokens": 12, "cache_prompt": False, "stream": True}
                    body |= {"lora": [{"id": 0, "scale": 1.0}]} if adapters else {}
                    headers = {"authorization": f"Bearer {address.api_key}", "connection": "close"}
                    async with session.post(f"{address.base_url}/v1/completions", json=body, headers=headers) as response:
                        found[name, prompt] = await streamed(response)
            finally:
                await engine.stop()
    return found


async def test_no_answer_is_mixed_up_under_eight_users_on_two_adapters_and_their_base(
    server: Server, files: Path, tmp_path: Path
) -> None:
    expected = await cold_answers(files, tmp_path)
    assert len({tuple(expected[name, prompt] for prompt in PROMPTS) for name in NAMES}) == len(NAMES)

    def user(number: int) -> list[tuple[str, str, str]]:
        client = openai.OpenAI(base_url=f"{server.address}/v1", api_key=server.admin_token, timeout=120)
        draw, said = random.Random(number), []
        for _ in range(ROUNDS):
            name, prompt = draw.choice(NAMES), draw.choice(PROMPTS)
            answer = client.completions.create(model=f"operator/{name}", prompt=prompt, temperature=0, max_tokens=12)
            said.append((name, prompt, answer.choices[0].text))
        return said

    with ThreadPoolExecutor(USERS) as users:
        answers = [one for said in users.map(user, range(USERS)) for one in said]
    assert len(answers) == USERS * ROUNDS
    wrong = [one for one in answers if expected[one[0], one[1]] != one[2]]
    assert not wrong, f"{len(wrong)} of {len(answers)}: {[(*one, expected[one[0], one[1]]) for one in wrong[:6]]}"


def test_the_receipt_names_the_adapter_and_its_base(server: Server) -> None:
    client = openai.OpenAI(base_url=f"{server.address}/v1", api_key=server.admin_token)
    raw = client.completions.with_raw_response.create(model="operator/warm", prompt="hello", max_tokens=1)
    assert raw.headers["x-commonweight-adapter"].startswith("operator/warm@")
    assert raw.headers["x-commonweight-model"].startswith("operator/base@")


def test_an_adapter_that_must_be_merged_is_refused_with_that_remedy(server: Server, tmp_path: Path) -> None:
    api = HfApi(server.address, token=server.admin_token)
    write_peft(tmp_path / "dora", 9, use_dora=True)
    (tmp_path / "dora" / "README.md").write_text(CARD)
    api.create_repo("operator/dora")
    api.upload_folder(repo_id="operator/dora", folder_path=tmp_path / "dora")
    client = openai.OpenAI(base_url=f"{server.address}/v1", api_key=server.admin_token)
    with pytest.raises(openai.BadRequestError, match=r"DoRA.*Merge it"):
        client.completions.create(model="operator/dora", prompt="hello", max_tokens=1)
