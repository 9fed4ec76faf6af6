"""An installation whose jobs run, with a base, fine-tunes of it, and people who may know of some of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from commonweight.hub import Repository, Revision
from commonweight.identity import Caller
from commonweight.jobs import Jobs, Runner
from commonweight.rooms import in_turn
from commonweight.vetting import SUSPECT, SUSPECT_ALL, Suspect
from tests.policy.world import World
from tests.vetting.weight_files import safetensors, tensor_bytes
from tests.vetting.weights_world import publish

KIB = 1 << 10
SIZES = (256 * KIB, 192 * KIB, 128 * KIB, 64 * KIB, 32 * KIB)  # of the tensors; chunks have some 64 KiB


def weights(*seeds: int, **metadata: str) -> bytes:
    """A model of as many tensors as there are seeds; the same seed at the same place is the same tensor."""
    named = zip(seeds, SIZES, strict=False)
    return safetensors({f"layer.{n}": tensor_bytes(seed, size) for n, (seed, size) in enumerate(named)}, metadata or None)


BASE = weights(1, 2, 3, 4, 5)
TUNED = weights(1, 2, 30, 40, 50)  # two of five tensors, two thirds of the bytes, are those of the base


class Bench:
    def __init__(self, world: World) -> None:
        self.world = world
        self.suspects = world.suspects
        handlers = {
            "read_revision": in_turn(
                world.hub.on_read_revision, world.weights.on_read_revision, world.policy.upkeep.on_commit
            ),
            "repository_changed": world.policy.upkeep.on_repository_changed,
            "repository_event": in_turn(),  # nobody is told
            SUSPECT: self.suspects.on_suspect,
            SUSPECT_ALL: self.suspects.on_suspect_all,
            **world.policy.upkeep.handlers(),
        }
        self.runner = Runner(Jobs(world.database, world.clock, "test"), handlers)

    async def publish(self, name: str, files: dict[str, bytes], card: dict[str, Any] | None = None, **more: Any) -> Revision:
        """A model, an hour after the one before, with all that its jobs do."""
        self.world.clock.advance(timedelta(hours=1))
        revision = await publish(self.world, name, files, card, **more)
        await self.runner.run_until_empty()
        return revision

    async def seen(self, who: str, revision: Revision) -> list[Suspect]:
        """What somebody is shown as suspected."""
        caller: Caller = await self.world.caller(who)
        return list((await self.suspects.of(caller, revision.repository)).shown)

    async def names(self, who: str, revision: Revision) -> list[str]:
        return [one.base_name for one in await self.seen(who, revision)]

    async def parents(self, repository: Repository) -> list[tuple[str, str, str]]:
        """The lineage as everybody sees it: child, parent, evidence."""
        document = (await self.world.policy.subject_for(await self.world.hub.resolve(repository))).document
        return [(one["child"], one["parent"], one["evidence"]) for one in document["edges"]]
