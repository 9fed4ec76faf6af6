"""What a document asks of a tuning (contract, section 9): known fields with nonsense are refused, unknown ones ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commonweight.tuning import Form, Method, NewTuning
from commonweight.wire.openai import fields
from commonweight.wire.openai.batches import metadata_of
from commonweight.wire.openai.errors import BadRequest

AUTO: Final = "auto"
MAX_SUFFIX: Final = 64
MAX_SEED: Final = 2**31 - 1
MAX_INTEGRATIONS: Final = 5
_REINFORCEMENT: Final = "reinforcement"
_TINY: Final = 1e-9  # a multiplier and beta are above zero

#: OpenAI's, then our own. Each may be "auto".
_NUMBERS: Final[Mapping[str, fields.Check]] = {
    "n_epochs": fields.integer(1, 50),
    "batch_size": fields.integer(1, 256),
    "learning_rate_multiplier": fields.number(_TINY, 1_000),
    "beta": fields.number(_TINY, 2),
    "learning_rate": fields.number(_TINY, 1),
    "rank": fields.integer(1, 512),
    "alpha": fields.integer(1, 2_048),
    "max_tokens": fields.integer(16, 1 << 20),
    "max_steps": fields.integer(1, 10_000_000),
}


def new_tuning(body: Mapping[str, Any], address: str, *, needs_file: bool = True) -> NewTuning:
    """
    What a document asks for. Beside OpenAI's fields: `dataset` of the hub instead of `training_file`, and `options`.
    Without `needs_file` both may be missing, for an estimate.

    Raises BadRequest.
    """
    model = fields.required(body, "model")
    fields.text("model", model)
    dataset = _dataset(body)
    training = fields.required(body, "training_file") if needs_file and not dataset else body.get("training_file")
    checks: dict[str, fields.Check] = {
        "training_file": fields.text,
        "validation_file": fields.text,
        "suffix": _suffix,
        "seed": fields.integer(0, MAX_SEED),
        "integrations": _integrations,
        "options": _options,
    }
    fields.check_fields(body, checks)
    return NewTuning(
        model=model,
        training_file_id=None if dataset else training,
        validation_file_id=body.get("validation_file"),
        dataset=dataset,
        method=_method(body),
        suffix=body.get("suffix"),
        seed=body.get("seed"),
        integrations=body.get("integrations"),
        metadata=metadata_of(body),
        options=body.get("options") or {},
        address=address,
    )


def _method(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The type with its own block; those of other types are ignored. Top-level `hyperparameters` are supervised's."""
    said = body.get("method")
    if said is None:
        said = {"type": Method.SUPERVISED.value, "supervised": {"hyperparameters": body.get("hyperparameters") or {}}}
    fields.thing("method", said)
    kind = fields.required_in("method", said, "type")
    if kind == _REINFORCEMENT:
        message = "Reinforcement needs graders, which are not offered here. Use 'supervised' or 'dpo'."
        raise BadRequest(message, param="method.type", kind="unsupported_value")
    if kind not in list(Method):
        raise BadRequest(f"Invalid 'method.type': {str(kind)[:40]!r}; expected 'supervised' or 'dpo'.", param="method.type")
    block = said.get(kind) or {}
    fields.thing(f"method.{kind}", block)
    wished = block.get("hyperparameters") or (body.get("hyperparameters") if kind == Method.SUPERVISED.value else None) or {}
    where = f"method.{kind}.hyperparameters"
    fields.thing(where, wished)
    known = {name: value for name, value in wished.items() if name in _NUMBERS and value is not None}
    fields.check_fields({name: value for name, value in known.items() if value != AUTO}, _NUMBERS, f"{where}.")
    return {"type": kind, kind: {"hyperparameters": known}}


def _dataset(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """`{"repository": "namespace/name", "revision"?, "path"?, "mapping"?}`."""
    said = body.get("dataset")
    if said is None:
        return None
    fields.thing("dataset", said)
    fields.required_in("dataset", said, "repository")
    texts = dict.fromkeys(("repository", "revision", "path"), fields.text)
    fields.check_fields(said, {**texts, "mapping": fields.thing}, "dataset.")
    return {name: said[name] for name in ("repository", "revision", "path", "mapping") if said.get(name)}


def _suffix(name: str, value: Any) -> None:
    fields.text(name, value)
    if not 1 <= len(value) <= MAX_SUFFIX:
        message = f"Invalid '{name}': {len(value)} characters; expected 1 to {MAX_SUFFIX}."
        raise BadRequest(message, param=name, kind="string_above_max_length" if value else "invalid_value")


def _integrations(name: str, value: Any) -> None:
    fields.of_type(list, "an array")(name, value)
    if len(value) > MAX_INTEGRATIONS:
        raise BadRequest(f"Invalid '{name}': at most {MAX_INTEGRATIONS} are accepted, but got {len(value)}.", param=name)
    for number, one in enumerate(value):
        where = f"{name}[{number}]"
        fields.thing(where, one)
        if one.get("type") != "wandb":
            raise BadRequest(f"Invalid '{where}.type': {one.get('type')!r}; expected 'wandb'.", param=f"{where}.type")
        wandb = fields.required_in(where, one, "wandb")
        fields.thing(f"{where}.wandb", wandb)
        fields.text(f"{where}.wandb.project", fields.required_in(f"{where}.wandb", wandb, "project"))


def _options(name: str, value: Any) -> None:
    """
    Our own: `form` (lora, full, qlora), `use` (for which the base has to be allowed), `licence` (of the training file),
    `quantisations` to publish, `judge_model` (that compares free texts), `better_than_base` (else it is not accepted).
    """
    fields.thing(name, value)
    form = value.get("form")
    if form is not None and form not in list(Form):
        message = f"Invalid '{name}.form': {str(form)[:40]!r}; expected one of {', '.join(Form)}."
        raise BadRequest(message, param=f"{name}.form")
    checks: dict[str, fields.Check] = dict.fromkeys(("use", "licence", "judge_model"), fields.text)
    checks |= {"quantisations": fields.of_type(list, "an array"), "better_than_base": fields.of_type(bool, "true or false")}
    fields.check_fields(value, checks, f"{name}.")
