"""What a tuning leaves behind, in miniature, and the bases and data that it may come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from commonweight.hub import AddFile, Repository, Revision
from commonweight.identity import Signer
from commonweight.identity.keys import Keys
from commonweight.policy import Packs
from commonweight.tuning.judging import (
    Base,
    Behaviour,
    Difference,
    Example,
    Measure,
    Report,
    Result,
    Score,
    Verdict,
)
from commonweight.tuning.publishing import PURPOSE, BaseUsed, DataUsed, Made, Publisher, Requirement, sha256_of
from tests.policy.world import GGUF, World

APACHE = {"license": "apache-2.0", "pipeline_tag": "text-generation", "language": ["en"]}
LLAMA = {"license": "llama3.2"}
NO_DERIVATIVES = {"license": "cc-by-nd-4.0"}


@dataclass
class Kept:
    """Reports by repository, in place of the rows of tunings."""

    by_repository: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    async def report_of(self, repository_id: int) -> Mapping[str, Any] | None:
        return self.by_repository.get(repository_id)


@dataclass
class Bench:
    world: World
    packs: Packs
    reports: Kept

    def publisher(self, must_be: Requirement = Requirement.ANYTHING) -> Publisher:
        world, signer = self.world, Signer(Keys(b"k" * 32), PURPOSE)
        return Publisher(world.hub, world.storage, self.packs, self.reports, must_be, "https://hub.example", signer)

    async def made(self, base: Revision, data: DataUsed | None = None, **other: Any) -> Made:
        """The folders of a tuning, with paths of the machine that made them in their configurations."""
        folder = self.world.folder / "tuning"
        merged, adapter, gguf = (folder / name for name in ("merged", "adapter", "gguf"))
        for one in (merged, adapter, gguf):
            one.mkdir(parents=True, exist_ok=True)
        (merged / "config.json").write_text(json.dumps({"_name_or_path": str(folder / "base"), "model_type": "llama"}))
        (merged / "tokenizer.json").write_text("{}")
        (merged / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      " + bytes(4000))
        (merged / "training_args.bin").write_bytes(b"pickle")
        (adapter / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(folder / "base"), "r": 8}))
        (adapter / "adapter_model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      " + bytes(900))
        files = [gguf / f"model-{kind}.gguf" for kind in ("F16", "Q4_K")]
        for path in files:
            path.write_bytes(GGUF + path.name.encode())
        made = Made(
            tuning="ftjob-0000000012345678",
            base=BaseUsed(base.repository.full_name, base.commit, {"model.safetensors": "ab" * 32}),
            data=data or DataUsed("tickets.jsonl", "cd" * 32, 200, 180, 20, split_hash="ef" * 32),
            method="supervised", form="lora",
            hyperparameters={"n_epochs": 3, "learning_rate": 0.0005, "rank": 8},
            seed=42, steps=75, trained_tokens=24000, seconds=115.0,
            versions={"transformers": "5.23.0"}, hardware={"device": "cpu", "threads": 2},
            finished_at=self.world.clock.now(), made_by="ada",
            merged=merged, adapter=adapter, gguf=files, losses=[(1, 3.15), (75, 0.005)],
            request={"model": base.repository.full_name, "seed": 42},
        )  # fmt: skip
        return replace(made, **other)

    async def data_set(self, name: str, licence: str) -> DataUsed:
        """A data set of ada's in the hub."""
        ada, hub = await self.world.caller("ada"), self.world.hub
        repository = await hub.create(ada, "dataset", "ada", name, "public")
        card = f"---\n{yaml.safe_dump({'license': licence})}---\n# {name}\n".encode()
        changes = [AddFile("README.md", card), AddFile("train.jsonl", b"{}\n")]
        await hub.commit(ada, repository, "main", changes, title="Publish")
        commit = (await hub.resolve(repository)).commit
        return DataUsed(name, "cd" * 32, 200, 180, 20, repository=f"ada/{name}", commit=commit, path="train.jsonl")

    async def repository(self, full_name: str) -> Repository:
        namespace, _, name = full_name.partition("/")
        return await self.world.hub.find(await self.world.caller("ada"), "model", namespace, name)

    async def text(self, full_name: str, path: str) -> str:
        revision = await self.world.hub.resolve(await self.repository(full_name))
        return (await self.world.hub.read_small(revision, path)).decode()

    async def paths(self, full_name: str) -> set[str]:
        revision = await self.world.hub.resolve(await self.repository(full_name))
        return {entry.path for entry in await self.world.hub.tree(revision, recursive=True) if entry.is_file}

    async def commits(self, full_name: str) -> list[str]:
        revision = await self.world.hub.resolve(await self.repository(full_name))
        return [commit.title for commit in await self.world.hub.history(revision)]


async def make_bench(world: World) -> Bench:
    return Bench(world, Packs(world.hub, world.policy, world.clock), Kept())


def report(made: Made, verdict: Verdict = Verdict.BETTER) -> Report:
    """0.00 against 0.95, and a quantisation that lost too much."""
    exact = Measure("exact", "is the answer that was expected", yes_no=True)
    plain, seen = Behaviour(1.0, 20, 1.0, 0.05), Difference(0.95, 0.76, 1.0, 20, 19, 0, 0.000004)
    won = [Example(0, "a secret question", "billing", "…", "billing")]
    result = Result(
        label="adapter", model="ft:x", verdict=verdict, sentence="Better than the base: +95.0 points.",
        scores={"exact": Score(0.95, 0.76, 0.99, 20)}, differences={"exact": seen}, behaviour=plain, won=won,
    )  # fmt: skip
    lost = replace(
        result, label="Q4_K", too_far=True, artefact=sha256_of(made.gguf[1]), quantising=replace(seen, value=-0.1),
        warnings=["It lost 10.0 points against F16; the limit is 3.0."], won=(),
    )  # fmt: skip
    base = Base("base", "ada/base", {"exact": Score(0.0, 0.0, 0.16, 20)}, plain)
    settings = {"sampling": {"temperature": 0, "max_tokens": 64}}
    return Report("label", "exact", [exact], 20, "12" * 32, base, [result, lost], settings)
