"""Pictures beside text: a tiny model with a projector sees them through the real engine, by every wire."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from anthropic import Anthropic
from openai import BadRequestError, OpenAI

from tests.support.pictures import BLUE, RED, Colour, data_url, png
from tests.wire.openai.server import KEY
from tests.wire.openai.world import Gateway

MODEL = "tiny/seeing"
WORDS = "What colour is it?"


def messages(url: Any, **more: Any) -> Any:
    parts = [{"type": "text", "text": WORDS}, {"type": "image_url", "image_url": {"url": url, **more}}]
    return [{"role": "user", "content": parts}]


def seen(client: OpenAI, colour: Colour) -> tuple[list[float], int]:
    """How likely the first words of the answer are, and how long the prompt was."""
    answer = client.chat.completions.create(
        model=MODEL, messages=messages(data_url(png(colour))), max_tokens=3, temperature=0, logprobs=True, seed=1
    )
    content = answer.choices[0].logprobs.content
    return [token.logprob for token in content], answer.usage.prompt_tokens


def test_two_pictures_are_told_apart_and_one_is_told_again(client: OpenAI) -> None:
    red, blue = seen(client, RED), seen(client, BLUE)
    assert red[0] != pytest.approx(blue[0], abs=1e-3)
    assert seen(client, RED)[0] == pytest.approx(red[0], abs=1e-3)
    without = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": WORDS}], max_tokens=1)
    assert red[1] > without.usage.prompt_tokens


def test_responses_and_messages_see_what_a_chat_sees(running: Gateway, client: OpenAI) -> None:
    tokens = {seen(client, RED)[1]}
    parts = [{"type": "input_text", "text": WORDS}, {"type": "input_image", "image_url": data_url(png(RED))}]
    asked: Any = {"model": MODEL, "input": [{"role": "user", "content": parts}]}
    tokens.add(client.responses.create(**asked, max_output_tokens=2, store=False).usage.input_tokens)
    tokens.add(client.responses.input_tokens.count(**asked).input_tokens)
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(png(RED)).decode()}
    said: Any = [{"role": "user", "content": [{"type": "text", "text": WORDS}, {"type": "image", "source": source}]}]
    anthropic = Anthropic(base_url=running.address, api_key=KEY, max_retries=0)
    usage = anthropic.messages.create(model=MODEL, messages=said, max_tokens=2).usage
    tokens.add(usage.input_tokens + (usage.cache_read_input_tokens or 0))
    tokens.add(anthropic.messages.count_tokens(model=MODEL, messages=said).input_tokens)
    assert len(tokens) == 1


def test_a_stream_and_several_choices_see_it_too(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=messages(data_url(png(RED)), detail="low"), n=6, max_tokens=2, stream=True
    )
    assert {choice.index for chunk in stream for choice in chunk.choices} == set(range(6))


def test_a_model_without_eyes_refuses_a_picture_and_says_where_to_look(client: OpenAI) -> None:
    with pytest.raises(BadRequestError, match="takes no pictures") as caught:
        client.chat.completions.create(model="tiny/chat", messages=messages(data_url(png(RED))))
    assert caught.value.param == "messages[0].content[1]"
    assert caught.value.code == "unsupported_value"


def test_the_list_says_who_sees(client: OpenAI) -> None:
    able = {model.id: model.to_dict()["capabilities"] for model in client.models.list()}
    assert able[MODEL]["vision"]
    assert "vision" not in able["tiny/chat"]


HUGE = png(RED, 1, 1)[:16] + (40_000).to_bytes(4, "big") + (40_000).to_bytes(4, "big") + png(RED, 1, 1)[24:]
WRONG: list[tuple[Any, str]] = [
    ("http://127.0.0.1:9/cat.png", "not fetched"),
    ("https://example.org/cat.png", "not fetched"),
    ("file:///etc/passwd", "not fetched"),
    ("/etc/passwd", "not fetched"),
    ("data:image/png;base64,!!!", "base64"),
    (data_url(b"no picture"), "expected PNG, JPEG, GIF, BMP"),
    (data_url(b"RIFF\0\0\0\0WEBPVP8 "), "expected PNG"),
    (data_url(png(RED)[:20]), "broken"),
    (data_url(HUGE), "40000 x 40000"),
    (data_url(png(RED)[:60]), "load image"),  # its beginning is well; the engine finds the rest missing
    (data_url(b"\x89PNG\r\n\x1a\n" + b"\0" * (21 << 20)), "more than 20 MiB"),
    (17, "expected a string"),
]


@pytest.mark.parametrize(("url", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_no_picture_is_refused_by_a_sentence(client: OpenAI, url: Any, said: str) -> None:
    with pytest.raises(BadRequestError, match=said):
        client.chat.completions.create(model=MODEL, messages=messages(url), max_tokens=1)


@pytest.mark.parametrize("kind", ["input_audio", "file", "video_url"])
def test_parts_that_nobody_reads_are_refused_by_name(client: OpenAI, kind: str) -> None:
    said: Any = [{"role": "user", "content": [{"type": kind, kind: {}}]}]
    with pytest.raises(BadRequestError, match=kind):
        client.chat.completions.create(model=MODEL, messages=said, max_tokens=1)


async def test_a_signed_receipt_names_what_it_sees_by(running: Gateway, client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=messages(data_url(png(RED))), max_tokens=1, extra_headers={"x-commonweight-receipt": "signed"}
    )
    receipt = await running.receipt(raw.headers["x-commonweight-receipt"])
    assert [file["path"] for file in receipt["receipt"]["model"]["files"]] == ["chat.gguf", "mmproj-eye.gguf"]
