"""Conditions: three values, what they missed, and what they refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.rights import ExpressionError
from commonweight.rights.expression import Language, Missing, Span, Trace, compile_condition

LANGUAGE = Language(
    {"a": (), "b": (), "place": None, "act": ("host", "evaluate")}, ("mau",), {"near": None}, ("group",), ("now",)
)


@dataclass
class Known:
    """A scope with the facts given; anything else is missing."""

    facts: dict[str, object] = field(default_factory=dict)
    span: Span = Span(0, float("inf"))
    trace: Trace = field(default_factory=Trace)

    def fact(self, name: str) -> object | None:
        if name not in self.facts:
            self.trace.missing.append(Missing(name, f"{name}?"))
        return self.facts.get(name)

    def measure(self, kind: str, arguments: tuple[str, ...]) -> Span:
        return self.span

    def miss(self, kind: str, arguments: tuple[str, ...], line: float) -> None:
        self.trace.missing.append(Missing(kind, f"more than {line}?"))

    def holds(self, name: str, arguments: tuple[str, ...]) -> bool | None:
        return arguments == ("here",)

    def go_without(self, missing: Sequence[Missing]) -> None:
        self.trace.assumed += [f"without {item.fact}" for item in missing]


def ask(source: str, **facts: object) -> tuple[bool | None, list[str]]:
    scope = Known(facts)
    answer = compile_condition(source, LANGUAGE, "test").holds(scope)
    return answer, [missing.fact for missing in scope.trace.missing]


def test_a_false_part_settles_an_and_and_nothing_is_asked() -> None:
    assert ask("a and b", b=False) == (False, [])
    assert ask("b and a", b=False) == (False, [])


def test_a_true_part_settles_an_or_and_nothing_is_asked() -> None:
    assert ask("a or b", b=True) == (True, [])


def test_a_missing_fact_that_matters_gives_no_answer_and_is_named() -> None:
    assert ask("a and b", b=True) == (None, ["a"])
    assert ask("not a") == (None, ["a"])


def test_what_only_counts_where_it_was_said_asks_nothing() -> None:
    assert ask("given a", a=True) == (True, [])
    assert ask("given a", a=False) == (False, [])
    assert ask("given a") == (False, [])
    assert ask("given not a") == (False, [])
    assert ask("given (a and b) or not b", a=True) == (None, ["b"])


def test_what_a_condition_went_without_is_an_assumption() -> None:
    scope = Known()
    assert compile_condition("given a and b", LANGUAGE, "test").holds(scope) is False
    assert (scope.trace.missing, scope.trace.assumed) == ([], ["without a"])


def test_and_binds_tighter_than_or() -> None:
    assert ask("a or b and not a", a=True, b=False)[0] is True


def test_a_country_is_looked_up_in_its_region() -> None:
    assert ask("place in EU", place="DE")[0] is True
    assert ask("place in EU", place="NO")[0] is False
    assert ask("place in EEA", place="NO")[0] is True


@pytest.mark.parametrize(
    ("mark", "span", "answer"),
    [
        (">", Span(700, 700), False),
        (">", Span(701, 900), True),
        (">", Span(0, 900), None),
        (">", Span(0, 700), False),
        (">=", Span(700, 700), True),
        ("<", Span(0, 699), True),
        ("<=", Span(700, 700), True),
        ("==", Span(700, 700), True),
        ("==", Span(600, 800), None),
        ("==", Span(701, 800), False),
    ],
)
def test_a_bound_decides_only_where_it_is_enough(mark: str, span: Span, answer: bool | None) -> None:
    scope = Known(span=span)
    assert compile_condition(f"mau(group, now) {mark} 700", LANGUAGE, "test").holds(scope) is answer
    assert bool(scope.trace.missing) is (answer is None)


@pytest.mark.parametrize(
    "source",
    ["", "a and", "(a", "a)", "c", "act == fly", "a == true", "mau(group)", "mau(group, soon) > 1", "mau(crowd, now) > 1",
     "mau(group, now) in EU", "far(here)", "a ; b",
     "place in MARS", "not", "__import__('os')"],
)  # fmt: skip
def test_what_the_language_does_not_know_is_refused_with_what_was_expected(source: str) -> None:
    with pytest.raises(ExpressionError, match="expected"):
        compile_condition(source, LANGUAGE, "test")


def test_brackets_without_end_are_refused_and_not_followed() -> None:
    with pytest.raises(ExpressionError):
        compile_condition("(" * 500 + "a" + ")" * 500, LANGUAGE, "test")
    with pytest.raises(ExpressionError):
        compile_condition("not " * 300 + "a", LANGUAGE, "test")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab()<>=!, andornotinEU\"'0123456789-e.", max_size=60))
def test_any_text_is_read_or_refused(source: str) -> None:
    try:
        condition = compile_condition(source, LANGUAGE, "test")
    except ExpressionError:
        return
    assert condition.holds(Known()) in (True, False, None)


FORMULAS = st.recursive(
    st.sampled_from(["a", "b", "near(here)"]),
    lambda inner: st.one_of(
        inner.map(lambda part: f"not ({part})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"),
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(FORMULAS, st.booleans(), st.booleans())
def test_an_answer_without_a_fact_stays_when_the_fact_comes(source: str, a: bool, b: bool) -> None:
    early, missed = ask(source, b=b)
    full, _ = ask(source, a=a, b=b)
    assert early is full or (early is None and "a" in missed)
