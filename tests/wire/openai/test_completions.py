"""Old completions that the engine does not give at once: echo with log-probabilities, infill, the best of several."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.support.tiny_llama import BOS, logprobs, token_ids

PROMPTS = {
    "words": "Which is the capital of France? Paris",
    "a token that ends an answer": "one<|im_end|>two<|im_start|>three",
    "several bytes for a sign": "caf\u00e9 \u2192",
}


def create(client: OpenAI, **fields: Any) -> Any:
    return client.completions.create(**{"model": "tiny/chat", "max_tokens": 0, **fields})


@pytest.mark.parametrize("what", PROMPTS)
def test_the_prompts_probabilities_are_what_numpy_computes(client: OpenAI, what: str) -> None:
    prompt = PROMPTS[what]
    [choice] = create(client, prompt=prompt, echo=True, logprobs=3).choices
    ids = [BOS, *token_ids(prompt)]
    rows = logprobs(ids)
    expected = [rows[i - 1, ids[i]] for i in range(1, len(ids))]
    assert choice.logprobs.token_logprobs == pytest.approx(expected, abs=5e-3)
    best = [sorted(rows[i - 1], reverse=True)[:3] for i in range(1, len(ids))]
    for told, three in zip(choice.logprobs.top_logprobs, best, strict=True):
        assert max(told.values()) == pytest.approx(three[0], abs=5e-3)
        assert len(told) <= 3
    assert (choice.text, choice.finish_reason) == (prompt, "length")


def test_echoed_tokens_lie_where_they_stand_in_the_text(client: OpenAI) -> None:
    answer = create(client, prompt="hello", echo=True, logprobs=0, max_tokens=3, temperature=0)
    [choice] = answer.choices
    assert choice.logprobs.tokens[:5] == list("hello")
    assert choice.logprobs.text_offset == list(range(8))
    assert "".join(choice.logprobs.tokens) == choice.text
    assert choice.logprobs.top_logprobs == [{}] * 8
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (6, 3)


def test_token_ids_are_scored_as_they_are_and_the_first_has_no_probability(client: OpenAI) -> None:
    ids = token_ids("hello")
    [choice] = create(client, prompt=ids, echo=True, logprobs=1, max_tokens=1).choices
    rows = logprobs(ids)
    assert choice.text[:5] == "hello"
    assert choice.logprobs.token_logprobs[0] is None
    expected = [rows[i - 1, ids[i]] for i in range(1, 5)]
    assert choice.logprobs.token_logprobs[1:5] == pytest.approx(expected, abs=5e-3)
    assert len(choice.logprobs.tokens) == 6


def test_token_ids_that_no_text_gives_are_scored_too(client: OpenAI) -> None:
    ids = [0xC3, 258, 104, 258, 0xA9]  # halves of a character around a token that ends an answer
    [choice] = create(client, prompt=ids, echo=True, logprobs=1).choices
    rows = logprobs(ids)
    assert choice.logprobs.token_logprobs[1:] == pytest.approx([rows[i - 1, ids[i]] for i in range(1, 5)], abs=5e-3)


def test_a_part_of_a_character_at_the_end_has_its_place(client: OpenAI) -> None:
    [choice] = create(client, prompt="hello", echo=True, logprobs=1, max_tokens=1, logit_bias={"195": 100}).choices
    assert len(choice.logprobs.tokens) == 6
    assert choice.logprobs.token_logprobs[5] is None


def test_several_prompts_and_choices_are_numbered_through(client: OpenAI) -> None:
    answer = create(client, prompt=["one", "two"], n=2, echo=True, logprobs=0, max_tokens=2)
    assert [(one.index, one.text[:3]) for one in answer.choices] == [(0, "one"), (1, "one"), (2, "two"), (3, "two")]
    assert all(len(one.logprobs.tokens) >= 4 for one in answer.choices)
    assert answer.usage.prompt_tokens == 8


def test_it_streams_too(client: OpenAI) -> None:
    chunks = list(create(client, prompt="hello", echo=True, logprobs=0, max_tokens=3, stream=True, seed=1))
    whole = create(client, prompt="hello", echo=True, logprobs=0, max_tokens=3, seed=1).choices[0]
    assert "".join(one.choices[0].text for one in chunks) == whole.text
    told = [number for one in chunks if one.choices[0].logprobs for number in one.choices[0].logprobs.token_logprobs]
    assert told == pytest.approx(whole.logprobs.token_logprobs, abs=1e-3)


def test_nothing_is_generated_for_no_tokens(client: OpenAI) -> None:
    answer = create(client, prompt="hello")
    assert (answer.choices[0].text, answer.choices[0].finish_reason) == ("", "length")
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (6, 0)
    messages: Any = [{"role": "user", "content": "hello"}]
    chat = client.chat.completions.create(model="tiny/chat", messages=messages, max_completion_tokens=0, n=2)
    assert [(one.message.content, one.finish_reason) for one in chat.choices] == [("", "length")] * 2
    assert chat.usage is not None
    assert chat.usage.completion_tokens == 0


def test_a_suffix_is_what_the_text_has_to_lead_to(client: OpenAI) -> None:
    fields = {"prompt": "def f(", "suffix": "return x", "max_tokens": 4, "temperature": 0, "logprobs": 1}
    [choice] = create(client, **fields).choices
    ids = [BOS, *token_ids("<|fim_prefix|>def f(<|fim_suffix|>return x<|fim_middle|>")]
    best = max(logprobs(ids)[-1])
    assert choice.logprobs.token_logprobs[0] == pytest.approx(best, abs=5e-3)
    streamed = list(create(client, **fields, stream=True))
    assert "".join(one.choices[0].text for one in streamed) == choice.text
    assert streamed[-1].choices[0].finish_reason == choice.finish_reason


def test_a_model_without_infill_says_so(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Infill is not supported by this model"):
        client.completions.create(model="starter", prompt="a", suffix="b")


def test_the_best_of_several_is_the_likeliest(client: OpenAI) -> None:
    answer = create(client, prompt="hello", best_of=9, n=2, max_tokens=4, seed=3, logprobs=0, temperature=1.5)
    means = [sum(one.logprobs.token_logprobs) / len(one.logprobs.tokens) for one in answer.choices]
    every = create(client, prompt="hello", n=9, max_tokens=4, seed=3, logprobs=0, temperature=1.5).choices
    all_means = sorted((sum(one.logprobs.token_logprobs) / len(one.logprobs.tokens) for one in every), reverse=True)
    assert means == pytest.approx(all_means[:2], abs=1e-3)
    assert answer.usage.completion_tokens > sum(len(one.logprobs.tokens) for one in answer.choices)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"best_of": 2, "n": 3}, "best_of"),
        ({"best_of": 3, "stream": True}, "best_of"),
        ({"suffix": "x", "prompt": [1, 2]}, "suffix"),
        ({"n": 128, "prompt": ["a"] * 128}, "n"),
        ({"logprobs": 6}, "logprobs"),
        ({"max_tokens": -1}, "max_tokens"),
    ],
)
def test_what_does_not_go_together_is_refused_and_named(client: OpenAI, fields: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        create(client, **{"prompt": "a", "max_tokens": 1, **fields})
    assert caught.value.param == param


def test_an_engine_that_cannot_score_a_prompt_says_so(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model="mock/plain", prompt="a", echo=True, logprobs=1)
    assert (caught.value.param, caught.value.code) == ("echo", "unsupported_parameter")


def test_as_many_choices_as_are_asked_for(client: OpenAI) -> None:
    messages: Any = [{"role": "user", "content": "hello"}]
    fields: dict[str, Any] = {"model": "tiny/chat", "messages": messages, "n": 9, "max_tokens": 6, "seed": 5}
    answer = client.chat.completions.create(**fields)
    assert [one.index for one in answer.choices] == list(range(9))
    assert len({one.message.content for one in answer.choices}) > 1
    assert answer.usage is not None
    assert answer.usage.completion_tokens <= 54
    again = client.chat.completions.create(**fields)
    assert [one.message.content for one in again.choices] == [one.message.content for one in answer.choices]
    seen = {one.choices[0].index for one in client.chat.completions.create(**fields, stream=True)}
    assert seen == set(range(9))
