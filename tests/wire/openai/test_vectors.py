"""Embeddings and rerank against real (tiny) models, held against numpy."""

from __future__ import annotations

import base64

import numpy as np
import openai
import pytest
from openai import OpenAI

from tests.support.tiny_bert import embedding
from tests.wire.openai.server import CONTEXT
from tests.wire.openai.world import Gateway

TEXTS = ["the quick brown fox", "a cat sat on the mat", "paris is the capital of france"]


def vectors(client: OpenAI, texts: list[str], model: str = "ada/vectors", **options: object) -> np.ndarray:
    answer = client.embeddings.create(model=model, input=texts, **options)  # type: ignore[arg-type]
    assert [one.index for one in answer.data] == list(range(len(texts)))
    return np.array([one.embedding for one in answer.data])


def test_vectors_are_what_numpy_computes(client: OpenAI) -> None:
    expected = np.array([embedding(text) for text in TEXTS])
    np.testing.assert_allclose(vectors(client, TEXTS), expected, atol=2e-3)
    np.testing.assert_allclose(vectors(client, TEXTS, encoding_format="float"), expected, atol=2e-3)


def test_base64_is_little_endian_float32(running: Gateway) -> None:
    body = b'{"model": "ada/vectors", "input": "the quick brown fox", "encoding_format": "base64"}'
    status, headers, document = running.raw("POST", "/v1/embeddings", body)
    assert (status, document["object"], headers["x-commonweight-terms"]) == (200, "list", "apache-2.0,llama-3.1")
    read = np.frombuffer(base64.b64decode(document["data"][0]["embedding"]), "<f4")
    np.testing.assert_allclose(read, embedding("the quick brown fox"), atol=2e-3)
    assert document["usage"] == {"prompt_tokens": 6, "total_tokens": 6}


def test_many_inputs_keep_their_order(client: OpenAI) -> None:
    texts = [TEXTS[i % 3] for i in range(70)]
    found = vectors(client, texts)
    np.testing.assert_allclose(found[33], found[0], atol=1e-4)
    np.testing.assert_allclose(found[-1], found[69 % 3], atol=1e-4)


def test_a_model_made_for_it_gives_shorter_vectors_of_length_1(client: OpenAI) -> None:
    [short] = vectors(client, TEXTS[:1], "tiny/cut", dimensions=16)
    whole = embedding(TEXTS[0])[:16]
    np.testing.assert_allclose(short, whole / np.linalg.norm(whole), atol=2e-3)
    assert vectors(client, TEXTS[:1], "ada/vectors", dimensions=64).shape == (1, 64)


@pytest.mark.parametrize(("model", "dimensions"), [("ada/vectors", 16), ("tiny/cut", 65), ("tiny/cut", 0)])
def test_dimensions_that_a_model_has_not_are_refused(client: OpenAI, model: str, dimensions: int) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model=model, input="a cat", dimensions=dimensions)
    assert caught.value.param == "dimensions"


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2], [3]]])
def test_token_ids_of_another_tokenizer_are_refused_with_the_way_out(client: OpenAI, tokens: list[int]) -> None:
    with pytest.raises(openai.BadRequestError, match="check_embedding_ctx_length=False") as caught:
        client.embeddings.create(model="ada/vectors", input=tokens)
    assert caught.value.param == "input"


@pytest.mark.parametrize("nonsense", [[], "", ["a", ""], [1, "a"], {"a": 1}])
def test_nonsense_is_refused_and_named(client: OpenAI, nonsense: object) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model="ada/vectors", input=nonsense)  # type: ignore[arg-type]
    assert (caught.value.param or "").startswith("input")


def test_a_text_beyond_the_context_is_refused_with_both_numbers(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match=f"maximum context length is {CONTEXT} tokens") as caught:
        client.embeddings.create(model="ada/vectors", input="a cat " * 600)
    assert caught.value.code == "context_length_exceeded"


def test_models_for_something_else_are_refused(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="does not make embeddings"):
        client.embeddings.create(model="starter", input="a cat")
    with pytest.raises(openai.BadRequestError, match="does not generate text"):
        client.chat.completions.create(model="tiny/rank", messages=[{"role": "user", "content": "a cat"}])


def test_documents_are_ranked_best_first(running: Gateway) -> None:
    body = b'{"model": "tiny/rank", "query": "a cat", "documents": ["the fox", {"text": "a dog"}, "paris"], "top_n": 2}'
    status, headers, document = running.raw("POST", "/v1/rerank", body)
    assert status == 200
    assert headers["x-commonweight-model"].startswith("tiny/rank@")
    scores = [one["relevance_score"] for one in document["results"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)
    assert len({one["index"] for one in document["results"]}) == 2
    assert document["usage"]["total_tokens"] > 0
    whole = running.raw("POST", "/v1/rerank", body.replace(b'"top_n": 2', b'"return_documents": true'))[2]["results"]
    assert [one["index"] for one in whole][:2] == [one["index"] for one in document["results"]]
    assert {one["document"]["text"] for one in whole} == {"the fox", "a dog", "paris"}


@pytest.mark.parametrize(
    ("field", "value"), [("documents", b"[]"), ("documents", b"[1]"), ("query", b"5"), ("top_n", b"0"), ("model", b"null")]
)
def test_nonsense_in_a_ranking_is_refused_and_named(running: Gateway, field: str, value: bytes) -> None:
    fields = {"model": b'"tiny/rank"', "query": b'"a"', "documents": b'["b"]', field: value}
    body = b"{" + b",".join(b'"%s": %s' % (name.encode(), given) for name, given in fields.items()) + b"}"
    status, _, document = running.raw("POST", "/v1/rerank", body)
    assert (status, document["error"]["param"].startswith(field)) == (400, True)
