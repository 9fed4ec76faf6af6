"""The section of a card that says how the model was judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from commonweight.tuning.judging import Difference, Measure, Report, Result, Score

BEGIN, END = "<!-- scores -->", "<!-- end of scores -->"
NOT_YET: Final = f"{BEGIN}\n\nNot judged yet.\n\n{END}"
_SECTION: Final = re.compile(re.escape(BEGIN) + r".*?" + re.escape(END), re.DOTALL)


def with_scores(card: str, report: Report, left_out: tuple[str, ...] = ()) -> str:
    """The card with this report in place of what stood between the marks; a card without marks gets it at its end."""
    return in_place(card, scores(report, left_out))


def in_place(card: str, told: str) -> str:
    """The card with this between the marks, or at its end where it has none."""
    section = f"{BEGIN}\n\n{told}\n\n{END}"
    if _SECTION.search(card):
        return _SECTION.sub(lambda _: section, card, count=1)
    return f"{card.rstrip()}\n\n## Scores\n\n{section}\n"


def scores(report: Report, left_out: tuple[str, ...] = ()) -> str:
    """Markdown. `left_out`: labels of artefacts that lost too much and are not published."""
    parts = [f"**{report.sentence}**", _asked(report), _table(report), *_notes(report)]
    if left_out:
        parts.append(f"Not published, since they lost more by quantising than the limit: {', '.join(left_out)}.")
    return "\n\n".join(part for part in parts if part)


def _asked(report: Report) -> str:
    sampling = report.settings.get("sampling", {})
    tokens = sampling.get("max_tokens")
    cut = f" and cut at {tokens} tokens" if tokens else ""
    return (
        f"Base and tuned were asked the same {report.items} held-out items (`{report.items_hash[:16]}`) in one run, "
        f"greedily{cut}. Values in percent with 95 % intervals; differences in points, item by item (paired)."
    )


def _table(report: Report) -> str:
    shown = [one for one in report.measures if any(one.name in result.scores for result in report.results)]
    head = ["", *(f"{one.title} (`{one.name}`)" for one in shown), "difference", "stops", "verdict"]
    decides = next((one for one in report.measures if one.name == report.primary), None)
    base = report.base
    rows = [[base.label, *(_score(base.scores.get(one.name), one) for one in shown), "", f"{base.behaviour.stops:.0%}", ""]]
    rows += [_row(result, shown, decides) for result in report.results]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(result: Result, shown: list[Measure], decides: Measure | None) -> list[str]:
    values = [_score(result.scores.get(one.name), one) for one in shown]
    apart = _difference(result.differences.get(decides.name), decides) if decides else ""
    return [result.label, *values, apart, f"{result.behaviour.stops:.0%}", result.verdict.value.replace("_", " ")]


def _score(found: Score | None, measure: Measure) -> str:
    if found is None:
        return ""
    factor, digits = _scale(measure)
    low, high = factor * found.low, factor * found.high
    return f"{factor * found.value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _difference(found: Difference | None, measure: Measure) -> str:
    if found is None:
        return ""
    factor, digits = _scale(measure)
    low, high = factor * found.low, factor * found.high
    return f"{factor * found.value:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def _scale(measure: Measure) -> tuple[float, int]:
    return (1.0, 2) if measure.in_nats else (100.0, 1)


def _notes(report: Report) -> Iterator[str]:
    for result in report.results:
        yield from (f"{result.label}: {warning}" for warning in result.warnings)
    forgetting = report.results[0].forgetting if report.results else None
    if forgetting is not None and report.base.general is not None:
        knew, knows = report.base.general.value, report.base.general.value + forgetting.value
        yield f"Of {forgetting.items} general questions the base answers {knew:.0%}, the tuned one {knows:.0%}."
    yield from report.warnings
