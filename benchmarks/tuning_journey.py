"""
From the upload of examples to the tuned model's first answer: everything but the steps, against the steps. From the root of
the project:

    .venv/bin/python benchmarks/tuning_journey.py [--rounds 3]

The tiny base of the tests, 200 examples, exactly 75 steps, through the API with the official client. The steps are what the
training says that it took; all else is upload, checks, libraries, conversions, publishing, judging and the first answer. The
steps of a base of 1.7 million parameters take seconds: with any real base the rest weighs less. Needs the extra tune.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
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
from tests.tuning.journey import ENVIRONMENT, KEY, UNSEEN, World, publish_base  # noqa: E402
from tests.tuning.tiny import make_tiny_base  # noqa: E402

FLOOR, GOAL = 5.0, 2.0
STEPS = 75
METHOD = {"type": "supervised", "supervised": {"hyperparameters": {"max_steps": STEPS}}}
_DONE = re.compile(rf"Training is done: {STEPS} steps, (\d+\.\d) s")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = make_tiny_base(folder / "tiny-base")
        with running(folder / "home", environment=ENVIRONMENT) as server:
            asyncio.run(publish_base(server, base, folder))
            world = World(server, openai.OpenAI(base_url=f"{server.address}/v1", api_key=KEY))
            measured = [_round(world) for _ in range(rounds)]
    ratio = statistics.median((whole - steps) / steps for whole, steps in measured)
    for whole, steps in measured:
        print(f"upload to first answer {whole:6.1f} s, of that {STEPS} steps {steps:6.1f} s")
    state = "reaches the goal" if ratio <= GOAL else "holds the floor" if ratio <= FLOOR else "misses the floor"
    print(f"everything but the steps / steps: {ratio:.1f}  (floor {FLOOR}, goal {GOAL}): {state}")


def _round(world: World) -> tuple[float, float]:
    """Seconds: all of it, and the steps."""
    began = time.perf_counter()
    job = world.until_over(world.tune(method=METHOD))
    world.say(job.fine_tuned_model, UNSEEN[0])
    whole = time.perf_counter() - began
    steps = next(float(match[1]) for message in world.messages(job) if (match := _DONE.search(message)))
    return whole, steps


if __name__ == "__main__":
    main()
