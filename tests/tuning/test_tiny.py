"""The base of our own tests is what they take it for."""

from __future__ import annotations

from tests.tuning.tiny import preferences, tickets


def test_tickets_are_different_from_one_another_and_the_same_for_the_same_seed() -> None:
    said = [line["messages"][0]["content"] for line in tickets(260, seed=3)]
    assert len(set(said)) == 260
    assert tickets(5, seed=3) == tickets(260, seed=3)[:5]


def test_every_preference_names_the_team_and_rejects_words() -> None:
    for line in preferences(20):
        assert line["preferred"][0]["content"].startswith('{"team": "')
        assert not line["rejected"][0]["content"].startswith("{")
