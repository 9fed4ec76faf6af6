"""`commonweight plans` and plans in a seed, on the home folder of an installation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commonweight.cli.plans import plans
from commonweight.cli.seed import seed
from commonweight.cli.setup import set_up
from commonweight.settings import Settings

Run = Callable[..., Result]

SEED = """
users: [{name: ada}, {name: bob}]
organisations: [{name: maker, members: [{user: ada, role: write}]}]
plans:
  - {publisher: maker, name: free, terms: {covered: {names: ["maker/*"]}, join: automatic}}
  - {publisher: maker, name: pro, terms: {covered: {names: ["maker/*"]}, monthly_fee: 5000000}, subscribers: [bob]}
"""
PLAN = "title: For teams\nterms: {covered: {names: ['maker/*']}, join: approval, monthly_fee: 9000000}\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("plans")
    asyncio.run(set_up(Settings(home=home), starter=False, say=lambda _line: None))
    return home


@pytest.fixture
def run(home: Path) -> Run:
    runner = CliRunner(env={"COMMONWEIGHT_DATABASE_URL": None})
    return lambda *arguments: runner.invoke(plans, [*arguments, "--home", str(home)])


def test_plans_are_seeded_offered_subscribed_to_approved_and_cancelled(run: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text(SEED)
    (tmp_path / "plan.yaml").write_text(PLAN)
    for _ in range(2):  # again changes nothing
        seeded = CliRunner(env={"COMMONWEIGHT_DEVELOPMENT": "1"}).invoke(
            seed, [str(tmp_path / "seed.yaml"), "--home", str(home)]
        )
        assert "2 plans" in seeded.output
    assert "maker/pro\tversion 1\tself\t5.000000 EUR a month" in run("list").output
    assert run("subscriptions").output == "1\tbob\tmaker/pro\tversion 1\tactive\n"
    assert "maker/team\tversion 1\tapproval" in run("offer", "maker/team", str(tmp_path / "plan.yaml")).output
    assert run("subscribe", "maker/team", "ada").output == "2\tada\tmaker/team\tversion 1\tactive\n"
    assert run("cancel", "1", "--now").output.endswith("cancelled\n")
    assert "licensor of llama-2" in run("licensor", "maker", "llama-2", "--reason", "Their text.").output
    assert run("statement", "1999-01", "bob").output.splitlines()[0].startswith("statement,state,kind")
    assert run("paid", "2", "9000000", "EUR", "--reference", "7").output == "recorded\n"
    assert "offered no longer" in run("withdraw", "maker/pro").output


def test_a_file_that_is_no_plan_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("price: 5\n")
    result = run("offer", "maker/odd", str(tmp_path / "plan.yaml"))
    assert "must hold a mapping" in str(result.exception)
