from __future__ import annotations

import pytest

from commonweight.policy import DEFAULT_FACTS
from commonweight.web.presenting.use_form import facts_from, use_groups
from commonweight.web.visits import Form
from tests.policy.world import SELLING, World
from tests.web.reader import Reader


def _form(**fields: str | list[str]) -> Form:
    values = {name.replace("__", "."): tuple(v if isinstance(v, list) else [v]) for name, v in fields.items()}
    return Form(values)


def _sent_back(facts: dict[str, object]) -> Form:
    """The form as a browser sends it when nothing was changed."""
    values: dict[str, list[str]] = {}
    for group in use_groups(facts):
        for field in group.fields:
            values[field.name] = [choice.value for choice in field.choices if choice.picked] or [field.value]
            values[f"{field.name}.value"] = [value for value, _ in field.rows]
            values[f"{field.name}.period"] = [period for _, period in field.rows]
    return Form({name: tuple(found) for name, found in values.items()})


@pytest.mark.parametrize(
    "facts",
    [
        dict(DEFAULT_FACTS),
        SELLING,
        {
            "organisation": {
                "kind": "company",
                "principal_place": "DE",
                "mau": [
                    {"scope": "product", "month": "2023-06", "value": 5},
                    {"scope": "group", "month": "2023-06", "value": 1000},
                ],
                "revenue": [{"scope": "group", "period": "2025", "value": 900000, "currency": "USD"}],
                "business": [],
            },
            "use": {"acts": ["evaluate", "host"], "production": False, "where_used": ["DE", "FR"], "planned_name": "Acme"},
        },
    ],
)
def test_sending_the_form_unchanged_changes_nothing(facts: dict[str, object]) -> None:
    assert facts_from(_sent_back(facts), facts) == facts


def test_what_is_not_answered_is_not_known() -> None:
    facts = facts_from(_form(use__acts="evaluate", use__production=""), {"use": {"acts": ["host"], "production": True}})
    assert facts == {"use": {"acts": ["evaluate"]}, "organisation": {}}


def test_none_of_these_is_an_answer_and_silence_is_not() -> None:
    assert facts_from(_form(organisation__business="none"), {})["organisation"] == {"business": []}
    assert "business" not in facts_from(_form(), {})["organisation"]


def test_figures_are_read_as_people_write_them() -> None:
    form = _form(organisation__revenue__value=["1,200,000", " "], organisation__revenue__period=["2025", ""])
    form = Form({name.replace("organisation.revenue.", "organisation.revenue."): v for name, v in form.values.items()})
    revenue = facts_from(form, {})["organisation"]["revenue"]
    assert revenue == [{"scope": "group", "period": "2025", "value": 1_200_000, "currency": "USD"}]


async def test_saving_shows_which_verdicts_changed(root: Reader, world: World) -> None:
    await root.get("/")  # verdicts stand
    csrf = (await root.get("/settings/use")).csrf
    fields = {"csrf": csrf, "name": "A product", "use.acts": ["redistribute"], "use.production": "yes"}
    page = await root.post("/settings/use", fields)
    assert page.status == 200
    assert "Saved" in page.words
    assert "verdicts changed" in page.words
    assert (await world.policy.standing_use()).name == "A product"


async def test_a_use_that_cannot_be_is_refused_and_what_was_typed_stays(root: Reader, world: World) -> None:
    csrf = (await root.get("/settings/use")).csrf
    fields = {"csrf": csrf, "name": "x", "use.acts": ["evaluate"], "organisation.principal_place": "Germany"}
    page = await root.post("/settings/use", fields)
    assert page.status == 400
    assert "GERMANY" in page.text
    assert dict((await world.policy.standing_use()).facts) == dict(DEFAULT_FACTS)


async def test_only_an_administrator_may_save(ada: Reader, world: World) -> None:
    page = await ada.get("/settings/use")
    assert "Only an administrator" in page.words
    assert (await ada.post("/settings/use", {"csrf": page.csrf, "use.acts": "host"})).status == 403
    assert dict((await world.policy.standing_use()).facts) == dict(DEFAULT_FACTS)


async def test_facts_about_the_company_are_not_for_everybody(reader: Reader) -> None:
    assert (await reader.get("/settings/use")).status == 303
