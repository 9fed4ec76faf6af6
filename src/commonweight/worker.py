"""The worker of a host: owns its engines and runs background jobs. One per installation and host."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from commonweight.batches import RunLine
from commonweight.inference import ToModels, background_responses, line_runner
from commonweight.jobs import Runner
from commonweight.making import tuning_runs
from commonweight.nodes import Placement, placement
from commonweight.processes import die_with_supervisor, log_to_stderr, spare_what_stands
from commonweight.rooms import Rooms, build_rooms
from commonweight.serving import (
    Checks,
    Conformance,
    Diffusers,
    EngineKind,
    Joined,
    Listen,
    LlamaCpp,
    Pool,
    Replicas,
    Router,
    Transformers,
    Vllm,
    Whisper,
    choose_kind,
    cores_here,
    default_threads,
    installed_engines,
    parse_engine_rules,
    parse_pairs,
    parse_vllm_options,
)
from commonweight.serving.remote import SeatsWithRemotes, remote_session
from commonweight.settings import Settings
from commonweight.telemetry import Told
from commonweight.tuning.conversions import ConversionRuns
from commonweight.tuning.converting import Converter
from commonweight.wire.openai import make_session

BATCHES_AT_ONCE = 4  # others take turns with them; the fair queue of each model says whose lines go first
DELIVERIES_AT_ONCE = 4  # of webhooks; they wait for others' servers
RESPONSES_AT_ONCE = 4  # those in the background; they wait for engines, not for this process


def main() -> None:
    settings = Settings.from_environment(os.environ)
    die_with_supervisor()
    log_to_stderr(settings.log_level)
    asyncio.run(work(settings))


async def work(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    rooms = build_rooms(settings, owner=worker_name())
    told = Told.start(settings.traces)
    spare_what_stands()
    await rooms.storage.sweep()
    await rooms.policy.upkeep.start()
    await rooms.selling.upkeep.start()
    await rooms.texts.start()
    await rooms.scans.start()
    await rooms.collector.start()
    await rooms.keeping.start()
    await rooms.retention.expiry.start()
    await rooms.hub.listings.start()
    await rooms.batch_work.tender.start()
    await rooms.tuning.tender.start()
    await rooms.conversions.tender.start()
    outside = remote_session(settings.private_remotes)
    async with aiohttp.ClientSession() as session, make_session() as to_engines, outside:
        router = Router(Replicas(rooms.database, rooms.clock))
        models = ToModels(SeatsWithRemotes(router, rooms.remotes), to_engines, outside)
        run_line = line_runner(rooms, models, told.answered, told.metrics.guarded)
        runs = rooms.batch_work.runs(run_line)
        batches = [Runner(rooms.jobs, runs.handlers(), only_these=True) for _ in range(BATCHES_AT_ONCE)]
        responses = background_responses(rooms, models, told.metrics.guarded)
        responders = [Runner(rooms.jobs, responses.handlers(), only_these=True) for _ in range(RESPONSES_AT_ONCE)]
        tuners = [await _tuner(rooms, run_line) for _ in range(rooms.settings.tunings_at_once)]
        converting = Runner(rooms.jobs, conversion_runs(rooms, run_line).handlers(), only_these=True)
        keeping = Runner(rooms.jobs, rooms.keeping.handlers(), only_these=True)
        deliver = rooms.telling.deliverer.handlers()
        telling = [Runner(rooms.jobs, deliver, only_these=True) for _ in range(DELIVERIES_AT_ONCE)]
        scanning = Runner(rooms.jobs, rooms.scans.handlers(), only_these=True)
        working = (rooms.runner, *batches, *responders, *tuners, *telling, converting, keeping, scanning)
        jobs = asyncio.gather(*(runner.run() for runner in working))
        ending = asyncio.create_task(_cancel_when(stop, jobs))
        try:
            async with placement(settings, session, engines_here, stop) as placed:
                await _pool(rooms, session, placed).run(stop)
        finally:
            ending.cancel()
            jobs.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await jobs
            await router.close()
            told.close()
            await rooms.close()


async def _tuner(rooms: Rooms, run_line: RunLine) -> Runner:
    """Each takes one tuning at a time; what is left of those that are over goes first."""
    runs = tuning_runs(rooms, run_line)
    await runs.sweep()
    return Runner(rooms.jobs, runs.handlers(), only_these=True)


async def _cancel_when(stop: asyncio.Event, jobs: asyncio.Future[Any]) -> None:
    """Jobs end before the engines do: a line of a batch that loses its engine would count that as its own failure."""
    await stop.wait()
    jobs.cancel()


def conversion_runs(rooms: Rooms, run_line: RunLine) -> ConversionRuns:
    """One at a time on a host: it takes a core, and the disk."""
    home = rooms.settings.home
    return rooms.conversions.runs(Converter(log=home / "logs" / "converting.log"), home / "conversions", run_line)


def worker_name() -> str:
    """Tells the worker of this host, and this life of it, from others."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{os.urandom(4).hex()}"


def _pool(rooms: Rooms, session: aiohttp.ClientSession, placed: Placement) -> Pool:
    settings = rooms.settings
    return Pool(
        replicas=rooms.replicas,
        clock=rooms.clock,
        worker=worker_name(),
        choose_kind=choose_kind(placed.kinds, parse_engine_rules(settings.engines), _joined(settings, session)),
        materialise=rooms.sources.materialise,
        budget_bytes=placed.budget_bytes,
        checks=Checks(rooms.database, rooms.clock, Conformance(session)),
        context_tokens=settings.context_tokens,
        idle_seconds=settings.idle_seconds,
        listen=Listen(settings.engine_host, settings.engine_address),
    )


def engines_here(settings: Settings, session: aiohttp.ClientSession) -> Mapping[str, EngineKind]:
    """The engines that are installed on this host."""
    logs = settings.home / "logs"
    threads = settings.engine_threads
    kinds: dict[str, EngineKind] = {
        "llamacpp": LlamaCpp(logs, session, threads=threads),
        "vllm": Vllm(logs, session, parse_vllm_options(settings.vllm)),
        "diffusers": Diffusers(logs, session, threads=threads or default_threads(cores_here())),
        "transformers": Transformers(logs, session, threads=threads or default_threads(cores_here())),
        "whisper": Whisper(logs, session, threads=threads or default_threads(cores_here())),
    }
    return {name: kind for name, kind in kinds.items() if name in installed_engines()}


def _joined(settings: Settings, session: aiohttp.ClientSession) -> Sequence[tuple[str, EngineKind]]:
    """Those that run already, by the repositories that they hold."""
    return [(pattern, Joined(session, url)) for pattern, url in parse_pairs("JOIN", settings.join)]


if __name__ == "__main__":
    main()
