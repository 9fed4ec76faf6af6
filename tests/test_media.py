"""
Pictures and sound through the whole house: published by the official client, loaded by the worker, asked for by the
official client.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from huggingface_hub import HfApi

from tests.serving.test_diffusers import PNG, make_pipeline
from tests.support.pictures import BLUE, RED, data_url, png
from tests.support.server import Server, running
from tests.support.tiny_models import write_tiny_chat, write_tiny_eye

CARD = b"---\nlicense: apache-2.0\n---\nRandom weights.\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("media") / "home") as server:
        yield server


@pytest.fixture
def client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.address}/v1", api_key=server.admin_token, max_retries=0)


def publish(server: Server, name: str, folder: Path) -> str:
    """The whole folder and a card; gives the name."""
    api = HfApi(server.address, token=server.admin_token)
    (folder / "README.md").write_bytes(CARD)
    api.create_repo(name)
    api.upload_folder(repo_id=name, folder_path=folder)
    return name


def test_a_model_with_a_projector_beside_it_sees_pictures(server: Server, client: openai.OpenAI, tmp_path: Path) -> None:
    write_tiny_chat(tmp_path / "model-Q8_0.gguf")
    write_tiny_eye(tmp_path / "mmproj-model-f16.gguf")
    model = publish(server, "operator/seeing", tmp_path)

    def logprob(colour: tuple[int, int, int]) -> float:
        parts: Any = [{"type": "image_url", "image_url": {"url": data_url(png(colour))}}]
        said: Any = [{"role": "user", "content": parts}]
        answer = client.chat.completions.create(model=model, messages=said, max_tokens=1, temperature=0, logprobs=True)
        return float(answer.choices[0].logprobs.content[0].logprob)

    assert client.models.retrieve(model).to_dict()["capabilities"]["vision"] is True
    assert logprob(RED) != pytest.approx(logprob(BLUE), abs=1e-3)
    assert logprob(RED) == pytest.approx(logprob(RED), abs=1e-3)


@pytest.mark.filterwarnings("ignore")  # the libraries' own, while the pipeline is made
def test_a_pipeline_draws_for_the_official_client(server: Server, client: openai.OpenAI, tmp_path: Path) -> None:
    model = publish(server, "operator/pictures", make_pipeline(tmp_path / "pipeline"))
    assert client.models.retrieve(model).to_dict()["capabilities"] == {"images": True}

    def draw(seed: int) -> tuple[list[str], Any]:
        raw = client.images.with_raw_response.generate(
            model=model, prompt="a cat", n=2, size="32x16", response_format="b64_json", extra_body={"seed": seed, "steps": 2}
        )
        drawn = raw.parse()
        assert (drawn.size, drawn.output_format) == ("32x16", "png")
        return [str(one.b64_json) for one in drawn.data], raw.headers

    pictures, headers = draw(1)
    assert len(set(pictures)) == 2
    for picture in map(base64.b64decode, pictures):
        assert picture.startswith(PNG)
        assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (32, 16)
    assert headers["x-commonweight-model"].startswith(f"{model}@")
    assert headers["x-commonweight-terms"] == "apache-2.0"
    assert draw(1)[0] == pictures
    assert draw(2)[0] != pictures
    with pytest.raises(openai.BadRequestError, match="response_format"):
        client.images.generate(model=model, prompt="a cat", response_format="url")
    with pytest.raises(openai.BadRequestError, match="does not generate text"):
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "a cat"}])
