"""`commonweight up`: set up what is missing, then hand over to the supervisor."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click

from commonweight.cli.greeting import greeting
from commonweight.errors import Conflict, InvalidInput
from commonweight.settings import PREFIX, Settings
from commonweight.supervisor import GREETING
from commonweight.telemetry import check_traces_installed


class AlreadyRunning(Conflict):
    code = "already_running"


class AddressTaken(Conflict):
    code = "address_taken"


@click.command()
@click.option("--home", type=click.Path(path_type=Path), help="Folder for everything; default ~/.commonweight.")
@click.option("--host", help="Address to listen on; default 127.0.0.1.")
@click.option("--port", type=int, help="Port to listen on; default 8484.")
@click.option("--admin", help="Name of the first account; default operator.")
@click.option("--no-starter", is_flag=True, help="Do not publish the starter model.")
def up(home: Path | None, host: str | None, port: int | None, admin: str | None, no_starter: bool) -> None:
    """Start Commonweight. The first start sets it up; stop it with Ctrl-C."""
    settings = Settings.from_environment(os.environ, home=home, host=host, port=port, admin=admin)
    if settings.traces:
        check_traces_installed()
    settings = _with_port(settings)
    _make_home(settings.home)
    lock_home(settings)
    text = asyncio.run(_prepare(settings, starter=not no_starter))
    _become_supervisor(settings, text)


async def _prepare(settings: Settings, *, starter: bool) -> str:
    from commonweight.cli.setup import set_up  # loads the rooms; `up --help` need not

    began = time.monotonic()
    facts = await set_up(settings, starter=starter, say=_say)
    return greeting(settings, facts, time.monotonic() - began)


def _say(line: str) -> None:
    click.echo(f"  {line}")


def _make_home(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"The home folder {home} cannot be made: {error.strerror}.", hint="Name another with --home."
        ) from None


def lock_home(settings: Settings) -> None:
    """A lock that lives as long as this process, also across exec. Raises AlreadyRunning."""
    descriptor = os.open(settings.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        where = os.read(descriptor, 300).decode() or "another process"
        raise AlreadyRunning(
            f"Commonweight is already running on {settings.home} ({where}).",
            hint="Stop it first, or start another one with --home and --port.",
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"http://{settings.host}:{settings.port}, process {os.getpid()}".encode())
    os.set_inheritable(descriptor, True)  # the supervisor holds it on, without knowing of it


def _with_port(settings: Settings) -> Settings:
    """The settings with a real port, and the certainty that it is free now. Raises AddressTaken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise AddressTaken(
                f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}.",
                hint="Choose another with --port.",
            ) from None
        port = probe.getsockname()[1]
    return Settings(**{**asdict(settings), "port": port})


def _become_supervisor(settings: Settings, text: str) -> None:
    """Replace this process, with all that setting up has loaded, by the small supervisor."""
    environment = {PREFIX + name.upper(): str(value) for name, value in asdict(settings).items()}
    environment = {**os.environ, **environment, GREETING: text}
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "commonweight.supervisor"], environment)  # noqa: S606 - no shell wanted
