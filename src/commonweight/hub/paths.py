"""Paths of files inside a repository, and names of branches and tags."""

from __future__ import annotations

import re

from commonweight.hub.errors import InvalidPath, InvalidRef

MAX_PATH_BYTES = 1024  # the longest real ones are below 300; every path is a key in requests and pages
MAX_COMPONENT_BYTES = 255  # what disks can hold as one name
MAX_DEPTH = 64  # each level costs one look into the database
MAX_REF_BYTES = 200  # fits the column with its prefix

_UNCLEAN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)")


def check_path(path: str, *, folder: bool = False) -> str:
    """
    The path as git keeps it. A folder may end with a slash. Raises InvalidPath.

    The rules are git's own for what may stand in a tree (git-check-ref-format does not matter here; see verify_path in
    git's read-cache.c), and those of disks to which clients write what they download.
    """
    clean = path.rstrip("/") if folder else path
    why = _why_not(clean)
    if why:
        raise InvalidPath(
            f"The path {path[:200]!r} is not possible: {why}.", hint="Send a relative path such as data/train.csv."
        )
    return clean


def _why_not(path: str) -> str:
    if not path:
        return "it is empty"
    if path.startswith("/"):
        return "it begins with a slash"
    if path.startswith("..\\"):  # git takes a backslash as any letter; on Windows it parts folders, and there this climbs
        return "it climbs"
    if any(ord(character) < 32 or ord(character) == 127 for character in path):
        return "it contains a control character"
    if not _is_unicode(path):
        return "it is not valid Unicode"
    if len(path.encode()) > MAX_PATH_BYTES:
        return f"it is longer than {MAX_PATH_BYTES} bytes"
    return _why_not_parts(path.split("/"))


def _why_not_parts(parts: list[str]) -> str:
    if len(parts) > MAX_DEPTH:
        return f"it is deeper than {MAX_DEPTH} folders"
    for part in parts:
        if part in ("", ".", ".."):
            return f"the part {part!r} climbs or is empty"
        if ".git" in part.lower().split("\\"):
            return "git keeps the name '.git' for itself"
        if len(part.encode()) > MAX_COMPONENT_BYTES:
            return f"a part is longer than {MAX_COMPONENT_BYTES} bytes"
    return ""


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_ref_name(name: str, *, what: str) -> str:
    """A short branch or tag name, if git allows it (git-check-ref-format). Raises InvalidRef."""
    fits = (
        0 < len(name.encode(errors="replace")) <= MAX_REF_BYTES
        and _is_unicode(name)
        and not _UNCLEAN_REF.search(name)
        and not name.startswith(("/", ".", "-", "refs/"))
        and not name.endswith(("/", "."))
        and name not in ("@", "HEAD")
        and not re.fullmatch(r"[0-9a-f]{40}", name)  # would hide a commit
    )
    if not fits:
        raise InvalidRef(f"{name[:200]!r} cannot be the name of a {what}.", hint="See git-check-ref-format for the rules.")
    return name
