"""Facts as forms and back, without a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from commonweight.policy import TEMPLATES
from commonweight.web.presenting.fact_form import facts_from, field_groups, merged
from commonweight.web.presenting.figure_form import MAX_ROWS
from commonweight.web.presenting.months import months_views
from commonweight.web.presenting.organisation_questions import ORGANISATION_QUESTIONS
from commonweight.web.presenting.questions import Groups
from commonweight.web.presenting.use_questions import USE_QUESTIONS
from commonweight.web.visits import Form
from tests.policy.world import SELLING

_ROW = ("scope", "product", "period", "bound", "amount", "currency", "source")


def _sent_back(facts: Mapping[str, Any], groups: Groups) -> Form:
    """The form as a browser sends it when nothing was changed."""
    values: dict[str, list[str]] = {}
    for group in field_groups(groups, facts, {}):
        for field in group.fields:
            values[field.name] = [choice.value for choice in field.choices if choice.picked] or [field.value]
            for name in _ROW:
                values[f"{field.name}.{name}"] = [getattr(row, name) for row in field.rows]
    return Form({name: tuple(found) for name, found in values.items()})


def _figures(kind: str, *rows: Mapping[str, str]) -> Form:
    empty = dict.fromkeys(_ROW, "")
    return Form({f"organisation.{kind}.{name}": tuple({**empty, **row}[name] for row in rows) for name in _ROW})


ORGANISATION: dict[str, Any] = {
    "name": "Acme",
    "kind": "company",
    "principal_place": "DE",
    "mau": [
        {"scope": "product", "product": "Reader", "month": "2023-06", "value": 5},
        {"scope": "group", "month": "2023-06", "at_least": 1000, "at_most": 2000, "source": "analytics"},
        {"scope": "group", "at_most": 3000.5},
    ],
    "revenue": [{"scope": "licensee", "period": "2025", "value": 900000, "currency": "EUR"}],
    "monthly_revenue": [{"scope": "group", "month": "2025-03", "at_least": 7, "currency": "USD"}],
    "business": [],
    "competes_with": ["naver"],
}


@pytest.mark.parametrize(
    ("facts", "groups"),
    [
        ({}, ORGANISATION_QUESTIONS),
        (ORGANISATION, ORGANISATION_QUESTIONS),
        ({"competes_with": [], "domicile": "FR"}, ORGANISATION_QUESTIONS),
        (SELLING["use"], USE_QUESTIONS),
        ({"acts": ["host"], "production": False, "where_used": ["DE", "FR"], "planned_name": "A"}, USE_QUESTIONS),
        ({"acts": ["train_on_outputs"], "artefacts": ["data"], "improves": "own", "consent": True}, USE_QUESTIONS),
        *((template.facts, USE_QUESTIONS) for template in TEMPLATES.values()),
    ],
)
def test_sending_the_form_unchanged_changes_nothing(facts: dict[str, Any], groups: Groups) -> None:
    assert facts_from(_sent_back(facts, groups), facts, groups) == facts


def test_figures_beyond_those_shown_stay() -> None:
    facts = {"mau": [{"scope": "group", "month": "current", "value": number} for number in range(MAX_ROWS + 3)]}
    field = field_groups(ORGANISATION_QUESTIONS, facts, {})[1].fields[0]
    assert (len(field.rows), field.more_rows) == (MAX_ROWS, 3)
    assert facts_from(_sent_back(facts, ORGANISATION_QUESTIONS), facts, ORGANISATION_QUESTIONS) == facts


def test_what_is_not_answered_is_not_known() -> None:
    form = Form({"use.acts": ("evaluate",), "use.production": ("",)})
    assert facts_from(form, {"acts": ["host"], "production": True}, USE_QUESTIONS) == {"acts": ["evaluate"]}


def test_none_of_these_is_an_answer_and_silence_is_not() -> None:
    form = Form({"organisation.business": ("none",), "organisation.competes_with": ("None",)})
    assert facts_from(form, {}, ORGANISATION_QUESTIONS) == {"business": [], "competes_with": []}
    assert facts_from(Form({}), {}, ORGANISATION_QUESTIONS) == {}


def test_figures_are_read_as_people_write_them() -> None:
    row = {"scope": "group", "period": "2025", "bound": "between", "amount": "$1,200,000 – 1 500 000", "currency": "usd"}
    facts = facts_from(_figures("revenue", row, {"amount": " "}), {}, ORGANISATION_QUESTIONS)
    assert facts["revenue"] == [
        {"scope": "group", "period": "2025", "at_least": 1_200_000, "at_most": 1_500_000, "currency": "USD"}
    ]


def test_what_is_no_number_is_kept_for_rights_to_refuse() -> None:
    facts = facts_from(_figures("mau", {"scope": "group", "amount": "many"}), {}, ORGANISATION_QUESTIONS)
    assert facts["mau"] == [{"scope": "group", "value": "many"}]


def test_a_complaint_stands_at_the_question_that_it_is_about() -> None:
    problem = "use.organisation.mau[0].value: got 'many'; expected a number."
    groups = field_groups(ORGANISATION_QUESTIONS, {}, {}, problem)
    assert [field.name for group in groups for field in group.fields if field.problem] == ["organisation.mau"]


def test_a_folded_question_with_an_answer_or_a_complaint_is_open() -> None:
    assert [group.is_folded for group in field_groups(USE_QUESTIONS, {}, {})] == [False, False, True, True]
    assert not field_groups(USE_QUESTIONS, {"consent": False}, {})[3].is_folded
    assert not field_groups(USE_QUESTIONS, {}, {}, "use.use.consent: got 'x'; expected true or false.")[3].is_folded


def test_what_was_left_alone_follows_what_somebody_else_saved() -> None:
    was, recorded = {"kind": "company", "name": "A"}, {"kind": "university", "name": "A", "domicile": "FR"}
    typed = {"kind": "company", "name": "B"}
    assert merged(was, recorded, typed) == {"kind": "university", "name": "B", "domicile": "FR"}
    assert merged({"name": "A"}, {"name": "A2"}, {}) == {}  # what was taken out on purpose stays out


def test_months_are_drawn_where_there_are_enough_exact_ones() -> None:
    rows = [{"scope": "group", "month": f"2026-0{month}", "value": month * 10} for month in (3, 1, 2)]
    (view,) = months_views({"mau": [*rows, {"scope": "product", "month": "2026-04", "value": 900}]})
    assert [bar.height for bar in view.bars] == [pytest.approx(33.333), pytest.approx(66.667), 100]
    assert (view.first, view.last, view.most) == ("2026-01", "2026-03", "30")
    assert months_views({"mau": rows[:2]}) == ()
