"""The clients and versions of docs/compatibility.md, and how each is tried."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.clients.environments import javascript_with, python_with, run
from tests.support.server import Server

PROBES: Final = Path(__file__).parent / "probes"
#: huggingface_hub and hf_xet: the oldest promised, around 1.20 (since which weights go by Xet alone), the newest of each.
HUB_CLIENTS: Final = (
    ("0.34.4", "1.1.3"),
    ("0.34.4", "1.1.10"),
    ("1.0.1", "1.2.0"),
    ("1.19.0", "1.5.2"),
    ("1.20.1", "1.6.0"),
    ("1.33.0", "1.7.1"),
    ("2.4.0", "1.8.0"),
)
JAVASCRIPT: Final = "2.17.5"
LARGE_BYTES: Final = 3_000_000


@dataclass(frozen=True)
class Case:
    """`way`: how its large files travel. `command` is made of the folder with files and the repository's name."""

    client: str
    versions: str
    way: str
    tried: str
    command: Callable[[Path, str], list[object]]
    repository: str

    @property
    def name(self) -> str:
        return f"{self.client} {self.versions} {self.way}"

    def run(self, server: Server, scratch: Path) -> None:
        """Raises ClientFailed."""
        folder = scratch / "folder"
        (folder / "sub").mkdir(parents=True)
        (folder / "small.txt").write_text(f"{self.name}\n")
        (folder / "sub" / "large.bin").write_bytes(self.name.encode() + os.urandom(LARGE_BYTES))
        environment = self._environment(server, scratch)
        run(*self.command(folder, f"operator/{self.repository}"), environment=environment, cwd=folder)

    def _environment(self, server: Server, scratch: Path) -> Mapping[str, str]:
        """As a person has it who was told the address and given a token; nothing of this process's settings but its path."""
        without_xet = {"HF_HUB_DISABLE_XET": "1"} if self.way == "LFS" else {}
        own = {"HF_ENDPOINT": server.address, "HF_TOKEN": server.admin_token, "HF_HOME": str(scratch / "hf")}
        return {"PATH": os.environ["PATH"], "HOME": str(scratch), "LC_ALL": "C.UTF-8", **own, **without_xet}


def cases() -> list[Case]:
    return [*_hub_clients(), *_commands(), *_libraries(), _git(), _javascript()]


def _hub_clients() -> list[Case]:
    def command(hub: str, xet: str) -> Callable[[Path, str], list[object]]:
        return lambda folder, name: [
            python_with(f"huggingface_hub=={hub}", f"hf_xet=={xet}"), PROBES / "hub_client.py", folder, name,
        ]  # fmt: skip

    tried = "create, upload a folder, list, download, read a part, branches, tags, delete, move"
    return [
        Case(
            f"huggingface_hub {hub}", f"hf_xet {xet}", way, tried, command(hub, xet),
            f"hub-{hub}-{xet}-{way}".lower(),
        )
        for hub, xet in HUB_CLIENTS
        for way in ("Xet", "LFS")
    ]  # fmt: skip


def _commands() -> list[Case]:
    def command(hub: str, xet: str) -> Callable[[Path, str], list[object]]:
        def made(folder: Path, name: str) -> list[object]:
            programs = python_with(f"huggingface_hub=={hub}", f"hf_xet=={xet}").parent
            return ["env", f"PATH={programs}:{os.environ['PATH']}", "bash", PROBES / "hf_command.sh", folder, name]

        return made

    ends = (HUB_CLIENTS[0], HUB_CLIENTS[-1])
    return [
        Case("hf (the command)", f"huggingface_hub {hub}", way, "whoami, upload, download", command(hub, xet),
             f"command-{hub}-{way}".lower())
        for hub, xet in ends
        for way in ("Xet", "LFS")
    ]  # fmt: skip


def _libraries() -> list[Case]:
    def case(library: str, version: str, probe: str, tried: str) -> Case:
        def command(folder: Path, name: str) -> list[object]:
            return [python_with(f"{library}=={version}", beside_ours=True), PROBES / probe, folder, name]

        return Case(library, version, "Xet", tried, command, f"library-{library}")

    both = "push_to_hub, from_pretrained"
    return [
        case("transformers", "5.23.0", "load_transformers.py", f"{both}, tokenizers"),
        case("datasets", "5.2.0", "load_datasets.py", "push_to_hub, load_dataset whole, streamed, from JSON lines and CSV"),
        case("diffusers", "0.42.1", "load_diffusers.py", both),
        case("sentence-transformers", "6.2.0", "load_sentence_transformers.py", "push_to_hub, load by name"),
    ]


def _git() -> Case:
    def command(folder: Path, name: str) -> list[object]:
        hub, xet = HUB_CLIENTS[-1]
        python = python_with(f"huggingface_hub=={hub}", f"hf_xet=={xet}")
        return ["bash", PROBES / "git_client.sh", folder, name, python]

    versions = " with ".join(
        run(*words).split(" (")[0].strip() for words in (("git", "--version"), ("git", "lfs", "version"))
    )
    tried = "clone, push, tag, pull, history; ids as in the API"
    return Case("git and git-lfs", versions, "LFS", tried, command, "by-git")


def _javascript() -> Case:
    def command(folder: Path, name: str) -> list[object]:
        place = javascript_with(f"@huggingface/hub@{JAVASCRIPT}")
        script = shutil.copy(PROBES / "hub_js.mjs", place)
        return ["node", script, folder, name]

    tried = "create, upload, list, exists, download"
    return Case("@huggingface/hub (JavaScript)", JAVASCRIPT, "as it chooses", tried, command, "by-javascript")
