"""The card of a tuned model: where it comes from, how it was made, how good it is, how to call it and to make it again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from commonweight.hub import TRAINING_FILES, RevisionFacts
from commonweight.rights.pack import Pack, with_badges
from commonweight.tuning.publishing.artefacts import ADAPTER, GGUF
from commonweight.tuning.publishing.scores import NOT_YET
from commonweight.tuning.publishing.values import DataUsed, Made

MAX_LANGUAGES: Final = 20
USED: Final = "used"  # in the hardware of a training: processor time and energy, see `training.child.energy`
_CALL: Final = """```python
from openai import OpenAI

client = OpenAI(base_url="https://YOUR-SERVER/v1")
answer = client.chat.completions.create(
    model="{model}",
    messages=[{{"role": "user", "content": "…"}}],
)
```"""


@dataclass(frozen=True)
class Terms:
    """What follows from base and data: the pack of publishing it, and what the base's own card says."""

    pack: Pack
    base: RevisionFacts


def card_of(name: str, full_name: str, made: Made, terms: Terms, artefacts: Mapping[str, str]) -> bytes:
    """README.md with its front matter. `artefacts`: SHA-256 by path. The same of everything gives the same bytes."""
    block = yaml.safe_dump(front_matter(made, terms, artefacts), sort_keys=False, allow_unicode=True)
    sections = [
        f"# {name}",
        _summary(made),
        "## Scores",
        NOT_YET,
        "## How to call it",
        _calling(full_name, made, artefacts),
        "## What it was made from",
        _origin(made),
        "## How it was made",
        _method(made),
        "## Files",
        _files(artefacts),
        "## Terms",
        _terms(terms.pack),
        "## Limits",
        _limits(made),
        "## Make it again",
        _again(),
    ]
    text = f"---\n{block}---\n\n" + "\n\n".join(sections) + "\n"
    return with_badges(text.encode(), terms.pack.badges)


def front_matter(made: Made, terms: Terms, artefacts: Mapping[str, str]) -> dict[str, Any]:
    """
    What lineage and terms are read from. The licence named is the base's: a tuned model stays under its terms, and what the
    data asks besides follows by `datasets`.
    """
    base = terms.base
    licence: dict[str, Any] = {"license": base.licences[0] if len(base.licences) == 1 else list(base.licences)}
    licence |= {"license_name": base.licence_name} if base.licence_name else {}
    licence |= {"license_link": base.licence_link} if base.licence_link else {}
    tags = ["commonweight", "fine-tuned", made.method, made.form, *(["gguf"] if _of_kind(artefacts, ".gguf") else [])]
    found = {
        "base_model": made.base.repository,
        "base_model_relation": "finetune",
        "datasets": [made.data.repository] if made.data.repository else [],
        TRAINING_FILES: _stated(made.data),
        **(licence if base.licences else {}),
        "library_name": "transformers" if made.merged is not None else "",
        "pipeline_tag": base.pipeline_tag or "text-generation",
        "language": list(base.languages[:MAX_LANGUAGES]),
        "tags": tags,
    }
    return {key: value for key, value in found.items() if value}


def _stated(data: DataUsed) -> list[dict[str, str]]:
    """A file that lies nowhere, where somebody stated its licence: its terms follow from this."""
    if not data.licence or data.repository:
        return []
    return [{"name": data.name, "sha256": data.sha256, "license": data.licence}]


def without_files(card: str, paths: Collection[str]) -> str:
    """The card of a repository from which these files went."""
    lines = [line for line in card.split("\n") if not any(line.startswith(f"| {code(path)} |") for path in paths)]
    text = "\n".join(lines)
    for path in paths:
        text = text.replace(f", {code(path)}", "").replace(f"{code(path)}, ", "")
    return text


def code(text: object) -> str:
    """A value as it is, within a line of Markdown."""
    plain = " ".join(str(text).replace("`", "'").split())
    return f"`{plain}`" if plain else ""


def _summary(made: Made) -> str:
    data, by = made.data, f" by {code(made.made_by)}" if made.made_by else ""
    return (
        f"{code(made.base.repository)} tuned ({made.method}, {made.form}) on {data.trained} examples of {code(data.name)}, "
        f"{data.held_out} more held out to judge it. Made with Commonweight on {made.finished_at.date().isoformat()}{by}."
    )


def _calling(full_name: str, made: Made, artefacts: Mapping[str, str]) -> str:
    model = made.model or full_name
    ways = [_CALL.format(model=model)]
    if made.merged is not None:
        ways.append(f'With transformers: `AutoModelForCausalLM.from_pretrained("{full_name}")`.')
    if _of_kind(artefacts, "adapter_model.safetensors"):
        ways.append(
            f'The adapter alone, on the base: `PeftModel.from_pretrained(base, "{full_name}", subfolder="{ADAPTER}")`.'
        )
    ggufs = [path for path in artefacts if path.startswith(f"{GGUF}/")]
    if ggufs:
        ways.append(f"With llama.cpp: {', '.join(code(path) for path in ggufs)}.")
    if made.base.converted:
        ways.append(f"{code(made.base.converted)} is the base itself, unchanged, on which the adapters go.")
    return "\n\n".join(ways)


def _origin(made: Made) -> str:
    base, data = made.base, made.data
    rows: list[tuple[str, object]] = [("Base", code(f"{base.repository}@{base.commit}"))]
    rows += [(f"its {code(path)}", f"SHA-256 {code(digest)}") for path, digest in sorted(base.files.items())]
    where = f"{data.repository}@{data.commit}" if data.repository else data.name
    rows.append(("Data", code(where) + (f", {code(data.path)}" if data.path else "")))
    rows.append(("its SHA-256", code(data.sha256)))
    rows.append(("its lines", f"{data.lines}, of which {data.trained} trained and {data.held_out} held out"))
    rows += [("split", code(data.split_hash))] if data.split_hash else []
    rows += [("its licence", code(data.licence))] if data.licence else []
    return _table(rows)


def _method(made: Made) -> str:
    rows: list[tuple[str, object]] = [("method", made.method), ("form", made.form), ("seed", made.seed)]
    rows += [(key, code(value)) for key, value in sorted(made.hyperparameters.items()) if not isinstance(value, Mapping)]
    rows += [("steps", made.steps), ("trained tokens", made.trained_tokens), ("time", f"{made.seconds:.0f} s")]
    rows += [("loss", f"{made.losses[0][1]:.3f} at first, {made.losses[-1][1]:.3f} at last")] if made.losses else []
    rows += [(key, code(value)) for key, value in sorted(made.hardware.items()) if key != USED]
    rows += [("energy", _energy(made.hardware))] if made.hardware.get(USED) else []
    rows += [(f"{key} (version)", code(value)) for key, value in sorted(made.versions.items())]
    return _table(rows)


def _energy(hardware: Mapping[str, Any]) -> str:
    """What was measured, or that nothing was: no figure comes from assumed watts."""
    used, gpu = hardware[USED], "" if "threads" in hardware else " That of the GPU was not measured."
    processor = f"{used['cpu_seconds']:,.0f} s of processor time"
    if used.get("joules") is None:
        return f"not measured: this machine shows no counter; {processor}.{gpu}"
    hours = used["joules"] / 3600
    return f"{hours:,.1f} Wh, measured (RAPL: all that the processors did meanwhile, for others too); {processor}.{gpu}"


def _files(artefacts: Mapping[str, str]) -> str:
    return _table([(code(path), code(digest)) for path, digest in artefacts.items()], ("file", "SHA-256"))


def _terms(pack: Pack) -> str:
    said = ["They follow from the base and the data; a reading of the texts, not legal advice."]
    if pack.refusal:
        said.append(f"**It must not be published outside:** {pack.refusal}")
    along = {file.path for file in pack.files if file.along}
    for item in pack.duties:
        duty, files = item.duty, ", ".join(code(path) for path in item.files if path in along)
        clause = f" {duty.clause}" if duty.clause else ""
        told = " ".join(part for part in (f"{files}." if files else "", item.left) if part)
        said.append(f"- {duty.do.replace('_', ' ')} ({duty.licence}{clause}): {told}")
    return "\n\n".join(said[:1]) + ("\n\n" + "\n".join(said[1:]) if said[1:] else "")


def _limits(made: Made) -> str:
    return (
        f"It learned from {made.data.trained} examples, and was judged on {made.data.held_out} like them: what is asked "
        "otherwise is not covered by its scores. It keeps the faults of its base. Examples may come back word for word in "
        "its answers, so whoever may call it may come to know what stood in them."
    )


def _again() -> str:
    return (
        "`recipe.json` holds the base at its commit, the data's hash, seed, versions and the request. Send its `request` to "
        "`POST /v1/fine_tuning/jobs` of a server that has both; on processors of the same kind, with the same versions, the "
        "same weights come out."
    )


def _table(rows: Sequence[tuple[str, object]], head: tuple[str, str] = ("", "")) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "| --- | --- |", *(f"| {left} | {_cell(right)} |" for left, right in rows)]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")


def _of_kind(artefacts: Mapping[str, str], ending: str) -> bool:
    return any(path.endswith(ending) for path in artefacts)
