"""The form of a new tuning: what it asks for, what was found in the examples, what it will take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commonweight.files import File
from commonweight.tuning import Form as TuningKind
from commonweight.tuning import Method, NewTuning, Tuning, TuningRefused
from commonweight.web.contexts import TuningForm
from commonweight.web.presenting.measures import day_text
from commonweight.web.presenting.words import _
from commonweight.web.visits import Form

MAX_SUFFIX: Final = 64
MAX_SEED: Final = 2**31 - 1
#: Quantisations that are offered, with what they are for.
KINDS: Final = (
    ("F16", _("As it is, in 16 bits.")),
    ("Q8_0", _("Half of that, and nearly as good.")),
    ("Q6_K", _("Smaller; rarely worse.")),
    ("Q5_K", _("Smaller still.")),
    ("Q4_K", _("Small, and often a little worse.")),
    ("IQ4_XS", _("The smallest.")),
)
#: Fields of the form, the names of the API, and between what they lie; whole numbers or any.
_NUMBERS: Final = (
    ("epochs", "n_epochs", int, 1, 50),
    ("batch", "batch_size", int, 1, 256),
    ("rate", "learning_rate_multiplier", float, 1e-6, 1000),
    ("rank", "rank", int, 1, 512),
    ("beta", "beta", float, 1e-6, 2),
)
_TEXTS: Final = (
    "base", "paste", "file", "dataset", "revision", "path", "system", "question", "answer", "validation", "method", "form",
    "epochs", "batch", "rate", "rank", "beta", "seed", "suffix", "use", "licence", "judge", "raw",
)  # fmt: skip


def typed(form: Form) -> TuningForm:
    """All that was typed. Pasted text keeps its spaces."""
    texts: dict[str, Any] = {name: form.one(name) for name in _TEXTS if form.one(name)}
    texts["paste"] = next(iter(form.values.get("paste", ())), "")
    return TuningForm(**texts, kinds=form.many("kind"))


def form_like(tuning: Tuning) -> TuningForm:
    """The form of one that is like another."""
    method = str(tuning.method.get("type") or Method.SUPERVISED)
    wished = (tuning.method.get(method) or {}).get("hyperparameters") or {}
    said: dict[str, Any] = {
        name: str(wished[key]) for name, key, *_rest in _NUMBERS if wished.get(key) not in (None, "auto")
    }
    said |= {name: str(tuning.dataset[key]) for name, key in _DATASET if tuning.dataset and tuning.dataset.get(key)}
    return TuningForm(
        base=tuning.model,
        file=tuning.training_file_id or "",
        validation=tuning.validation_file_id or "",
        method=method,
        form=str(tuning.options.get("form") or TuningKind.LORA),
        suffix=tuning.suffix or "",
        use=str(tuning.options.get("use") or ""),
        licence=str(tuning.options.get("licence") or ""),
        judge=str(tuning.options.get("judge_model") or ""),
        kinds=tuple(tuning.options.get("quantisations") or ()),
        **said,
    )


_DATASET: Final = (("dataset", "repository"), ("revision", "revision"), ("path", "path"))


def new_tuning_of(form: TuningForm, address: str) -> NewTuning:
    """What the form asks for. Raises TuningRefused for a number that is none, or out of range."""
    if len(form.suffix) > MAX_SUFFIX:
        message = f"The name has {len(form.suffix)} characters; up to {MAX_SUFFIX} were expected."
        raise TuningRefused(message, param="suffix")
    wished = {key: _number(getattr(form, name), key, kind, low, high) for name, key, kind, low, high in _NUMBERS}
    wished = {key: value for key, value in wished.items() if value is not None}
    method = Method(form.method) if form.method in list(Method) else Method.SUPERVISED
    return NewTuning(
        model=form.base,
        training_file_id=None if _of_dataset(form) else form.file or None,
        validation_file_id=form.validation or None,
        dataset=dataset_of(form) if _of_dataset(form) else None,
        method={"type": method.value, method.value: {"hyperparameters": wished}},
        suffix=form.suffix or None,
        seed=_number(form.seed, "seed", int, 0, MAX_SEED),
        options=_options(form),
        address=address,
    )


def _of_dataset(form: TuningForm) -> bool:
    return bool(form.dataset) and not form.file


def dataset_of(form: TuningForm) -> Mapping[str, Any]:
    """The data set as the API names it."""
    mapping = {"user": form.question, "assistant": form.answer, "system": form.system}
    found: dict[str, Any] = {key: getattr(form, name) for name, key in _DATASET if getattr(form, name)}
    kept = {name: value for name, value in mapping.items() if value}
    return {**found, **({"mapping": kept} if kept else {})}


def _options(form: TuningForm) -> Mapping[str, Any]:
    options: dict[str, Any] = {"form": form.form if form.form in list(TuningKind) else TuningKind.LORA.value}
    if form.use:
        options["use"] = form.use
    if form.licence:
        options["licence"] = form.licence.strip()
    if form.judge:
        options["judge_model"] = form.judge
    if form.kinds:
        options["quantisations"] = [kind for kind, _about in KINDS if kind in form.kinds]
    return options


def _number(text: str, name: str, kind: type[int] | type[float], low: float, high: float) -> Any:
    """None where nothing was typed. Raises TuningRefused."""
    if not text or text.strip().lower() == "auto":
        return None
    try:
        value = kind(text.replace(",", "."))
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        shown = "a whole number" if kind is int else "a number"
        raise TuningRefused(f"{name} is {text!r:.40}; expected {shown} from {low:g} to {high:g}, or nothing.", param=name)
    return value


def settings_typed(form: TuningForm) -> bool:
    """Whether something of what is folded away was touched."""
    plain = TuningForm()
    names = ("method", "form", "epochs", "batch", "rate", "rank", "beta", "seed", "validation", "judge", "kinds")
    return any(getattr(form, name) != getattr(plain, name) for name in names)


def file_text(file: File) -> str:
    """`tickets.jsonl · 200 · 2026-03-01`."""
    lines = file.facts.get("lines")
    return " · ".join([file.filename, *([f"{lines:,}"] if lines else []), day_text(file.created_at)])
