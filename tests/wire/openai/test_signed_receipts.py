"""Signed receipts: asked for by a header of the official client, and checked by the command without the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openai import BadRequestError, OpenAI

from commonweight.cli.receipt import NOT_THIS, receipt
from commonweight.rights.receipts import check_receipt, key_id_of
from tests.serving.world import COMMIT
from tests.wire.openai.server import SIGNER, WEIGHTS
from tests.wire.openai.world import Gateway

SECRET = "the password of the vault is xyzzy-4711"
ASK: Any = {"model": "mock/plain", "messages": [{"role": "user", "content": SECRET}], "seed": 7}
SIGNED = {"x-commonweight-receipt": "signed"}
NAME = "x-commonweight-receipt"


def kept(running: Gateway, headers: Mapping[str, str]) -> dict[str, Any]:
    return asyncio.run(running.receipt(headers[NAME]))


def verify(folder: Path, document: Any, *arguments: str) -> Result:
    file = folder / "receipt.json"
    file.write_text(json.dumps(document))
    key = json.dumps(dict(SIGNER.public_key))
    (folder / "key.json").write_text(key)
    return CliRunner().invoke(receipt, ["verify", str(file), "--key", str(folder / "key.json"), *arguments])


def test_nobody_gets_a_receipt_unasked(client: OpenAI) -> None:
    answer = client.chat.completions.with_raw_response.create(**ASK)
    assert NAME not in answer.headers


def test_a_whole_answer_is_signed_by_what_answered_and_by_hashes_alone(running: Gateway, client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(**ASK, extra_headers=SIGNED)
    answer, document = raw.parse(), kept(running, raw.headers)
    content = document["receipt"]
    assert check_receipt(document, [key_id_of(dict(SIGNER.public_key))]).is_intact
    assert content["model"]["name"] == f"mock/plain@{COMMIT}"
    assert content["model"]["files"] == [{"path": "model.mock", "size": 1000, "sha256": WEIGHTS}]
    assert content["verdict"] == {"id": "verdict-1", "value": "allowed_with_duties"}
    assert content["answer"]["usage"]["completion_tokens"] == answer.usage.completion_tokens
    assert content["request"]["parameters"] == {"seed": 7}
    whole = json.dumps(document)
    assert SECRET not in whole
    assert answer.choices[0].message.content not in whole


def test_a_stream_is_signed_before_its_end_and_says_the_same(running: Gateway, client: OpenAI, tmp_path: Path) -> None:
    with client.chat.completions.with_streaming_response.create(**ASK, stream=True, extra_headers=SIGNED) as raw:
        headers = dict(raw.headers)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in raw.parse() if chunk.choices)
    (tmp_path / "said").write_text(text)
    (tmp_path / "asked").write_text(json.dumps({**ASK, "stream": True}))
    found = verify(tmp_path, kept(running, headers), "--output", str(tmp_path / "said"), "--prompt", str(tmp_path / "asked"))
    assert found.exit_code == 0, found.output
    assert "The prompt is the one that was asked." in found.output


def test_another_prompt_or_answer_is_told_from_the_one_signed(running: Gateway, client: OpenAI, tmp_path: Path) -> None:
    raw = client.chat.completions.with_raw_response.create(**ASK, extra_headers=SIGNED)
    document = kept(running, raw.headers)
    (tmp_path / "whole").write_text(raw.text)
    (tmp_path / "words").write_text(SECRET + "\n")
    (tmp_path / "other").write_text("something else")
    for good in (("--output", "whole"), ("--prompt", "words")):
        assert verify(tmp_path, document, good[0], str(tmp_path / good[1])).exit_code == 0
    for bad in ("--output", "--prompt"):
        assert verify(tmp_path, document, bad, str(tmp_path / "other")).exit_code == NOT_THIS
    document["receipt"]["engine"] = "another"
    assert verify(tmp_path, document).exit_code == 2


def test_receipts_of_a_process_follow_each_other(running: Gateway, client: OpenAI, tmp_path: Path) -> None:
    first, second = (
        kept(running, client.chat.completions.with_raw_response.create(**ASK, extra_headers=SIGNED).headers)
        for _ in range(2)
    )
    (tmp_path / "before").write_text(json.dumps(first))
    assert verify(tmp_path, second, "--before", str(tmp_path / "before")).exit_code == 0
    assert verify(tmp_path, first, "--before", str(tmp_path / "before")).exit_code == NOT_THIS


@pytest.mark.parametrize("route", ["responses", "messages", "completions"])
def test_every_wire_that_generates_signs(running: Gateway, route: str) -> None:
    said = {"responses": {"input": "hi"}, "messages": {"messages": ASK["messages"], "max_tokens": 9}}
    body = {"model": "mock/plain", **said.get(route, {"prompt": "hi"})}
    headers = {**SIGNED, "content-type": "application/json"}
    status, sent, document = running.raw("POST", f"/v1/{route}", json.dumps(body).encode(), **headers)
    assert status == 200, document
    content = asyncio.run(running.receipt({name.lower(): value for name, value in sent.items()}[NAME]))["receipt"]
    assert content["request"]["route"] == f"/v1/{route}"
    assert content["answer"]["outputs"][0]["text_sha256"]


def test_another_wish_is_refused(client: OpenAI) -> None:
    with pytest.raises(BadRequestError, match="expected 'signed'"):
        client.chat.completions.create(**ASK, extra_headers={NAME: "stamped"})


def test_the_adapter_that_answered_stands_in_the_receipt(running: Gateway, client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        **{**ASK, "model": "ada/warm", "max_tokens": 2}, extra_headers=SIGNED
    )
    content = kept(running, raw.headers)["receipt"]
    assert content["model"]["name"] == f"ada/base@{COMMIT}"
    assert content["adapter"]["name"] == f"ada/warm@{COMMIT}"
    assert [file["path"] for file in content["adapter"]["files"]] == ["warm.gguf"]


NUMBERS: dict[str, Any] = {
    "embeddings": {"model": "ada/vectors", "input": ["the quick brown fox", SECRET]},
    "rerank": {"model": "tiny/rank", "query": "paris", "documents": [SECRET, "paris is the capital of france"]},
}


@pytest.mark.parametrize("route", sorted(NUMBERS))
def test_vectors_and_rankings_are_signed_and_told_from_others(running: Gateway, route: str, tmp_path: Path) -> None:
    body = json.dumps(NUMBERS[route]).encode()
    headers = {**SIGNED, "content-type": "application/json"}
    status, sent, answer = running.raw("POST", f"/v1/{route}", body, **headers)
    assert status == 200, answer
    document = kept(running, {name.lower(): value for name, value in sent.items()})
    assert SECRET not in json.dumps(document)
    assert document["receipt"]["answer"]["usage"]["prompt_tokens"] > 0
    (tmp_path / "asked").write_bytes(body)
    (tmp_path / "said").write_text(json.dumps(answer))
    found = verify(tmp_path, document, "--output", str(tmp_path / "said"), "--prompt", str(tmp_path / "asked"))
    assert found.exit_code == 0, found.output
    (answer.get("data") or answer["results"]).reverse()
    (tmp_path / "said").write_text(json.dumps(answer))
    assert verify(tmp_path, document, "--output", str(tmp_path / "said")).exit_code == NOT_THIS


def test_a_vector_is_the_same_however_it_is_written(running: Gateway, client: OpenAI, tmp_path: Path) -> None:
    ask: Any = NUMBERS["embeddings"]
    raw = client.embeddings.with_raw_response.create(**ask, encoding_format="base64", extra_headers=SIGNED)
    as_numbers = client.embeddings.with_raw_response.create(**ask, encoding_format="float").text
    (tmp_path / "said").write_text(as_numbers)
    assert verify(tmp_path, kept(running, raw.headers), "--output", str(tmp_path / "said")).exit_code == 0


def test_the_embeddings_of_somebody_who_did_not_ask_are_not_signed(running: Gateway) -> None:
    _, sent, _ = running.raw("POST", "/v1/embeddings", json.dumps(NUMBERS["embeddings"]).encode())
    assert NAME not in {name.lower() for name in sent}
