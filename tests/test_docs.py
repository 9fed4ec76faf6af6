"""The README's map and the house agree."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_page_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_room_is_on_the_map() -> None:
    readme = (ROOT / "README.md").read_text()
    rooms = [path.parent.name for path in (ROOT / "src" / "commonweight").glob("*/__init__.py")]
    assert [room for room in rooms if not re.search(rf"\b{room}\b", readme)] == []
