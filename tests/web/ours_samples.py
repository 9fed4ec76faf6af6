"""Examples of the pages on what an organisation records."""

from __future__ import annotations

from dataclasses import replace

from commonweight.web.contexts import (
    Choice,
    CountedFlip,
    CountView,
    Difference,
    FactField,
    FieldGroup,
    FigureRow,
    Flip,
    Frame,
    KeptPage,
    ModelRow,
    ModelsView,
    MonthBar,
    MonthsView,
    OrganisationPage,
    OutcomeView,
    OvertakenView,
    Page,
    PreviewView,
    TemplateView,
    UsePage,
    UseRow,
    UsesPage,
)
from commonweight.web.presenting.uses import WAITING_WORD
from commonweight.web.presenting.words import VERDICT_WORDS

_ASKED = (("llama-3.2", "/docs/licences/llama-3.2"), ("llama-4", "/docs/licences/llama-4"))
_FLIP = Flip(
    "stabilityai/sdxl-turbo",
    "/models/stabilityai/sdxl-turbo",
    VERDICT_WORDS["prohibited"],
    VERDICT_WORDS["allowed_with_duties"],
)
_PREVIEW = PreviewView((CountedFlip(_FLIP.before, _FLIP.after, 12),), (_FLIP,), 12, 40, "")
_OUTCOME = OutcomeView((_FLIP,), 31, 17, 90, "/rights/changes?cause=3")
_OVERTAKEN = OvertakenView(
    "ada", "2026-11-29 17:04 UTC", (Difference("Is it used in production?", "yes", ""),), ("Who sees the results?",)
)


def _field(name: str, question: str, kind: str) -> FactField:
    return FactField(name, question, "Some terms turn on it.", kind, (), "", (), False, 0, _ASKED, 33, "")


KIND = replace(
    _field("organisation.kind", "What kind of organisation are you?", "one"),
    choices=(Choice("", "not known", "", False), Choice("company", "a company", "A firm.", True)),
)
PLACE = replace(
    _field("organisation.principal_place", "In which country is your principal place of business?", "text"),
    value="Germany",
    problem="organisation.principal_place: got text 'GERMANY'; expected a country code of two capital letters such as DE.",
    asked_by=(),
    asked_count=0,
)
REVENUE = replace(
    _field("organisation.revenue", "How much do you take in a year?", "figures"),
    rows=(
        FigureRow("group", "", "2025", "between", "900,000 – 1,200,000", "USD", "annual accounts"),
        FigureRow("product", "Reader", "2025", "value", "5", "USD", ""),
        FigureRow("group", "", "", "value", "", "USD", ""),
    ),
    is_money=True,
    more_rows=2,
)
MAU = replace(
    _field("organisation.mau", "How many people use your products in a month?", "figures"),
    rows=(FigureRow("group", "", "any", "at_most", "1,000,000", "", ""),),
)
ACTS = replace(
    _field("use.acts", "What do you do with them?", "many"),
    choices=(Choice("evaluate", "evaluate", "Run it inside.", True), Choice("host", "host for others", "", False)),
)
MANY = replace(
    _field("use.purposes", "What for?", "many"),
    choices=tuple(Choice(f"purpose{number}", f"Purpose {number}.", "", number == 3) for number in range(24)),
)
MONTHS = MonthsView("People per month", tuple(MonthBar(n * 25, 20, 40 + 20 * n, f"2026-0{n + 1}: 5") for n in range(4)),
                    "2026-01", "2026-04", "5")  # fmt: skip


def _row(number: int, name: str, *, default: bool) -> UseRow:
    href = f"/rights/uses/{number}"
    counts = (
        CountView(VERDICT_WORDS["allowed"], 80, 0, 40, f"{href}?verdict=allowed#models", True),
        CountView(VERDICT_WORDS["needs_permission"], 90, 40, 45, f"{href}?verdict=needs_permission#models", False),
        CountView(WAITING_WORD, 30, 85, 15, f"{href}?verdict=waits#models", False),
    )
    return UseRow(number, name, "Finding out what a model is worth.", href, default, counts, 200)


def ours_pages(frame: Frame) -> tuple[Page, ...]:
    default = _row(1, "Internal evaluation", default=True)
    organisation = OrganisationPage(
        replace(frame, path="/rights/organisation"),
        (FieldGroup("Who you are", (KIND, PLACE), False), FieldGroup("How large you are", (MAU, REVENUE), False)),
        "Acme Holding and what it controls.",
        "2026-11-29T17:04:00+00:00",
        "{}",
        "2026-11-29 17:04 UTC, ada",
        True,
        "organisation.principal_place: got text 'GERMANY'.",
        _OVERTAKEN,
        _OUTCOME,
        _PREVIEW,
        (MONTHS,),
    )
    uses = UsesPage(
        replace(frame, path="/rights/uses"),
        (default, replace(_row(2, "A product", default=False), counts=(), total=0)),
        (
            TemplateView(
                "Research", "Scientific work that is published and earns nothing.", "/rights/uses/new?template=research"
            ),
        ),
        17,
        True,
        "The default use cannot be given up.",
        None,
    )
    models = ModelsView(
        (ModelRow("meta-llama/llama-2", "/verdicts/abc", VERDICT_WORDS["allowed"]),),
        "llama",
        "allowed",
        "?after=x",
        "?q=llama",
    )
    use = UsePage(
        replace(frame, path="/rights/uses/1"),
        default,
        default.href,
        default.name,
        default.description,
        "",
        (FieldGroup("What you do with models", (ACTS, MANY), False), FieldGroup("Finer points", (KIND,), True)),
        "2026-11-29T17:04:00+00:00",
        "{}",
        "2026-11-29 17:04 UTC, ada",
        True,
        "",
        replace(_OVERTAKEN, by="", differences=()),
        replace(_OUTCOME, waiting=0),
        replace(_PREVIEW, untried=0),
        "",
        models,
    )
    kept = KeptPage(frame, "/rights/uses/1", (("name", "A product"), ("use.acts", "host"), ("seen", "x")))
    return (organisation, uses, use, kept)
