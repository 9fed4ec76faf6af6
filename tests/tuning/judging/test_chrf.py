import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweight.tuning.judging.chrf import chrf

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=60)


def test_equal_texts_are_alike_and_those_without_a_shared_letter_are_not() -> None:
    assert chrf("the parcel is late", "the  parcel is late") == 1
    assert chrf("aaaa", "bbbb") == 0
    assert chrf("", "") == 1
    assert chrf("", "b") == 0


def test_what_is_missing_counts_for_more_than_what_is_too_much() -> None:
    reference = "your parcel arrives on Monday"
    assert chrf(reference + " and thank you for asking us", reference) > chrf("your parcel", reference)


@given(texts, texts)
def test_it_is_a_share(text: str, reference: str) -> None:
    assert 0 <= chrf(text, reference) <= 1 + 1e-12


@given(texts, texts)
def test_it_is_what_sacrebleu_computes(text: str, reference: str) -> None:
    metrics = pytest.importorskip("sacrebleu.metrics", reason="sacrebleu comes with lm-eval")
    if not text.split() or not reference.split():
        return  # sacrebleu gives 0 for two empty texts
    theirs = metrics.CHRF().sentence_score(text, [reference]).score / 100
    assert chrf(text, reference) == pytest.approx(theirs)
