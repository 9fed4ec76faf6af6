"""How figures of a tuning are told and drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commonweight.tuning import Stage, Status, Wanted
from commonweight.tuning.judging import Verdict
from commonweight.web.contexts import Told
from commonweight.web.presenting.curves import Series, curve_view, thin, value_text
from commonweight.web.presenting.spans import span_text
from commonweight.web.presenting.tuning_estimate import about_text
from commonweight.web.presenting.tuning_findings import example_view, held_out_of
from commonweight.web.presenting.tuning_progress import curve_views, stage_views
from commonweight.web.presenting.tuning_report import report_view, sentences_of, share_text
from commonweight.web.presenting.tunings import percent_of
from tests.web.tuning_samples import TUNING, metrics, report, result


def _text(one: Told) -> str:
    return one.text % dict(one.words)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (35.4, "35 s"), (125, "2 min 5 s"), (3600, "1 h"), (4000, "1 h 6 min"), (100_000, "1 d 3 h"), (None, ""),
     (float("nan"), ""), (-1, "")],
)  # fmt: skip
def test_a_span_is_told_in_two_units_at_most(seconds: float | None, text: str) -> None:
    assert span_text(seconds) == text


@pytest.mark.parametrize(("value", "text"), [(1.39e-17, "0 %"), (0.9667, "96.7 %"), (1.0, "100 %"), (0.004, "0.4 %")])
def test_a_share_is_told_to_a_tenth_of_a_hundredth(value: float, text: str) -> None:
    assert share_text(value) == text


@pytest.mark.parametrize(("seconds", "text"), [(4, "≈ 10 s"), (127, "≈ 2 min"), (5000, "≈ 1 h 20 min")])
def test_a_guess_says_no_more_than_it_knows(seconds: float, text: str) -> None:
    assert about_text(seconds) == text


@pytest.mark.parametrize(("value", "text"), [(3.1468, "3.15"), (0.0051, "0.0051"), (1460.2, "1,460"), (0, "0")])
def test_values_of_a_curve_have_three_digits(value: float, text: str) -> None:
    assert value_text(value) == text


def test_a_curve_lies_in_its_box_and_ends_where_the_training_is() -> None:
    view = curve_view("Loss", [Series("learnt from", "first", [(1, 3.15), (50, 0.5)])], 100)
    assert view is not None
    assert (view.top, view.last) == ("3.5", "100")
    assert view.lines[0].path == "M1 10L50 85.71"
    assert view.rows == (("1", "3.15"), ("50", "0.5"))


def test_what_is_no_number_is_not_drawn_and_one_point_is_no_curve() -> None:
    points = [(1, float("nan")), (2, float("inf")), (3, 1.0)]
    assert curve_view("Loss", [Series("learnt from", "first", points)], 10) is None


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    kept = thin(list(range(10_000)), 160)
    assert (len(kept), kept[0], kept[-1]) == (160, 0, 9_999)


def test_curves_are_drawn_whatever_the_order_of_the_events() -> None:
    there = curve_views(metrics(40), 75)
    assert [one.title for one in there] == ["Loss", "Tokens per second"]
    assert curve_views(list(reversed(metrics(40))), 75) == there


def test_the_rail_shows_where_it_is_and_where_it_stopped() -> None:
    def states(**changes: object) -> list[str]:
        return [one.state for one in stage_views(replace(TUNING, **changes))]  # type: ignore[arg-type]

    assert states() == ["done", "done", "now", "todo", "todo", "todo", "todo"]
    assert states(wanted=Wanted.PAUSE)[2] == "halted"
    assert states(status=Status.FAILED, stage=Stage.JUDGING)[5] == "failed"
    assert states(status=Status.QUEUED, stage=Stage.NONE)[0] == "now"
    assert set(states(status=Status.SUCCEEDED, stage=Stage.NONE)) == {"done"}


def test_training_is_most_of_the_way() -> None:
    at = replace(TUNING, progress={"step": 50, "total_steps": 100})
    assert percent_of(at) == 45.0
    assert percent_of(replace(at, stage=Stage.JUDGING)) == 90.0
    assert percent_of(replace(at, status=Status.FAILED)) == 100.0


def test_too_few_examples_are_said_with_how_many_would_tell() -> None:
    unsure = replace(report(), results=(result(Verdict.CANNOT_TELL, "adapter", 0.95, -0.02, 0.08, 420),))
    told = [_text(one) for one in sentences_of(unsure)]
    assert told[0].endswith("which may be chance.")
    assert told[1] == "About 420 examples held out would tell."


def test_what_only_beats_the_base_by_guessing_is_not_called_chance() -> None:
    guessing = replace(report(), results=(result(Verdict.CANNOT_TELL, "adapter", 0.6, 0.4, 0.7),))
    [told] = [_text(one) for one in sentences_of(guessing)]
    assert "no better than to give the commonest answer always" in told
    few = replace(report(), results=(result(Verdict.CANNOT_TELL, "adapter", 0.417, 0.037, 0.677, 16),))
    assert [_text(one) for one in sentences_of(few)][1] == "About 16 examples held out would tell."
    assert "chance" in _text(sentences_of(few)[0])


@pytest.mark.parametrize(
    ("verdict", "said"),
    [(Verdict.CONSTANT, "25 % of its answers are one and the same"), (Verdict.NEVER_STOPS, "did not come to an end")],
)
def test_silent_failures_are_said_with_what_helps(verdict: Verdict, said: str) -> None:
    first, remedy = sentences_of(replace(report(), results=(result(verdict, "adapter", 0.5, 0.4, 0.6),)))
    assert said in _text(first)
    assert remedy.text


def test_bars_and_whiskers_stand_where_the_scores_are() -> None:
    base, adapter, *_rest, small = report_view(report()).bars
    assert (base.is_base, base.width, base.high) == (True, 0.0, 6.0)
    assert (adapter.width, adapter.low, adapter.high) == (96.7, 88.6, 99.1)
    assert small.too_far
    assert small.quantising == "−5.0 (−11.0 … +0.0)"


def test_what_the_model_learns_to_say_is_marked() -> None:
    said = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "a", "weight": 0},
            {"role": "user", "content": "?"}, {"role": "assistant", "content": "b"}]  # fmt: skip
    assert [turn.is_learnt for turn in example_view(1, {"messages": said}).turns] == [False, False, False, True]
    pair = {"input": {"messages": said[:1]}, "preferred_output": said[3:], "non_preferred_output": said[1:2]}
    assert [(turn.role, turn.is_learnt) for turn in example_view(1, pair).turns][1:] == [
        ("preferred", True),
        ("rejected", False),
    ]


@pytest.mark.parametrize(("examples", "held_out"), [(10, 2), (60, 12), (200, 20), (1000, 100), (50_000, 500), (1, 0)])
def test_a_tenth_is_held_out_within_bounds(examples: int, held_out: int) -> None:
    assert held_out_of(examples) == held_out
