"""A Ray cluster of several nodes on this machine, started with Ray's own command line, each at an address of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ATTEMPTS = 6
START_SECONDS = 240  # seconds on a quiet machine
MEMORY_BYTES = 700 << 20  # that a node claims to have for actors
STORE_BYTES = 80 << 20  # the least that Ray accepts is 75 MB


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@dataclass(frozen=True)
class Node:
    """One node: the processes that `ray start` has left running."""

    address: str
    processes: tuple[psutil.Process, ...]

    def kill(self) -> None:
        """As when its plug is pulled: with -9, and everything that runs on it."""
        family = [child for process in self.processes for child in _family(process)]
        for process in family:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, timeout=20)


@dataclass(frozen=True)
class Nodes:
    """`address` is what a driver joins; `workers` are the nodes with resources."""

    address: str
    head: Node
    workers: tuple[Node, ...]


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _start(mark: str, address: str, *options: str) -> Node:
    """A node. Ray gives one of its own helpers 15 s to start, which a busy machine may not grant: then again."""
    for attempt in range(ATTEMPTS):
        try:
            return _attempt(f"{mark}-{attempt}", address, *options)
        except RuntimeError:
            Node(address, tuple(_marked(f"{mark}-{attempt}"))).kill()
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


def _attempt(mark: str, address: str, *options: str) -> Node:
    """Its processes are those that carry its mark in their environment. Raises RuntimeError with what Ray said."""
    names = ("dashboard-agent-grpc-port", "dashboard-agent-listen-port", "runtime-env-agent-port", "metrics-export-port")
    command = [str(Path(sys.executable).with_name("ray")), "start", f"--node-ip-address={address}", *options]
    command += [f"--{name}={port}" for name, port in zip(names, free_ports(4), strict=True)]
    command += [f"--object-store-memory={STORE_BYTES}", "--disable-usage-stats"]
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "CW_TEST_NODE": mark}
    environment |= {"RAY_raylet_start_wait_time_s": "60", "RAY_agent_register_timeout_ms": "120000"}
    # A node starts a Python process for each of its processors ahead of time: on a busy machine, minutes for nothing.
    environment |= {"RAY_prestart_worker_first_driver": "0", "RAY_enable_worker_prestart": "0"}
    with tempfile.TemporaryFile("w+") as said:  # no pipe: what the command leaves running would keep it open
        done = subprocess.run(command, env=environment, stdout=said, stderr=said, timeout=START_SECONDS, check=False)
        if done.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {said.read()[-4000:]}")
    return Node(address, tuple(_marked(mark)))


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("CW_TEST_NODE") == mark:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@contextmanager
def ray_nodes(folder: Path, workers: int = 2, memory: int = MEMORY_BYTES, cpus: int = 1, port: int = 0) -> Iterator[Nodes]:
    """A head without resources at 127.0.0.1's host, and nodes that claim `cpus` each. Everything is killed at the end."""
    port, token = port or free_ports(1)[0], os.urandom(4).hex()
    started: list[Node] = []
    try:
        head = _start(
            f"{token}-head",
            "127.0.0.2",
            "--head",
            f"--port={port}",
            "--num-cpus=0",
            f"--memory={MEMORY_BYTES}",
            "--include-dashboard=false",
            f"--temp-dir={folder}",
        )
        started.append(head)
        for number in range(workers):
            node = _start(
                f"{token}-{number}",
                f"127.0.0.{3 + number}",
                f"--address=127.0.0.2:{port}",
                f"--num-cpus={cpus}",
                f"--memory={memory}",
                f"--resources={json.dumps({f'node{number}': 1})}",
            )
            started.append(node)
        yield Nodes(f"127.0.0.2:{port}", head, tuple(started[1:]))
    finally:
        for node in reversed(started):
            node.kill()
