"""From what serving knows of its engines to the page that shows them."""

from __future__ import annotations

from commonweight.serving import EngineSeen, HostSeen, ModelSeen, State
from commonweight.web.contexts import EngineView, HostView, ModelEnginesView, Word
from commonweight.web.presenting.measures import size_text
from commonweight.web.presenting.words import _

ENGINES = "/admin/engines"
COMMIT_SHOWN = 7  # characters, as git shows them

_STATES = {
    State.WANTED: Word("wanted", _("wanted"), "ask", "clock", _("A worker will take it up.")),
    State.LOADING: Word("loading", _("loading"), "ask", "clock", _("Its file is fetched and its engine started.")),
    State.READY: Word("ready", _("ready"), "good", "check", _("It answers requests.")),
    State.STOPPING: Word(
        "stopping", _("unloading"), "duty", "clock", _("Requests under way are finished, new ones go elsewhere.")
    ),
    State.FAILED: Word("failed", _("failed"), "stop", "stop", _("It could not be loaded.")),
}


def host_view(seen: HostSeen) -> HostView:
    budget = max(1, seen.facts.budget_bytes)
    percent = round(min(100.0, 100 * seen.held_bytes / budget), 1)
    return HostView(seen.facts.host, size_text(seen.held_bytes), size_text(budget), percent, seen.facts.cores)


def model_view(seen: ModelSeen) -> ModelEnginesView:
    order, model = seen.order, seen.model
    warm = order.warm if order else ()
    return ModelEnginesView(
        name=model.name,
        short=f"{model.repository} @ {model.commit[:COMMIT_SHOWN]}",
        href=f"/{model.repository}",
        queued=seen.queued,
        is_pinned=order is not None and order.pinned,
        least=order.least if order else 0,
        most=order.most if order else 1,
        windows=tuple(f"{window.at} ({window.minutes} min, {order.time_zone})" for window in warm if order),
        is_up=any(one.replica.state in (State.WANTED, State.LOADING, State.READY) for one in seen.engines),
        engines=tuple(_engine_view(one) for one in seen.engines),
    )


def _engine_view(seen: EngineSeen) -> EngineView:
    row = seen.replica
    return EngineView(
        state=_STATES[row.state],
        host=seen.host,
        program=row.engine,
        memory=size_text(row.memory_bytes) if row.memory_bytes else "",
        under_way=seen.under_way,
        slots=row.slots if row.state is State.READY else 0,
        tokens=f"{seen.tokens_per_second:.1f}" if seen.tokens_per_second else "",
        note=row.error or row.progress,
    )
