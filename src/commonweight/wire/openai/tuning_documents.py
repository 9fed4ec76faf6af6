"""The documents of tunings, their events and checkpoints (contract, section 9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from commonweight.tuning import Checkpoint, Event, Status, Tuning

AUTO: Final = "auto"
_OPENAIS: Final = ("n_epochs", "batch_size", "learning_rate_multiplier")


def tuning_document(tuning: Tuning, organisation: str) -> dict[str, Any]:
    """OpenAI's fields, complete; then our own: stage, progress, the repository's number."""
    method = tuning.method["type"]
    wished = (tuning.method.get(method) or {}).get("hyperparameters") or {}
    known = {**dict.fromkeys(_OPENAIS, AUTO), **wished, **tuning.hyperparameters}
    used = {name: value for name, value in known.items() if not isinstance(value, list)}
    return {
        "id": tuning.id,
        "object": "fine_tuning.job",
        "created_at": _seconds(tuning.created_at),
        "error": tuning.error,
        "fine_tuned_model": tuning.fine_tuned_model,
        "finished_at": _seconds(tuning.finished_at),
        "hyperparameters": {name: used[name] for name in _OPENAIS},
        "model": tuning.model,
        "organization_id": organisation,
        "result_files": list(tuning.result_files),
        "seed": tuning.seed,
        "status": tuning.status.value,
        "trained_tokens": tuning.trained_tokens,
        "training_file": tuning.training_file_id or _address(tuning),
        "validation_file": tuning.validation_file_id,
        "estimated_finish": _estimated_finish(tuning),
        "integrations": tuning.integrations,
        "metadata": tuning.metadata,
        "method": {"type": method, method: {"hyperparameters": used}},
    }


def _estimated_finish(tuning: Tuning) -> int | None:
    """From what is left by its own count, while it trains."""
    left, at = tuning.progress.get("seconds_left"), tuning.progress.get("at")
    if tuning.status is not Status.RUNNING or left is None or at is None:
        return None
    return int((datetime.fromisoformat(at) + timedelta(seconds=float(left))).timestamp())


def _address(tuning: Tuning) -> str:
    """Of a data set of the hub, which stands where a file's id would."""
    said = tuning.dataset or {}
    revision = f"@{said['revision']}" if said.get("revision") else ""
    path = f"/{said['path']}" if said.get("path") else ""
    return f"hf://datasets/{said.get('repository', '')}{revision}{path}"


def event_document(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "object": "fine_tuning.job.event",
        "created_at": _seconds(event.created_at),
        "level": event.level.value,
        "message": event.message,
        "type": event.type,
        "data": event.data or {},
    }


def checkpoint_document(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "id": checkpoint.id,
        "object": "fine_tuning.job.checkpoint",
        "created_at": _seconds(checkpoint.created_at),
        "fine_tuned_model_checkpoint": checkpoint.name,
        "fine_tuning_job_id": checkpoint.tuning_id,
        "metrics": {"step": checkpoint.step, **checkpoint.metrics},
        "step_number": checkpoint.step,
    }


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
