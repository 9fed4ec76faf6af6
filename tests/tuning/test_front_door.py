"""The front door names what there is, and costs a child nothing that it does not need."""

import subprocess
import sys

import commonweight.tuning
from commonweight import tuning

SEEN = "import sys, commonweight.tuning.converting.main; print(*({'sqlalchemy', 'aiohttp'} & set(sys.modules)))"


def test_every_name_of_the_front_door_is_there() -> None:
    assert [name for name in commonweight.tuning.__all__ if not hasattr(tuning, name)] == []


def test_a_name_that_is_not_there_is_said() -> None:
    assert not hasattr(tuning, "Nobody")


def test_the_converting_child_loads_no_database_and_no_web_client() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", SEEN], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
