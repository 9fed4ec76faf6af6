"""Fourth stage: a draft in the hub, and the `ft:` name that stands for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final, Protocol

from commonweight.clock import Clock
from commonweight.identity import Caller
from commonweight.tuning.names import TunedNames, checkpoint_name, tuned_name
from commonweight.tuning.publishing import BaseUsed, DataUsed, Draft, Made
from commonweight.tuning.stages.folders import (
    ADAPTER,
    ADAPTER_GGUF,
    BASE_GGUF,
    GGUF,
    MERGED,
    BrokenOff,
    base_of,
    checkpoint_gguf,
    model_gguf,
)
from commonweight.tuning.steps import Work
from commonweight.tuning.training import Trained
from commonweight.tuning.values import TunedModel

SERVED_WHOLE: Final = "F16"  # of merged weights: what was trained, without a loss by quantising


class Publishes(Protocol):
    """See `publishing.Publisher`."""

    async def draft(self, caller: Caller, made: Made) -> Draft: ...


class Publishing(BrokenOff):
    def __init__(self, publisher: Publishes, names: TunedNames, clock: Clock) -> None:
        self._publisher = publisher
        self._names = names
        self._clock = clock

    async def run(self, work: Work) -> Mapping[str, Any]:
        """See `Step.run`."""
        name = name_of(work)
        made = self._made(work, name, trained_of(work), _files(work.made["converting"]))
        draft = await self._publisher.draft(work.caller, replace(made, merged=work.folder / MERGED))
        is_adapter = bool(work.made["converting"]["adapter"])
        path = f"{GGUF}/{ADAPTER_GGUF if is_adapter else model_gguf(SERVED_WHOLE)}"
        model = self._model(work, name, draft, path, is_adapter=is_adapter)
        await self._name(work, model)
        await work.say(f"Published as a draft: {draft.repository}", columns={"repository_id": draft.repository_id})
        if draft.public_refused:
            await work.say(f"It must not be opened to everybody: {draft.public_refused}")
        return {"draft": asdict(draft) | {"to_do": list(draft.to_do)}, "name": name}

    async def state(self, work: Work, trained: Trained, step: int) -> None:
        """A state on the way, its adapter alone, where there will be no model."""
        name, file = checkpoint_name(name_of(work), step), checkpoint_gguf(step)
        draft = await self._publisher.draft(work.caller, self._made(work, name, trained, [file, *_base_file(work)]))
        model = self._model(work, name, draft, f"{GGUF}/{file}", is_adapter=True)
        await self._names.put(model)
        await work.say(f"{name} is what it had learned until then", columns={"repository_id": draft.repository_id})
        await work.keep(step, {})
        await work.keep_only([step])

    async def _name(self, work: Work, model: TunedModel) -> None:
        """The model, and its states on the way that can be called: the end is the model itself."""
        await self._names.put(model)
        last = int(work.made["training"]["steps"])
        paths = {step: f"{GGUF}/{checkpoint_gguf(step)}" for step in work.made["converting"]["checkpoints"]}
        for step, path in {**paths, last: model.path}.items():
            await self._names.put(replace(model, name=checkpoint_name(model.name, step), path=path))
        await work.keep_only([*paths, last])

    def _model(self, work: Work, name: str, draft: Draft, path: str, *, is_adapter: bool) -> TunedModel:
        """The adapter on the untouched base where there is one, else the merged model."""
        return TunedModel(
            name=name,
            account_id=work.tuning.account_id,
            tuning=work.tuning.number,
            repository_id=draft.repository_id,
            commit=draft.commit,
            path=path,
            is_adapter=is_adapter,
            base=_under(work, draft) if is_adapter else None,
            created_at=self._clock.now(),
        )

    def _made(self, work: Work, name: str, trained: Trained, files: Sequence[str]) -> Made:
        tuning, base, prepared = work.tuning, base_of(work), work.made["preparing"]
        data = prepared["data"]
        split = prepared["split"]
        return Made(
            tuning=tuning.id,
            base=BaseUsed(base.repository, base.commit, prepared["base_files"], _converted(files)),
            data=DataUsed(
                name=data["name"],
                sha256=data["sha256"],
                lines=split["train_lines"] + split["held_out_lines"],
                trained=split["train_lines"],
                held_out=split["held_out_lines"],
                split_hash=split["split_hash"],
                **{key: data[key] for key in ("repository", "commit", "path", "licence") if data.get(key)},
            ),
            method=tuning.method["type"],
            form=str(tuning.options.get("form") or "lora"),
            hyperparameters=trained.hyperparameters,
            seed=tuning.seed,
            steps=trained.steps,
            trained_tokens=trained.trained_tokens,
            seconds=trained.seconds,
            versions=trained.versions,
            hardware=trained.hardware,
            finished_at=self._clock.now(),
            made_by=work.caller.account.name if work.caller.account else "",
            suffix=tuning.suffix or "",
            model=name,
            adapter=trained.adapter,
            gguf=[work.folder / GGUF / file for file in files],
            losses=trained.losses,
            request=_request(work),
        )


def name_of(work: Work) -> str:
    """By which the model will be called."""
    return tuned_name(work.tuning, base_of(work).name, work.caller.account.name if work.caller.account else "")


def trained_of(work: Work) -> Trained:
    """What the training gave back, with its folders as they lie here."""
    document = dict(work.made["training"])
    folders = {"merged": str(work.folder / MERGED), "adapter": str(work.folder / ADAPTER) if document["adapter"] else None}
    return Trained.from_json({**document, **folders})


def _files(converted: Mapping[str, Any]) -> list[str]:
    """The names of all that goes out as GGUF."""
    made = [*converted["files"], *([converted["base"]] if converted.get("base") else [])]
    return [str(one["path"]) for one in made] + [checkpoint_gguf(step) for step in converted["checkpoints"]]


def _base_file(work: Work) -> list[str]:
    """The base's own file goes along where its repository has none."""
    return [BASE_GGUF] if base_of(work).gguf is None else []


def _converted(files: Sequence[str]) -> str:
    """Where the base itself will lie in the draft; "" where it does not."""
    return f"{GGUF}/{BASE_GGUF}" if BASE_GGUF in files else ""


def _under(work: Work, draft: Draft) -> dict[str, Any]:
    """The file that an adapter goes on: the base's, or the converted one in the draft, under the terms of the base."""
    base = base_of(work)
    own = {"repository_id": base.repository_id, "repository": base.repository, "commit": base.commit, "path": base.path}
    if not _base_file(work):
        return own
    here = {"repository_id": draft.repository_id, "repository": draft.repository, "commit": draft.commit}
    return {**here, "path": f"{GGUF}/{BASE_GGUF}", "of": own}


def _request(work: Work) -> dict[str, Any]:
    tuning = work.tuning
    said: dict[str, Any] = {
        "model": tuning.model,
        "training_file": tuning.training_file_id,
        "validation_file": tuning.validation_file_id,
    }
    said |= {"dataset": tuning.dataset, "method": dict(tuning.method), "suffix": tuning.suffix, "seed": tuning.seed}
    return {name: value for name, value in {**said, "options": dict(tuning.options)}.items() if value}
