"""Receipts are headers, whatever a card says."""

from commonweight.serving import Mode, Offer, ServableModel
from commonweight.wire.openai.receipts import MAX_HEADER, receipts_of


def _terms(*terms: str) -> str:
    model = ServableModel(repository="ada/tiny", commit="c" * 40, path="m.gguf", size=1, handle="1:x", mode=Mode.CHAT)
    return receipts_of(Offer(model, terms, "v1", None))["x-commonweight-terms"]


def test_licence_keys_stand_side_by_side() -> None:
    assert _terms("apache-2.0", "llama-3.1") == "apache-2.0,llama-3.1"


def test_what_a_card_calls_a_licence_cannot_end_or_fill_the_header() -> None:
    assert _terms("mit\r\nset-cookie: a=b", "日本") == "mit??set-cookie: a=b,??"
    assert len(_terms(*["x" * 1000] * 500)) == MAX_HEADER
