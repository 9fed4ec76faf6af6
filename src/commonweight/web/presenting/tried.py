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
    "vision": _("Pictures in messages"),
    "transcription": _("Speech"),
}
#: Every reason that a check gives, for the catalogue.
REASONS = frozenset({
    _("A picture beside its prompt adds nothing to it."),
    _("A stream ends without a reason."),
    _("A stream ends without its usage."),
    _("It answers with status %(status)s."),
    _("It calls a tool by another name, or with arguments that are no JSON object."),
    _("It could not be asked (%(why)s)."),
    _("It counts %(prompt)s and %(completion)s tokens, together %(total)s, of at most %(most)s."),
    _("It did not come to an end within %(most)s tokens."),
    _("It gives no text, or another length than the sound has."),
    _("It gives no vector for each text, or numbers that are none."),
    _("It goes on beyond a stop sequence, or shows it."),
    _("It had nothing to say."),
    _("It has to call a tool and does not."),
    _("It leaves out documents, or gives scores that are no numbers."),
    _("It leaves out tokens, their likelihood, or the alternatives that were asked for."),
    _("It says too little to be stopped in the middle."),
    _("It was not answered within %(seconds)s s."),
    _("It was stopped by a sequence and says '%(said)s'."),
    _("Its answer is JSON and does not fit the schema."),
    _("Its answer is no JSON."),
    _("The answer has another shape than it should (%(why)s)."),
    _("The answer is no JSON object."),
    _("The check does not fit into its context, or its words were cut off in the middle."),
})  # fmt: skip
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
        rows.append(TriedRow(CHECKS.get(name, name), word, tone, result.reason, tuple(result.values.items())))
    context = f"{report.capabilities.context_tokens:,}" if report.capabilities.context_tokens else ""
    return TriedView(report.path, report.engine, report.checked_at.strftime("%Y-%m-%d %H:%M"), context, tuple(rows))
