"""How a tuning goes, while it goes: a line that is written over, or a line now and then where nobody looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, Final

import click

from commonweight.cli.asking import get

LOOK_SECONDS: Final = 1.0
BAR: Final = 20  # characters of the progress bar
OVER: Final = ("succeeded", "failed", "cancelled")
QUIET_SECONDS: Final = 10.0  # between two lines where the output is no terminal
FAILED: Final = 1  # exit status


def follow(tuning: str, url: str | None, token: str | None) -> None:
    """Until it is over. Ends the command with status 1 where it did not succeed."""
    terminal, last, next_line = sys.stdout.isatty(), "", 0.0
    while True:
        told = get(f"/cw/v1/tuning/jobs/{tuning}", {}, url, token)
        line = progress_line(told)
        if terminal and line != last:
            click.echo(f"\r\x1b[K{line}", nl=False)
        elif not terminal and line != last and time.monotonic() >= next_line:
            click.echo(line)
            next_line = time.monotonic() + QUIET_SECONDS
        last = line
        if told["status"] in OVER:
            break
        time.sleep(LOOK_SECONDS)
    click.echo("\r\x1b[K" if terminal else "", nl=False)
    for line in lines_of(told):
        click.echo(line)
    if told["status"] != "succeeded":
        raise SystemExit(FAILED)


def progress_line(told: Mapping[str, Any]) -> str:
    """`training [######----] 60% step 45/75  loss 0.0312  held out 0.0201  211 tokens/s  0:34 left`."""
    seen, stage = told["progress"], told["stage"]
    if told["status"] != "running" or stage != "training" or not seen.get("total_steps"):
        judged = f" {seen['judged']} of {seen['to_judge']} answers" if stage == "judging" and "to_judge" in seen else ""
        waiting = " (paused)" if told["wanted"] == "pause" else ""
        return f"{stage or told['status']}{judged}{waiting}"
    step, steps = int(seen.get("step", 0)), int(seen["total_steps"])
    bar = "#" * round(BAR * step / steps)
    parts = [f"training [{bar:-<{BAR}}] {step / steps:4.0%} step {step}/{steps}"]
    parts += [f"loss {seen['train_loss']:.4f}"] if "train_loss" in seen else []
    parts += [f"held out {seen['valid_loss']:.4f}"] if "valid_loss" in seen else []
    parts += [f"{seen['tokens_per_second']:.0f} tokens/s"] if seen.get("tokens_per_second") else []
    parts += [f"{_clock(seen['seconds_left'])} left"] if seen.get("seconds_left") is not None else []
    return "  ".join(parts)


def line_of(job: Mapping[str, Any]) -> str:
    """A tuning in a list: id, status, base, what came of it."""
    return f"{job['id']}  {job['status']:<16}  {job['model']}  {job['fine_tuned_model'] or ''}".rstrip()


def lines_of(told: Mapping[str, Any]) -> list[str]:
    """A tuning, a line for each thing known of it."""
    base, error = told["base"] or {}, told["error"]
    verdict = base.get("verdict") or {}
    known = {
        "id": told["id"],
        "status": told["status"],
        "stage": progress_line(told) if told["status"] == "running" else None,
        "base": f"{base['repository']}@{base['commit'][:12]}" if base else told["model"],
        "rights": verdict.get("headline"),
        "model": told["fine_tuned_model"],
        "judged": told["sentence"],
        "problem": f"{error['code']}: {error['message']}" if error else None,
    }
    return [f"{name + ':':<9} {value}" for name, value in known.items() if value]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
