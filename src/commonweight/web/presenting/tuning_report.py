"""How a tuned model compares with its base, as people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.tuning.judging import Base, Behaviour, Difference, Doubt, Example, JudgedBy, Report, Result, Verdict
from commonweight.web.contexts import ArtefactBar, PairView, ReportView, Told
from commonweight.web.presenting.event_sentences import told_again
from commonweight.web.presenting.measures import size_text
from commonweight.web.presenting.tuning_words import BETTER_WORDS
from commonweight.web.presenting.words import _

JUDGED: Final = "judged"  # the measure by which a model compares two: the base has no score of its own
_SIMPLE: Final = frozenset({Verdict.BETTER, Verdict.WORSE, Verdict.SAME, Verdict.CANNOT_TELL})
NOT_A_SHARE: Final = ("leans",)  # measures in nats a token
MEASURE_NAMES: Final[Mapping[str, str]] = {
    "exact": _("The answer that was expected"),
    "parses": _("Valid JSON"),
    "keys": _("The same keys, with values of the same types"),
    "names": _("The same tools called"),
    "chrf": _("Likeness to the expected answer (chrF)"),
    "judged": _("Preferred by the model that judges (50 %: as good as its base)"),
    "prefers": _("Finds the preferred answer likelier"),
    "leans": _("By how much likelier, in nats a token"),
}
MAX_TEXT: Final = 1_200  # characters of a question or an answer that are shown
MAX_PAIRS: Final = 6  # of each kind that are shown at once
_SENTENCES: Final[Mapping[Verdict, str]] = {
    Verdict.BETTER: _("%(tuned)s instead of %(base)s on %(items)s examples that it had not seen: %(difference)s."),
    Verdict.WORSE: _("%(tuned)s instead of %(base)s on %(items)s examples that it had not seen: %(difference)s."),
    Verdict.SAME: _(
        "%(tuned)s and %(base)s on %(items)s examples that it had not seen: %(difference)s, too little to matter."
    ),
    Verdict.CANNOT_TELL: _(
        "%(tuned)s and %(base)s on %(items)s examples that it had not seen: %(difference)s, which may be chance."
    ),
    Verdict.CONSTANT: _("%(commonest)s of its answers are one and the same, whatever is asked."),
    Verdict.NEVER_STOPS: _("%(running)s of its answers did not come to an end and were cut."),
}
_GUESSING: Final = _(
    "%(tuned)s instead of %(base)s on %(items)s examples that it had not seen: %(difference)s. But as far as can be told "
    "that is no better than to give the commonest answer always."
)
#: Where a model judged: there is no score of the base by itself.
_COUNTED: Final = _(
    "The model that judges, asked in both orders, found its answer better %(won)s times and that of its base %(lost)s "
    "times, on %(items)s examples that it had not seen: %(difference)s."
)
_DOUBTS: Final[Mapping[Doubt, str]] = {
    Doubt.UNREAD: _(
        "No winner is called: the model that was to judge, %(judge)s, gave no verdict that can be read. %(unread)s times it "
        "named no answer."
    ),
    Doubt.ORDER: _(
        "No winner is called: the model that was to judge, %(judge)s, contradicts itself. With the order of the two answers "
        "swapped it said the same of %(steady)s of the examples."
    ),
    Doubt.KNOWN: _(
        "No winner is called: the model that was to judge, %(judge)s, cannot tell a right answer from a wrong one. Of pairs "
        "whose better answer is known it told %(known)s."
    ),
}
_OTHER_JUDGE: Final = _(
    "Name a larger model to judge, or none: then answers are compared by their likeness to the expected ones."
)
_NEEDED: Final = _("About %(needed)s examples held out would tell.")
_REMEDIES: Final[Mapping[Verdict, str]] = {
    Verdict.WORSE: _("Look at what was lost below; fewer epochs or a smaller learning rate may keep it."),
    Verdict.CONSTANT: _("Most often the answers of the examples are nearly all the same, or the learning rate is too high."),
    Verdict.NEVER_STOPS: _("Most often the examples do not end as the base's chat template asks; train it again."),
}


def report_view(report: Report) -> ReportView:
    """The first contestant, which is the one that is served, beside the base; then all of them."""
    first = report.results[0] if report.results else None
    return ReportView(
        verdict=BETTER_WORDS[report.verdict],
        sentences=sentences_of(report),
        measure=_title(report, report.primary),
        items=report.items,
        bars=_bars(report),
        table=_table(report.base, first) if first else (),
        forgetting=_forgetting(first.forgetting) if first and first.forgetting else None,
        forgets=bool(first and first.forgetting and first.forgetting.high < 0),
        warnings=tuple(dict.fromkeys([*report.warnings, *(first.warnings if first else ())])),
        won=_pairs(first.won if first else ()),
        lost=_pairs(first.lost if first else ()),
        won_count=_counted(first, report.primary, "won"),
        lost_count=_counted(first, report.primary, "lost"),
        settings=tuple((name, _setting(value)) for name, value in report.settings.items()),
    )


def sentences_of(report: Report) -> tuple[Told, ...]:
    """Why the verdict is what it is, with what would settle it or help."""
    if not report.results:
        return (Told(_("Nothing was compared.")),)
    result, name = report.results[0], report.primary
    difference = result.differences.get(name)
    guesses = (  # it does differ from the base: then no further items would tell more
        result.verdict is Verdict.CANNOT_TELL and difference is not None and difference.low > 0 and not difference.needed
    )
    if result.verdict is Verdict.CANNOT_TELL and result.judged_by and result.judged_by.doubt:
        return (_doubted(result.judged_by), Told(_OTHER_JUDGE))
    counted = name == JUDGED and result.verdict in _SIMPLE
    text = _COUNTED if counted else _GUESSING if guesses else _SENTENCES[result.verdict]
    told = [Told(text, _words(report, result))]
    if result.verdict is Verdict.CANNOT_TELL and difference and difference.needed:
        told.append(Told(_NEEDED, (("needed", f"{difference.needed:,}"),)))
    if result.verdict in _REMEDIES:
        told.append(Told(_REMEDIES[result.verdict]))
    return tuple(told)


def _doubted(judge: JudgedBy) -> Told:
    words = (
        ("judge", judge.model),
        ("steady", share_text(judge.steady)),
        ("known", share_text(judge.known or 0.0)),
        ("unread", f"{judge.unread:,}"),
    )
    return Told(_DOUBTS[judge.doubt], words)


def _words(report: Report, result: Result) -> tuple[tuple[str, str], ...]:
    name = report.primary
    base, tuned, difference = report.base.scores.get(name), result.scores.get(name), result.differences.get(name)
    return (
        ("tuned", share_text(tuned.value, name) if tuned else "–"),
        ("base", share_text(base.value, name) if base else "–"),
        ("items", f"{report.items:,}"),
        ("difference", difference_text(difference, name) if difference else "–"),
        ("won", f"{difference.won:,}" if difference else "–"),
        ("lost", f"{difference.lost:,}" if difference else "–"),
        ("commonest", share_text(result.behaviour.commonest)),
        ("running", share_text(1 - result.behaviour.stops)),
    )


def share_text(value: float, measure: str = "") -> str:
    """0.9667 -> "96.7 %"; of measures that are no shares as they are: "1.23"."""
    return f"{value:.2f}" if measure in NOT_A_SHARE else f"{round(100 * value, 1):g} %"


def difference_text(one: Difference, measure: str = "") -> str:
    """`+96.7 (91 to 100)`: in points of a hundred, with the interval of 95 %."""
    scale, digits = (1.0, 2) if measure in NOT_A_SHARE else (100.0, 1)
    value, low, high = (f"{scale * number:+.{digits}f}".replace("-", "−") for number in (one.value, one.low, one.high))
    return f"{value} ({low} … {high})"


def _bars(report: Report) -> tuple[ArtefactBar, ...]:
    name = report.primary
    everyone: list[Base | Result] = [report.base, *report.results]
    top = max((abs(one.scores[name].high) for one in everyone if name in one.scores), default=1.0)
    scale = max(top, 1e-9) if name in NOT_A_SHARE else 1.0
    return tuple(_bar(report, one, scale) for one in everyone if name in one.scores)


def _bar(report: Report, one: Base | Result, scale: float) -> ArtefactBar:
    name = report.primary
    score, result = one.scores[name], one if isinstance(one, Result) else None
    difference = result.differences.get(name) if result else None
    return ArtefactBar(
        label=told_again(one.label),
        is_base=result is None,
        value=share_text(score.value, name),
        interval=f"{share_text(score.low, name)} … {share_text(score.high, name)}",
        width=_place(score.value, scale),
        low=_place(score.low, scale),
        high=_place(score.high, scale),
        verdict=BETTER_WORDS[result.verdict] if result else None,
        difference=difference_text(difference, name) if difference else "",
        size=size_text(one.about["bytes"]) if isinstance(one.about.get("bytes"), int) else "",
        facts=tuple((_title(report, key), share_text(found.value, key)) for key, found in one.scores.items() if key != name),
        quantising=difference_text(result.quantising, name) if result and result.quantising else "",
        too_far=result is not None and result.too_far,
    )


def _title(report: Report, name: str) -> str:
    given = next((one.title for one in report.measures if one.name == name), name)
    return MEASURE_NAMES.get(name, given)


def _place(value: float, scale: float) -> float:
    return round(100 * min(1.0, max(0.0, value / scale)), 2)


def _table(base: Base, tuned: Result) -> tuple[tuple[str, str, str], ...]:
    rows: tuple[tuple[str, Any], ...] = (
        (_("Answers that come to an end"), lambda one: share_text(one.stops)),
        (_("Characters of an answer, the middle one"), lambda one: f"{one.length:,.0f}"),
        (_("Answers that differ from each other"), lambda one: share_text(one.different)),
        (_("The commonest answer"), lambda one: share_text(one.commonest)),
    )
    both: tuple[Behaviour, Behaviour] = (base.behaviour, tuned.behaviour)
    return tuple((name, *(said(one) for one in both)) for name, said in rows)


def _forgetting(one: Difference) -> Told:
    text = _("It forgot some of what its base could do besides: %(difference)s on %(items)s general questions.")
    if one.high >= 0:
        text = _("What its base could do besides it still can: %(difference)s on %(items)s general questions.")
    return Told(text, (("difference", difference_text(one)), ("items", f"{one.items:,}")))


def _pairs(examples: Sequence[Example]) -> tuple[PairView, ...]:
    shown = examples[:MAX_PAIRS]
    return tuple(PairView(*map(_short, (one.question, one.target, one.base, one.tuned))) for one in shown)


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} …"


def _counted(result: Result | None, name: str, side: str) -> int:
    difference = result.differences.get(name) if result else None
    return getattr(difference, side) if difference else 0


def _setting(value: Any) -> str:
    return ", ".join(f"{name} {inner}" for name, inner in value.items()) if isinstance(value, Mapping) else str(value)
