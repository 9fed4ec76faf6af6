"""
Pictures and sound through the whole house: published by the official client, loaded by the worker, asked for by the
official client.
"""

from __future__ import annotations

import base64
import json
import time
import warnings
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
from tests.support.tiny_whisper import make_whisper, tone

PROMPT = "a kookaburra-vellum-6402"  # planted, and then searched for
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
    client.images.generate(model=model, prompt=PROMPT, size="16x16", extra_body={"steps": 1})
    files = [path for path in server.home.parent.rglob("*") if path.is_file()]
    assert [path for path in files if path.exists() and PROMPT.encode() in path.read_bytes()] == []
    with pytest.raises(openai.BadRequestError, match="does not generate text"):
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "a cat"}])


@pytest.fixture(scope="module")
def ear(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    with warnings.catch_warnings(action="ignore"):  # the libraries' own, while the model is made
        folder = make_whisper(tmp_path_factory.mktemp("ear") / "whisper")
    return publish(server, "operator/ear", folder)


def test_a_recording_is_written_down_for_the_official_client(server: Server, client: openai.OpenAI, ear: str) -> None:
    assert client.models.retrieve(ear).to_dict()["capabilities"] == {"transcription": True}
    raw = client.audio.transcriptions.with_raw_response.create(model=ear, file=("a.wav", tone(440)), language="es")
    said = raw.parse()
    assert said.text
    assert (said.usage.type, said.usage.input_tokens) == ("tokens", 100)
    assert raw.headers["x-commonweight-model"].startswith(f"{ear}@")
    assert raw.headers["x-commonweight-terms"] == "apache-2.0"
    other = client.audio.transcriptions.create(model=ear, file=("b.wav", tone(880)), language="de")
    assert other.text != said.text
    with pytest.warns(DeprecationWarning, match="deprecated"):  # of the client's newest versions
        english = client.audio.translations.create(model=ear, file=("a.wav", tone(440)))
    assert english.text


def test_a_recording_has_every_shape(client: openai.OpenAI, ear: str) -> None:
    strict = openai.OpenAI(base_url=client.base_url, api_key=client.api_key, _strict_response_validation=True)

    def hear(shape: Any, **more: Any) -> Any:
        file = ("a.wav", tone(440))
        return strict.audio.transcriptions.create(model=ear, file=file, response_format=shape, language="en", **more)

    verbose = hear("verbose_json", timestamp_granularities=["segment"])
    assert (verbose.language, verbose.duration, verbose.usage.seconds) == ("english", 2.0, 2.0)
    assert verbose.segments[0].id == 0
    assert hear("text").strip() == verbose.text
    assert hear("srt").startswith("1\n00:00:0")
    assert hear("vtt").startswith("WEBVTT\n\n00:00:0")
    events = list(hear("json", stream=True))
    assert [event.type for event in events[-2:]] == ["transcript.text.delta", "transcript.text.done"]
    assert "".join(event.delta for event in events[:-1]).strip() == events[-1].text == verbose.text


FORMS: list[tuple[dict[str, Any], str]] = [
    ({"file": ("a.m4a", b"\0\0\0 ftypM4A ")}, "WAV, MP3, FLAC and Ogg Vorbis"),
    ({"file": ("a.wav", b"")}, "WAV, MP3"),
    ({"language": "xx"}, "none of this model's"),
    ({"response_format": "diarized_json"}, "response_format"),
    ({"response_format": "srt", "stream": True}, "shape of 'json'"),
    ({"timestamp_granularities": ["segment", "word"]}, "timestamp_granularities"),
    ({"include": ["logprobs"]}, "include"),
    ({"temperature": 2}, "temperature"),
    ({"prompt": "x" * 5000}, "prompt"),
]


@pytest.mark.parametrize(("wrong", "said"), FORMS, ids=[said for _, said in FORMS])
def test_what_cannot_be_heard_is_refused_by_a_sentence(client: openai.OpenAI, ear: str, wrong: Any, said: str) -> None:
    with pytest.raises(openai.BadRequestError, match=said):
        client.audio.transcriptions.create(**{"model": ear, "file": ("a.wav", tone(440)), **wrong})


def test_what_was_heard_stands_in_the_ledger(server: Server, client: openai.OpenAI, ear: str) -> None:
    status, _, text = server.request("/cw/v1/keys", method="POST", token=server.admin_token, body={"name": "ears"})
    assert status == 201
    made = json.loads(text)
    usage = client.with_options(api_key=made["key"]).audio.transcriptions.create(model=ear, file=("a.wav", tone(440))).usage
    deadline = time.monotonic() + 20
    rows: list[Any] = []
    while not rows and time.monotonic() < deadline:
        _, _, text = server.request(f"/cw/v1/usage?by=key&key={made['id']}", token=server.admin_token)
        rows = json.loads(text)["rows"]
        time.sleep(0.2)
    assert [(row["prompt_tokens"], row["completion_tokens"]) for row in rows] == [(100, usage.output_tokens)]
