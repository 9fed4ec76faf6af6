"""`commonweight orgs`, on the home folder of an installation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commonweight.cli.orgs import orgs
from commonweight.cli.setup import set_up
from commonweight.rooms import Rooms, build_rooms
from commonweight.settings import Settings

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("orgs")
    asyncio.run(set_up(Settings(home=home), starter=False, say=lambda _line: None))

    async def people(rooms: Rooms) -> None:
        for name in ("ada", "bob"):
            await rooms.identity.create_user(name)
        await rooms.close()

    asyncio.run(people(build_rooms(Settings(home=home))))
    return home


@pytest.fixture
def run(home: Path) -> Run:
    runner = CliRunner(env={"COMMONWEIGHT_DATABASE_URL": None})
    return lambda *arguments: runner.invoke(orgs, [*arguments, "--home", str(home)])


def test_an_organisation_is_made_and_its_members_changed(run: Run) -> None:
    made = run("create", "guild", "--fullname", "The Guild", "--default-visibility", "private", "--admin", "ada")
    assert made.output == "guild\tprivate\tThe Guild\n"
    assert run("add", "guild", "bob", "--role", "contributor").output == "bob\tcontributor\n"
    assert run("role", "guild", "bob", "write").output == "bob\twrite\n"
    assert run("members", "guild").output == "ada\tadmin\nbob\twrite\n"
    assert run("remove", "guild", "bob").exit_code == 0
    assert "last admin" in str(run("remove", "guild", "ada").exception)
    assert "no member" in str(run("role", "guild", "bob", "write").exception)
    assert run("set", "guild", "--default-visibility", "public").output == "guild\tpublic\tThe Guild\n"
    assert "guild\tpublic\tThe Guild\n" in run("list").output
