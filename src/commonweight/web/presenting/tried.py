"""What came of trying a model on an engine, as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence

from commonweight.serving import Report
from commonweight.web.contexts import TriedRow, TriedView
from commonweight.web.presenting.words import _

CHECKS = {
    "streaming": _("Streamed answers"),
    "usage": _("Counted tokens"),
    "stop": _("Stop sequences"),
    "logprobs": _("Log-probabilities"),
    "schema": _("JSON schema"),
    "tools": _("Tool calls"),
    "embeddings": _("Vectors"),
    "rerank": _("Ranking"),
}
OUTCOMES = {True: (_("works"), "good"), False: (_("failed"), "stop"), None: (_("not known"), "ask")}


def tried_views(reports: Sequence[Report]) -> tuple[TriedView, ...]:
    """One for each file, by the newest engine that it was tried on."""
    newest: dict[str, Report] = {}
    for report in reports:
        newest.setdefault(report.path, report)
    return tuple(_view(report) for report in newest.values())


def _view(report: Report) -> TriedView:
    rows = []
    for name, result in report.results.items():
        word, tone = OUTCOMES[result.ok]
        rows.append(TriedRow(CHECKS.get(name, name), word, tone, result.reason))
    context = f"{report.capabilities.context_tokens:,}" if report.capabilities.context_tokens else ""
    return TriedView(report.path, report.engine, report.checked_at.strftime("%Y-%m-%d %H:%M"), context, tuple(rows))
