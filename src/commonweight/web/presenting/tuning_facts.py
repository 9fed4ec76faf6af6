"""What was asked for in a tuning, what was really used, and how its model is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commonweight.tuning import Checkpoint, Form, Method, Tuning
from commonweight.web.contexts import CheckpointRow, Snippet
from commonweight.web.presenting.curves import value_text
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.spans import span_text
from commonweight.web.presenting.words import _

METHOD_NAMES: Final[Mapping[str, str]] = {
    Method.SUPERVISED: _("from the right answers"),
    Method.DPO: _("from preferred and rejected answers (DPO)"),
}
FORM_NAMES: Final[Mapping[str, str]] = {
    Form.LORA: _("an adapter (LoRA)"),
    Form.QLORA: _("an adapter on four bits (QLoRA)"),
    Form.FULL: _("the whole model"),
}
#: Hyperparameters by the words that they go by in the API.
SETTING_NAMES: Final[Mapping[str, str]] = {
    "n_epochs": _("Epochs"),
    "epochs": _("Epochs"),
    "batch_size": _("Examples at once"),
    "learning_rate_multiplier": _("Learning rate, times"),
    "learning_rate": _("Learning rate"),
    "rank": _("Rank of the adapter"),
    "alpha": _("Strength of the adapter (alpha)"),
    "beta": _("Beta, of preferences"),
    "max_tokens": _("Tokens of an example at most"),
    "max_steps": _("Steps at most"),
    "threads": _("Threads"),
    "seed": _("Seed"),
}


def asked_facts(tuning: Tuning, examples: str, held_out: str) -> tuple[tuple[str, str], ...]:
    """`examples` and `held_out` are names of where they come from."""
    method = str(tuning.method.get("type") or "")
    form = str(tuning.options.get("form") or "")
    took = (tuning.finished_at - tuning.started_at).total_seconds() if tuning.finished_at and tuning.started_at else None
    facts = (
        (_("Examples"), examples),
        (_("Held out"), held_out),
        (_("Method"), METHOD_NAMES.get(method, method)),
        (_("What is trained"), FORM_NAMES.get(form, form)),
        *_asked(tuning.method.get(method) or {}),
        (_("Seed"), str(tuning.seed)),
        (_("Asked for"), minute_text(tuning.created_at)),
        (_("Took"), span_text(took)),
        (_("Tokens learnt from"), f"{tuning.trained_tokens:,}" if tuning.trained_tokens else ""),
    )
    return tuple((name, value) for name, value in facts if value)


def _asked(block: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    wished = {name: value for name, value in (block.get("hyperparameters") or {}).items() if value not in (None, "auto")}
    return used_facts(wished)


def used_facts(used: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Hyperparameters with their names; what is no single value is left to the API."""
    return tuple(
        (SETTING_NAMES.get(name, name.replace("_", " ")), _value(value))
        for name, value in used.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    )


def _value(value: str | int | float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def checkpoint_row(one: Checkpoint) -> CheckpointRow:
    loss = one.metrics.get("valid_loss", one.metrics.get("train_loss"))
    return CheckpointRow(one.step, one.name, value_text(loss) if loss is not None else "", minute_text(one.created_at))


def calls_of(name: str, base_url: str) -> tuple[Snippet, ...]:
    """How a program calls the model."""
    return (
        Snippet(_("From an application"), _openai(name, base_url)),
        Snippet(_("By command"), _curl(name, base_url)),
    )


def _openai(name: str, base_url: str) -> str:
    return f"""from openai import OpenAI

client = OpenAI(base_url="{base_url}/v1", api_key="cw_...")
answer = client.chat.completions.create(
    model="{name}",
    messages=[{{"role": "user", "content": "..."}}],
)
print(answer.choices[0].message.content)"""


def _curl(name: str, base_url: str) -> str:
    return f"""curl {base_url}/v1/chat/completions \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{{"model": "{name}",
       "messages": [{{"role": "user", "content": "..."}}]}}'"""
