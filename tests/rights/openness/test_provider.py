"""Does a fine-tune make us a provider? Paragraphs 59 to 71 of the Commission's guidelines."""

from __future__ import annotations

import pytest

from commonweight.errors import InvalidInput
from commonweight.rights import Tune, exemption, provider_by_tune, readable
from commonweight.rights.openness import access_of
from tests.rights.openness.world import CLASSES, everything


def test_t31_a_small_tune_of_llama_brings_no_duty_and_its_base_could_not_be_exempt() -> None:
    """A French company publishes a fine-tune of Llama 3.1 that took 5 % of the original's compute."""
    tune = provider_by_tune(Tune(share=0.05, on_eu_market=True))
    assert (tune.answer, tune.paragraphs, tune.duties) == ("not_provider", ("63",), ())
    base = exemption(["llama-3.1"], access_of("form"), everything(), CLASSES)
    assert base.answer == "not_eligible"
    assert {"83", "87"} <= set(base.failing)


@pytest.mark.parametrize(
    ("tune", "answer"),
    [
        (Tune(share=1 / 3), "not_provider"),  # more than a third is asked
        (Tune(share=0.34), "provider_of_modification"),
        (Tune(flop=1e24, original_flop=3e24), "not_provider"),
        (Tune(flop=1.1e24, original_flop=3e24), "provider_of_modification"),
        (Tune(flop=3e22), "not_provider"),  # below a third of 10^23, whatever the original
        (Tune(flop=4e22, systemic_risk=False), "provider_of_modification"),
        (Tune(flop=4e22, systemic_risk=True), "not_provider"),
        (Tune(flop=4e24, systemic_risk=True), "provider_of_modification"),
        (Tune(flop=4e24), "provider_of_modification"),  # above both lines
        (Tune(flop=4e22), "unknown"),  # between them
        (Tune(), "unknown"),
        (Tune(flop=1e22, original_flop=2e22), "not_provider"),  # no general-purpose model at all
        (Tune(share=2, on_eu_market=False), "not_provider"),
        (Tune(share=0.01, maker_excludes_eu=True), "provider_of_model"),
    ],
)
def test_the_criterion(tune: Tune, answer: str) -> None:
    assert provider_by_tune(tune).answer == answer


def test_duties_are_for_the_change_alone_and_more_with_systemic_risk() -> None:
    plain = provider_by_tune(Tune(share=0.5))
    risky = provider_by_tune(Tune(flop=2e25, original_flop=3e25))
    assert "68" in plain.paragraphs
    assert all("change" in duty or "representative" in duty for duty in plain.duties)
    assert len(risky.duties) == len(plain.duties) + 1
    assert "70" in risky.paragraphs


def test_what_is_missing_is_asked_for() -> None:
    found = provider_by_tune(Tune(flop=4e22))
    assert any("systemic risk" in ask for ask in found.asks)
    assert any("original" in ask for ask in found.asks)
    assert "cannot be told" in readable(found)


@pytest.mark.parametrize("tune", [Tune(flop=-1), Tune(flop=0), Tune(original_flop=1e40), Tune(share=-0.1), Tune(share=1e9)])
def test_impossible_figures_are_refused(tune: Tune) -> None:
    with pytest.raises(InvalidInput):
        provider_by_tune(tune)
