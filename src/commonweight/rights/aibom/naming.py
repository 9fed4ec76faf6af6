"""Names of the things in a bill, the same in both formats."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from commonweight.rights.aibom.bill import Licence, Part

NOASSERTION: Final = "NOASSERTION"
ROOM: Final = "commonweight"  # prefix of our own properties


def reference(part: Part) -> str:
    """What other parts of the document call it by."""
    return f"{part.kind}:{part.id}" + (f"@{part.version}" if part.version else "")


def package_url(part: Part) -> str:
    """As purl: of parts that are kept here, at their address; "" for others, whose place is not known."""
    if not part.address or not part.version or part.kind != "model":
        return ""
    server = part.address.removesuffix(f"/{part.id}")
    return f"pkg:huggingface/{quote(part.id)}@{part.version}?repository_url={quote(server, safe='')}"


def together(licences: tuple[Licence, ...]) -> str:
    """Licences that apply together, as an expression; NOASSERTION for none."""
    return " AND ".join(one.expression for one in licences) or NOASSERTION


def choice(ways: tuple[tuple[Licence, ...], ...]) -> str:
    """Sets to choose from, as an expression; NOASSERTION for none."""
    if len(ways) <= 1:
        return together(ways[0] if ways else ())
    return " OR ".join(together(way) if len(way) == 1 else f"({together(way)})" for way in ways)


def effective(part: Part) -> str:
    """What applies over the chain; NOASSERTION where a part of it is not known."""
    return choice(part.effective) if part.is_known else NOASSERTION
