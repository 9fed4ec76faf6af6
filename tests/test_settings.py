"""Settings are read once, cast, and documented."""

import dataclasses
from pathlib import Path

import pytest

from commonweight.errors import InvalidInput
from commonweight.settings import PREFIX, Settings

DOCS = Path(__file__).parent.parent / "docs" / "settings.md"


def test_every_setting_has_its_line_in_the_documentation() -> None:
    lines = DOCS.read_text().splitlines()
    for field in dataclasses.fields(Settings):
        row = [line for line in lines if line.startswith(f"| `{PREFIX}{field.name.upper()}` |")]
        assert row, f"docs/settings.md lacks {field.name}"
        assert field.metadata["help"] in row[0]


def test_an_argument_wins_over_the_environment() -> None:
    assert Settings.from_environment({"COMMONWEIGHT_PORT": "9000"}, port=9001).port == 9001


def test_an_argument_that_was_not_given_leaves_the_environment() -> None:
    assert Settings.from_environment({"COMMONWEIGHT_PORT": "9000"}, port=None).port == 9000


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "many"), ("PORT", "70000"), ("DEVELOPMENT", "maybe"), ("WEB_PROCESSES", "0"), ("TUNING_CPUS", "0")],
)
def test_a_value_that_does_not_fit_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=f"COMMONWEIGHT_{name} is '?{value}"):
        Settings.from_environment({f"COMMONWEIGHT_{name}": value})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])
def test_development_mode_refuses_to_listen_beyond_loopback(host: str) -> None:
    with pytest.raises(InvalidInput, match="loopback"):
        Settings.from_environment({"COMMONWEIGHT_DEVELOPMENT": "1"}, host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_development_mode_listens_on_loopback(host: str) -> None:
    assert Settings.from_environment({"COMMONWEIGHT_DEVELOPMENT": "1"}, host=host).development


def test_a_postgresql_address_gets_our_driver() -> None:
    settings = Settings.from_environment({"COMMONWEIGHT_DATABASE_URL": "postgresql://u@h/d"})
    assert settings.async_database_url == "postgresql+asyncpg://u@h/d"
