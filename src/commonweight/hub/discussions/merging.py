"""
Joining two sides that come from one base, path by path: what only one side changed is taken from it, what both changed alike
is taken once, anything else is a conflict. The rules for large files (`.gitattributes`), to which both sides may have added
lines, are joined by lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commonweight.db import Connection
from commonweight.hub.attributes import ATTRIBUTES
from commonweight.hub.discussions.comparing import Differences, Leaf, differences
from commonweight.hub.errors import InvalidPath
from commonweight.hub.objects import Blobs, GitObject, make_blob
from commonweight.hub.trees import Edit, load_folders

_Changes = dict[str, Leaf | None]


@dataclass(frozen=True, slots=True)
class Joined:
    """The root of the joined tree and the objects that are new in it; or the paths that stand in the way."""

    root: str
    objects: Sequence[GitObject] = ()
    conflicts: tuple[str, ...] = ()


async def join_trees(connection: Connection, scope: int, blobs: Blobs, base: str, ours: str, theirs: str) -> Joined:
    """Bring into the root tree `ours` what `theirs` has changed since `base`."""
    we = await differences(connection, scope, base, ours)
    they = await differences(connection, scope, base, theirs)
    rules = await _joined_rules(connection, scope, blobs, we, they)
    wanted: _Changes = {path: after for path, (_, after) in they.items() if we.get(path, (None, after))[1] != after}
    wanted |= {path: after for path, (_, after) in they.items() if path not in we}
    conflicts = {path for path in wanted if path in we}
    if rules is not None and ATTRIBUTES in conflicts:
        conflicts.remove(ATTRIBUTES)
        wanted[ATTRIBUTES] = (they[ATTRIBUTES][1] or (0, ""))[0], rules.id
    clean = {path: after for path, after in wanted.items() if path not in conflicts}
    edit = Edit(await load_folders(connection, scope, ours, {path.rpartition("/")[0] for path in clean}))
    conflicts.update(_apply(edit, clean))
    if conflicts:
        return Joined("", conflicts=tuple(sorted(conflicts)))
    if not wanted:
        return Joined(ours)
    root, trees = edit.trees()
    return Joined(root, [*trees, rules] if rules is not None else trees)


def _apply(edit: Edit, wanted: Mapping[str, Leaf | None]) -> list[str]:
    """The paths at which a file and a folder would meet."""
    for path in sorted(path for path, after in wanted.items() if after is None):
        edit.delete(path)
    edit.prune()
    clashes: list[str] = []
    for path, after in sorted(wanted.items()):
        if after is None:
            continue
        try:
            edit.put(path, after[1], mode=after[0])
        except InvalidPath:
            clashes.append(path)
    return clashes


async def _joined_rules(
    connection: Connection, scope: int, blobs: Blobs, we: Differences, they: Differences
) -> GitObject | None:
    """The `.gitattributes` of both sides, where both have only added lines to one that was there."""
    if ATTRIBUTES not in we or ATTRIBUTES not in they:
        return None
    leaves = (we[ATTRIBUTES][0], we[ATTRIBUTES][1], they[ATTRIBUTES][1])
    texts = [await blobs.read(connection, scope, one[1]) if one else None for one in leaves]
    base, ours, theirs = ((text or b"").decode(errors="surrogateescape").splitlines() for text in texts)
    if None in texts or ours[: len(base)] != base or theirs[: len(base)] != base:
        return None
    here = set(ours)
    lines = [*ours, *(line for line in theirs[len(base) :] if line not in here)]
    return make_blob("".join(f"{line}\n" for line in lines).encode(errors="surrogateescape"))
