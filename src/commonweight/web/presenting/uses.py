"""Uses with how many models have which answer, and the models of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commonweight.policy import TEMPLATES, WAITS, AskedModels, ModelsPage, Use
from commonweight.rights import VALUES
from commonweight.web.contexts import CountView, ModelRow, ModelsView, TemplateView, UseRow, Word
from commonweight.web.links import with_query
from commonweight.web.presenting.verdicts import subject_text
from commonweight.web.presenting.words import _, verdict_word

USES: Final = "/rights/uses"
WAITING_WORD: Final = Word(WAITS, _("being decided"), "plain", "clock", _("A fact changed; a job decides it again."))


def use_row(use: Use, counts: Mapping[str, int], picked: str = "") -> UseRow:
    """`counts` by value; "" for those that wait."""
    href = f"{USES}/{use.id}"
    total = sum(counts.values())
    views, x = [], 0.0
    for value in (*VALUES, ""):
        models = counts.get(value, 0)
        if models:
            width = round(100 * models / total, 3)
            word = verdict_word(value) if value else WAITING_WORD
            address = with_query(href, [("verdict", word.key)]) + "#models"
            views.append(CountView(word, models, round(x, 3), width, address, picked == word.key))
            x += width
    return UseRow(use.id, use.name, use.description, href, use.is_standing, tuple(views), total)


def template_views() -> tuple[TemplateView, ...]:
    return tuple(TemplateView(one.name, one.description, f"{USES}/new?template={one.key}") for one in TEMPLATES.values())


def models_view(use: Use, asked: AskedModels, page: ModelsPage) -> ModelsView:
    here = [("verdict", asked.value), ("q", asked.named)]

    def address(after: str) -> str:
        return with_query(f"{USES}/{use.id}", [*here, ("after", after)]) + "#models"

    rows = tuple(
        ModelRow(
            subject_text(one.subject), f"/verdicts/{one.verdict_id}", verdict_word(one.value) if one.value else WAITING_WORD
        )
        for one in page.models
    )
    return ModelsView(
        rows, asked.named, asked.value, address(page.after) if page.after else "", address("") if asked.after else ""
    )
