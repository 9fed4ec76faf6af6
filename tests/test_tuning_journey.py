"""
From a file of examples to a served, judged, published model, by the clients that people have: a tiny model is made on the
spot, put into the hub, tuned by the official OpenAI client, called by its `ft:` name, and is right where its base never was.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import psutil
import pytest
from huggingface_hub import HfApi

from tests.support.server import running
from tests.tuning.journey import BASE, ENVIRONMENT, EXAMPLES, FLOATS, KEY, World, as_lines, publish_base, upload
from tests.tuning.training_world import need_training


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Iterator[World]:
    need_training()
    folder = tmp_path_factory.mktemp("tuning")
    with running(folder / "home", environment=ENVIRONMENT) as server:
        asyncio.run(publish_base(server, tiny_base, folder))
        yield World(server, openai.OpenAI(base_url=f"{server.address}/v1", api_key=KEY, max_retries=2))


def test_two_hundred_examples_make_a_model_that_is_right_where_its_base_never_was(world: World) -> None:
    job = world.until_over(world.tune(suffix="tickets", metadata={"team": "support"}))
    assert job.status == "succeeded", (job.error, world.messages(job))
    name = job.fine_tuned_model
    assert name.startswith("ft:tiny:acme:tickets:")
    assert world.right(BASE) == 0.0
    assert world.right(name) >= 0.95
    assert name in [model.id for model in world.client.models.list()]
    told = world.own(f"/tuning/jobs/{job.id}")
    assert (told["verdict"], told["base"]["verdict"]["acts"]) == ("better", ["modify"])
    states = world.client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert len(states) == 3
    assert all(world.right(state.fine_tuned_model_checkpoint, 20) > 0.5 for state in states)
    curve = world.client.files.content(job.result_files[0]).text.splitlines()
    assert curve[0].startswith("step,train_loss")
    assert len(curve) == 1 + told["progress"]["total_steps"]
    streamed = world.server.request(f"/v1/fine_tuning/jobs/{job.id}/events?stream=true", token=KEY)[2].decode()
    assert streamed.endswith("data: [DONE]\n\n")
    assert "The job has successfully completed." in streamed


def test_a_base_without_a_gguf_file_is_served_and_judged_by_one_that_is_converted_along(
    world: World, tiny_base: Path
) -> None:
    upload(HfApi(world.server.address, token=KEY), FLOATS, tiny_base)
    job = world.until_over(world.tune(model=FLOATS, suffix="along"))
    assert job.status == "succeeded", (job.error, world.messages(job))
    report = world.own(f"/tuning/jobs/{job.id}/report")["report"]
    asked = report["base"]["model"]
    assert (asked.partition("@")[0], asked.partition(":")[2]) == ("acme/floats-along", "gguf/base-F16.gguf")
    assert [one["label"] for one in report["results"]] == ["adapter on base-F16", "merged F16", "Q8_0"]
    assert (report["verdict"], world.right(asked, 10)) == ("better", 0.0)
    assert world.right(job.fine_tuned_model, 20) >= 0.95
    states = world.client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert len(states) == 3
    assert all(world.right(state.fine_tuned_model_checkpoint, 10) > 0.5 for state in states)


def test_ones_own_tuned_model_is_tuned_further_from_what_it_learned(world: World) -> None:
    little = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}}
    first = world.until_over(world.tune(suffix="first", method=little))
    assert first.status == "succeeded", (first.error, world.messages(first))
    name = first.fine_tuned_model
    job = world.until_over(world.tune(model=name, suffix="further"))
    assert job.status == "succeeded", (job.error, world.messages(job))
    assert job.fine_tuned_model.startswith("ft:tiny:acme:further:")
    told = world.own(f"/tuning/jobs/{job.id}")
    assert told["base"]["tuned"] == name
    report = world.own(f"/tuning/jobs/{job.id}/report")["report"]
    assert report["base"]["model"].endswith(":gguf/base-F16.gguf")  # the merged weights of the first, converted
    before, after = (world.right(one, 30) for one in (name, job.fine_tuned_model))
    assert world.right(report["base"]["model"], 30) == pytest.approx(before, abs=0.1)  # it began where the first ended
    assert after >= max(before, 0.9)


def test_a_whole_model_that_was_trained_is_judged_against_its_base(world: World) -> None:
    job = world.until_over(world.tune(suffix="whole", extra_body={"options": {"form": "full"}}))
    assert job.status == "succeeded", (job.error, world.messages(job))
    report = world.own(f"/tuning/jobs/{job.id}/report")["report"]
    assert report["base"]["model"].startswith(f"{BASE}@")
    whole, *smaller = report["results"]
    assert (whole["label"], whole["model"]) == ("merged F16", job.fine_tuned_model)
    assert [one["label"] for one in smaller] == ["Q8_0"]
    assert whole["differences"][report["primary"]]["items"] == report["items"]
    assert report["verdict"] == "better"
    assert world.right(job.fine_tuned_model, 20) > world.right(BASE, 20)


def test_the_command_tunes_shows_reports_and_accepts(world: World, tmp_path: Path) -> None:
    file = tmp_path / "tickets.jsonl"
    file.write_bytes(as_lines(EXAMPLES))
    before = command(world, "start", BASE, str(file), "--dry-run")
    assert "rights:    allowed" in before
    assert "memory:" in before
    told = command(world, "start", BASE, str(file), "--suffix", "by command", "--set", "n_epochs=4", "--wait")
    assert "judged:   Better than the base" in told
    tuning = told.partition(" ")[0]
    assert tuning in command(world, "list")
    report = command(world, "report", tuning)
    assert "adapter on tiny-F16" in report
    assert "is a draft" in report
    assert "is accepted, for its namespace" in command(world, "accept", tuning)
    assert "is accepted." in command(world, "report", tuning)
    name = world.client.fine_tuning.jobs.retrieve(tuning).fine_tuned_model
    assert name
    assert world.client.models.delete(name).deleted
    with pytest.raises(openai.NotFoundError):
        world.right(name, 1)


def test_a_job_goes_on_after_a_pause_and_after_its_worker_was_killed(world: World) -> None:
    """Paused while it trains, resumed; then `kill -9` to the worker: another goes on from the last checkpoint."""
    hyperparameters: dict[str, object] = {"n_epochs": 10}
    job = world.tune(method={"type": "supervised", "supervised": {"hyperparameters": hyperparameters}})
    world.until(job, "training")
    world.client.fine_tuning.jobs.pause(job.id)
    while (told := world.own(f"/tuning/jobs/{job.id}"))["status"] != "queued":
        assert told["status"] == "running", told
    world.client.fine_tuning.jobs.resume(job.id)
    world.until(job, "training")
    worker_of(world).kill()
    job = world.until_over(job)
    assert job.status == "succeeded", (job.error, world.messages(job))
    assert world.right(job.fine_tuned_model, 20) >= 0.95


def test_what_a_cancelled_job_had_learned_until_then_can_be_called(world: World) -> None:
    job = world.tune(method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 50}}})
    world.until_step(job, 60)
    world.client.fine_tuning.jobs.cancel(job.id)
    job = world.until_over(job)
    assert job.status == "cancelled", world.messages(job)
    assert job.fine_tuned_model is None
    (state,) = world.client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert state.step_number >= 60
    assert world.right(state.fine_tuned_model_checkpoint, 20) > 0.5


def command(world: World, *arguments: str) -> str:
    """What `commonweight tune …` prints."""
    environment = {**os.environ, "COMMONWEIGHT_URL": world.server.address, "COMMONWEIGHT_TOKEN": KEY}
    line = [sys.executable, "-m", "commonweight.cli", "tune", *arguments]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def worker_of(world: World) -> psutil.Process:
    """The process that runs engines and jobs."""
    children = psutil.Process(world.server.pid).children()
    return next(one for one in children if any("commonweight.worker" in part for part in one.cmdline()))


def test_what_cannot_be_tuned_is_refused_in_openais_shape(world: World) -> None:
    file = world.client.files.create(file=("tickets.jsonl", as_lines(EXAMPLES)), purpose="fine-tune")
    for model, method, param in (("acme/none", "supervised", "model"), (BASE, "dpo", "training_file")):
        with pytest.raises(openai.BadRequestError) as caught:
            world.client.fine_tuning.jobs.create(model=model, training_file=file.id, method={"type": method})  # type: ignore[typeddict-item]
        assert caught.value.param == param
    with pytest.raises(openai.PermissionDeniedError):
        world.client.models.delete(BASE)
    assert json.dumps(world.own("/tuning/estimate", {"model": BASE}))
