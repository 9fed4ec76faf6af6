"""Each content is looked through once for the installation, and what was found is told where the file is."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from sqlalchemy import select

from commonweight.db.tables import jobs as jobs_table
from commonweight.hub import AddFile, AddLarge, Entry, LargePointer, Repository, Revision
from commonweight.jobs import NotDone
from commonweight.storage import WorkPool
from commonweight.vetting.scans import (
    QUEUED,
    SAFE,
    SCAN,
    SCAN_ALL,
    SUSPICIOUS,
    UNSAFE,
    UNSCANNED,
    ChildScanner,
    Scans,
    UnsafeFile,
    UnsafeGuard,
)
from commonweight.vetting.scans.looking import TOO_COSTLY
from tests.policy.world import World
from tests.vetting.scans.here import HereScanner, quiet
from tests.vetting.weight_files import safetensors, tensor_bytes

EVIL = b"cposix\nsystem\n(S'true'\ntR."
GOOD = safetensors({"a": tensor_bytes(1, 64)})


def scans_of(world: World, scanner: Any) -> Scans:
    return Scans(world.database, world.hub, world.storage, scanner, world.clock)


async def publish(world: World, name: str, files: dict[str, bytes], *, by: str = "ada") -> Revision:
    owner = await world.caller(by)
    repository = await world.hub.create(owner, "model", by, name, "public")
    return await change(world, repository, files, by=by)


async def change(world: World, repository: Repository, files: dict[str, bytes], *, by: str = "ada") -> Revision:
    changes: list[AddFile | AddLarge] = []
    for path, content in files.items():
        if path.endswith((".bin", ".safetensors", ".gguf")):
            source = world.folder / "upload"
            source.write_bytes(content)
            changes.append(AddLarge(path, (await world.storage.ingest(repository.scope, source)).sha256))
        else:
            changes.append(AddFile(path, content))
    await world.hub.commit(await world.caller(by), repository, "main", changes, title="Add")
    return await world.hub.resolve(repository)


def payload(revision: Revision) -> dict[str, Any]:
    return {"repository_id": revision.repository.id, "commit": revision.commit}


async def jobs_of(world: World, kind: str) -> list[Any]:
    async with world.database.read() as connection:
        query = select(jobs_table.jobs.c.payload).where(jobs_table.jobs.c.kind == kind)
        return list((await connection.scalars(query)).all())


async def verdicts(scans: Scans, revision: Revision) -> dict[str, str]:
    return {path: one.verdict for path, one in (await scans.of_revision(revision)).files.items()}


async def test_files_wait_after_a_commit_and_have_a_verdict_after_the_job(world: World) -> None:
    scans = scans_of(world, HereScanner())
    revision = await publish(world, "tiny", {"pytorch_model.bin": EVIL, "model.safetensors": GOOD, "README.md": b"# x"})
    assert await verdicts(scans, revision) == {"pytorch_model.bin": UNSCANNED, "model.safetensors": UNSCANNED}
    assert not (await scans.of_revision(revision)).is_done
    await scans.on_commit(payload(revision))
    assert await verdicts(scans, revision) == {"pytorch_model.bin": QUEUED, "model.safetensors": QUEUED}
    assert not (await scans.of_revision(revision)).is_done
    assert await jobs_of(world, SCAN) == [payload(revision)]
    await scans.on_scan(payload(revision), quiet)
    assert await verdicts(scans, revision) == {"pytorch_model.bin": UNSAFE, "model.safetensors": SAFE}
    found = await scans.of_revision(revision)
    assert (found.is_done, list(found.issues)) == (True, ["pytorch_model.bin"])
    assert found.files["pytorch_model.bin"].findings[0].values["name"] == "system"


async def test_the_same_content_is_not_looked_at_again_elsewhere(world: World) -> None:
    scanner = HereScanner()
    scans = scans_of(world, scanner)
    first = await publish(world, "tiny", {"a.pkl": EVIL, "b.pkl": EVIL})
    await scans.on_scan(payload(first), quiet)
    second = await publish(world, "copy", {"other.pkl": EVIL}, by="bob")
    await scans.on_commit(payload(second))
    await scans.on_scan(payload(second), quiet)
    assert scanner.looked == ["b.pkl"] or scanner.looked == ["a.pkl"]
    assert await verdicts(scans, second) == {"other.pkl": UNSAFE}
    assert await jobs_of(world, SCAN) == []


async def test_another_scanner_looks_anew_and_until_then_the_verdict_stays(world: World) -> None:
    revision = await publish(world, "tiny", {"a.pkl": EVIL})
    old = scans_of(world, HereScanner("here 1"))
    await old.start()
    await old.on_scan(payload(revision), quiet)
    await old.start()
    assert len(await jobs_of(world, SCAN_ALL)) == 1
    newer = HereScanner("here 2")
    scans = scans_of(world, newer)
    await scans.start()
    assert len(await jobs_of(world, SCAN_ALL)) == 2
    await scans.on_scan_all({"kind": "model", "after": 0}, quiet)
    assert payload(revision) in await jobs_of(world, SCAN)
    assert await verdicts(scans, revision) == {"a.pkl": UNSAFE}
    await scans.on_scan(payload(revision), quiet)
    assert newer.looked == ["a.pkl"]


async def test_what_is_found_elsewhere_is_not_told_of_bytes_that_are_not_here(world: World) -> None:
    """An id is never a right: a pointer to a file of another repository has no verdict."""
    scans = scans_of(world, HereScanner())
    revision = await publish(world, "tiny", {"pytorch_model.bin": EVIL})
    await scans.on_scan(payload(revision), quiet)
    large = (await world.hub.entry(revision, "pytorch_model.bin")).large
    assert large is not None
    pointer = Entry("x.bin", "file", "0" * 40, large.size, LargePointer(large.sha256, large.size, None, 130))
    assert (await scans.of([pointer]))["x.bin"].verdict == UNSCANNED


async def test_unsafe_files_are_kept_back_where_that_is_set_but_not_from_those_who_may_write(world: World) -> None:
    scans = scans_of(world, HereScanner())
    revision = await publish(world, "tiny", {"pytorch_model.bin": EVIL, "model.safetensors": GOOD})
    await scans.on_scan(payload(revision), quiet)
    bad, good = [await world.hub.entry(revision, path) for path in ("pytorch_model.bin", "model.safetensors")]
    ada, bob = await world.caller("ada"), await world.caller("bob")
    guard = UnsafeGuard(scans, "refuse")
    await guard.check_entry(ada, revision.repository, bad)
    await guard.check_entry(bob, revision.repository, good)
    with pytest.raises(UnsafeFile, match=r"pytorch_model\.bin is kept back.*posix\.system at byte 0") as refused:
        await guard.check_entry(bob, revision.repository, bad)
    assert "safetensors" in refused.value.hint
    assert bad.large is not None
    with pytest.raises(UnsafeFile):
        await guard.check_large(bob, revision.repository, bad.large.sha256)
    await UnsafeGuard(scans, "warn").check_entry(bob, revision.repository, bad)


async def test_engines_never_load_what_is_unsafe(world: World) -> None:
    scans = scans_of(world, HereScanner())
    revision = await publish(world, "tiny", {"model.safetensors": GOOD, "chat_template.jinja": b"{{ x.__class__ }}"})
    await scans.on_scan(payload(revision), quiet)
    entries = await world.hub.tree(revision, recursive=True)
    with pytest.raises(UnsafeFile, match=r"chat_template\.jinja"):
        await UnsafeGuard(scans, "warn").check_to_run("tiny", entries=entries)


async def test_a_repository_that_is_gone_ends_the_job(world: World) -> None:
    scans = scans_of(world, HereScanner())
    revision = await publish(world, "tiny", {"a.pkl": EVIL})
    await world.hub.delete(await world.caller("ada"), revision.repository)
    await scans.on_commit(payload(revision))
    await scans.on_scan(payload(revision), quiet)


async def test_a_long_job_goes_on_in_its_next_turn(world: World) -> None:
    scanner = HereScanner()
    scans = Scans(world.database, world.hub, world.storage, scanner, world.clock, turn_seconds=0)
    revision = await publish(world, "tiny", {"a.pkl": EVIL, "b.pkl": pickle.dumps(1)})
    with pytest.raises(NotDone):
        await scans.on_scan(payload(revision), quiet)
    assert len(scanner.looked) == 1
    await scans.on_scan(payload(revision), quiet)
    assert len(scanner.looked) == 2


async def test_the_child_gives_up_what_takes_too_long_and_looks_at_the_next() -> None:
    workers = WorkPool(children=1, idle_seconds=5)
    scanner = ChildScanner(workers, seconds=1.5)
    try:
        costly = b"\x80\x04" + b"K\x00" * 6_000_000 + b"."
        found = await scanner.look("a.pkl", costly, len(costly))
        assert not isinstance(found, int)
        assert (found.verdict, found.findings[0].reason) == (SUSPICIOUS, TOO_COSTLY)
        again = ChildScanner(workers, seconds=60)
        found = await again.look("a.pkl", EVIL, len(EVIL))
        assert not isinstance(found, int)
        assert (found.verdict, found.scanner) == (UNSAFE, again.version)
    finally:
        await scanner.close()
