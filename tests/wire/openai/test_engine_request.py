"""What an engine is asked: the same bytes, whether or not the request was written down for its bounds before."""

from __future__ import annotations

from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.plans import Admitted
from commonweight.serving import Dialect, Offer, Replica, ServableModel, Traits
from commonweight.serving.replica import State
from commonweight.wire.openai.asked import Asked
from commonweight.wire.openai.chat_request import chat_request
from commonweight.wire.openai.engine_request import EngineRequest
from commonweight.wire.openai.order import Order
from commonweight.wire.openai.upstream import Upstream
from commonweight.wire.openai.wire import CHAT

MODEL = ServableModel("ada/tiny", "c" * 40, "tiny.gguf", 4, "handle")
ADAPTERS = Traits(Dialect.LLAMACPP, adapters=("ada/poems",))
ENGINES = (
    Replica("1", MODEL, State.READY, engine="mock/1"),
    Replica("2", MODEL, State.READY, engine="vllm/1", traits=Traits(model="tiny")),
    Replica("3", MODEL, State.READY, engine="llama.cpp/1", stream_only=True, traits=ADAPTERS),
    Replica("4", MODEL, State.READY, engine="other/1", traits=Traits(refuses=("seed",))),
)


def _asked_of(replica: Replica, asked: Asked, written: bytes) -> bytes:
    offer = Offer(MODEL, ("mit",), "v")
    order = Order(CHAT, asked, offer, cast(Admitted, None), {}, written=written)
    return EngineRequest(order, cast(Upstream, None))._body(replica)


@settings(deadline=None)
@given(st.text(min_size=1), st.booleans(), st.none() | st.integers(0, 9), st.none() | st.floats(0, 2))
@pytest.mark.parametrize("replica", ENGINES, ids=lambda one: one.engine)
def test_a_request_that_was_written_before_is_the_same_to_the_byte(
    replica: Replica, text: str, stream: bool, limit: int | None, temperature: float | None
) -> None:
    body: dict[str, Any] = {"model": "ada/tiny", "messages": [{"role": "user", "content": text}], "stream": stream}
    asked = chat_request({**body, "max_tokens": limit, "temperature": temperature, "n": 1})
    both = [_asked_of(replica, asked, written) for written in (b"", orjson.dumps(asked.upstream))]
    assert both[0] == both[1]
    assert orjson.loads(both[1])["messages"] == body["messages"]


def test_what_was_shortened_since_is_written_again() -> None:
    asked = chat_request({"model": "ada/tiny", "messages": [{"role": "user", "content": name} for name in "abc"]})
    asked, written = asked._replace(shorten=True), orjson.dumps(asked.upstream)
    del asked.upstream["messages"][:2]
    assert orjson.loads(_asked_of(ENGINES[0], asked, written))["messages"] == [{"role": "user", "content": "c"}]
