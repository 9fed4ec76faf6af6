"""
Loaded into the pytest that runs huggingface_hub's tests, in place of their `conftest.py`, which is not released with them:
the fixtures and marks that they ask for by name. Writes the outcomes as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import SoftTemporaryDirectory

OUTCOMES: dict[str, str] = {}
RepoFactory = Callable[..., Any]  # the type of `repo_factory`, which their tests import from their conftest
FOLDERS = {
    "HF_HOME": "",
    "HF_HUB_CACHE": "hub",
    "HUGGINGFACE_HUB_CACHE": "hub",
    "HF_XET_CACHE": "xet",
    "HF_ASSETS_CACHE": "assets",
    "HF_TOKEN_PATH": "token",
    "HF_STORED_TOKENS_PATH": "stored_tokens",
}


def _theirs(module: str) -> Any:
    return importlib.import_module(f"tests.{module}")


@pytest.fixture(autouse=True)
def patch_constants(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Caches and sign-in of a test are its own."""
    with SoftTemporaryDirectory() as folder:
        for name, place in FOLDERS.items():
            monkeypatch.setattr(constants, name, str(Path(folder) / place))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_EXPERIMENTAL_WARNING", True, raising=False)
        yield


@pytest.fixture(autouse=True)
def forgotten_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one process remembers of a refreshed token, in the versions that do."""
    auth = importlib.import_module("huggingface_hub.utils._auth")
    for name, value in (("_OAUTH_REFRESH_CACHE", None), ("_OAUTH_REFRESH_WARNED", False)):
        if hasattr(auth, name):
            monkeypatch.setattr(auth, name, value)


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    if find_spec("huggingface_hub.utils._detect_agent"):
        agents = importlib.import_module("huggingface_hub.utils._detect_agent")
        if hasattr(agents, "_registry"):
            monkeypatch.setattr(agents, "_registry", agents._EMPTY_REGISTRY)
    if find_spec("huggingface_hub.cli._output"):
        out = importlib.import_module("huggingface_hub.cli._output").out
        out.set_mode()
        out.set_no_truncate(False)


@pytest.fixture(autouse=True)
def xet_as_marked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("xet"):
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
        monkeypatch.delenv("HF_HUB_DISABLE_XET", raising=False)
    if request.node.get_closest_marker("no_xet"):
        pytest.skip("for environments without hf_xet")


@pytest.fixture(autouse=True)
def warned_as_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test marked `deprecated(names)` must warn of each."""
    names = [name for mark in request.node.iter_markers("deprecated") for name in mark.args]
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(pytest.warns(FutureWarning, match=f".*'{name}'.*"))
        yield


@pytest.fixture(autouse=True)
def no_downloads_of_git_lfs(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("git_lfs"):
        pytest.skip("brings 18 MB from a public server")


@pytest.fixture(scope="session")
def api() -> HfApi:
    known = _theirs("testing_constants")
    return HfApi(endpoint=known.ENDPOINT_STAGING, token=known.TOKEN)


@pytest.fixture(scope="session")
def api_prod() -> HfApi:
    """Of the public hub, for tests that are left out where marked; the others that ask for it fail."""
    return HfApi(endpoint="https://huggingface.co")


@pytest.fixture
def repo_factory(api: HfApi) -> Iterator[RepoFactory]:
    """Makes repositories that go when the test ends."""
    made: list[tuple[str, str]] = []

    def make(repo_type: str = "model", **options: Any) -> Any:
        if repo_type == "space":
            options.setdefault("space_sdk", "gradio")
        name = options.pop("repo_id", None) or _theirs("testing_utils").repo_name(prefix=repo_type)
        url = api.create_repo(repo_id=name, repo_type=repo_type, **options)
        made.append((url.repo_id, repo_type))
        return url

    yield make
    for name, repo_type in made:
        with suppress(HfHubHTTPError):  # somebody else's, made with another token
            api.delete_repo(repo_id=name, repo_type=repo_type, missing_ok=True)


@pytest.fixture
def new_repo_id(api: HfApi) -> Iterator[str]:
    """The name of a model that is not there yet, and goes when the test ends."""
    name = f"{api.whoami()['name']}/{_theirs('testing_utils').repo_name()}"
    yield name
    with suppress(HfHubHTTPError):
        api.delete_repo(name)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        before = OUTCOMES.get(report.nodeid)
        OUTCOMES[report.nodeid] = report.outcome if before != "failed" else "failed"


def pytest_sessionfinish() -> None:
    Path(os.environ["HUB_SUITE_REPORT"]).write_text(json.dumps(OUTCOMES))
