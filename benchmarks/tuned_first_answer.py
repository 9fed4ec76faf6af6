"""
A tuned model's first answer, above a warm answer of its base. From the root of the project:

    .venv/bin/python benchmarks/tuned_first_answer.py [--rounds 5]

The tiny base of the tests is tuned once, through the API, and served as an adapter on its untouched GGUF file. In each round
the server starts anew, the base answers until it is warm, and then the adapter is asked for the first time: an engine that
holds base and adapter has to be there before it answers. Times in one run; the figure is the median of the differences.
Needs the extra tune.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

import openai  # noqa: E402
from tests.support.server import running  # noqa: E402
from tests.tuning.journey import BASE, ENVIRONMENT, KEY, UNSEEN, World, publish_base  # noqa: E402
from tests.tuning.tiny import make_tiny_base  # noqa: E402

FLOOR, GOAL = 1.0, 0.3
WARM = 10  # answers of the base before the adapter is asked


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    arguments.add_argument("--rounds", type=int, default=5)
    rounds = arguments.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = make_tiny_base(folder / "tiny-base")
        with running(folder / "home", environment=ENVIRONMENT) as server:
            asyncio.run(publish_base(server, base, folder))
            world = World(server, openai.OpenAI(base_url=f"{server.address}/v1", api_key=KEY))
            job = world.until_over(world.tune())
            measured = []
            for _ in range(rounds):
                server.stop()
                server.restart()
                measured.append(_round(world, job.fine_tuned_model))
    _report(measured)


def _round(world: World, tuned: str) -> tuple[float, float, float]:
    """Seconds: a warm answer of the base, the adapter's first, a warm one of the adapter."""
    warm = statistics.median([_answer(world, BASE, at) for at in range(WARM)][WARM // 2 :])
    first = _answer(world, tuned, WARM)
    then = statistics.median([_answer(world, tuned, WARM + 1 + at) for at in range(WARM)])
    return warm, first, then


def _answer(world: World, model: str, at: int) -> float:
    began = time.perf_counter()
    world.say(model, UNSEEN[at % len(UNSEEN)])
    return time.perf_counter() - began


def _report(measured: list[tuple[float, float, float]]) -> None:
    warm, first, then = (statistics.median(column) for column in zip(*measured, strict=True))
    above = statistics.median(one[1] - one[0] for one in measured)
    print(f"base, warm:                {warm:6.3f} s")
    print(f"adapter, first answer:     {first:6.3f} s")
    print(f"adapter, warm:             {then:6.3f} s")
    state = "reaches the goal" if above <= GOAL else "holds the floor" if above <= FLOOR else "misses the floor"
    print(f"first answer above a warm one: {above:.3f} s  (floor {FLOOR}, goal {GOAL}): {state}")


if __name__ == "__main__":
    main()
