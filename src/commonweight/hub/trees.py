"""
Folders of a commit: finding entries, and making the trees that a change needs.

Folders are loaded many at a time. Editing is pure.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from commonweight.db import Connection
from commonweight.hub.errors import EntryNotFound, InvalidPath
from commonweight.hub.objects import DIRECTORY, EXECUTABLE, REGULAR, GitObject, TreeItems, load, make_tree, parse_items

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the id of a tree without entries

Folders = dict[str, TreeItems]
"""Folders by path; the root is ""."""

Item = tuple[str, int, str]
"""Path, mode, id."""


LoadTrees = Callable[[Sequence[str]], Awaitable[Mapping[str, TreeItems]]]
"""Entries by id of a tree; those that are not there are left out."""


def parents_of(path: str) -> list[str]:
    """ "a/b/c" -> ["", "a", "a/b"]"""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(len(parts))]


def join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


async def load_folders(
    connection: Connection, scope: int, root: str, wanted: Iterable[str], known: dict[str, TreeItems] | None = None
) -> Folders:
    """
    The wanted folders and all above them, as far as they exist under the tree `root`.

    `known` keeps parsed trees by id over several calls, as in a walk through history.
    """
    known = {} if known is None else known

    async def folders(ids: Sequence[str]) -> dict[str, TreeItems]:
        for oid, data in (await load(connection, scope, [one for one in ids if one not in known], "tree")).items():
            known[oid] = parse_items(data)
        return known

    return await folders_at(folders, root, wanted)


async def folders_at(folders: LoadTrees, root: str, wanted: Iterable[str]) -> Folders:
    """As `load_folders`; `folders` gives the entries of trees by their ids."""
    found = Folders()
    for level in _levels(wanted):
        here: dict[str, str] = {}
        for path in level:
            above, _, name = path.rpartition("/")
            mode, oid = found.get(above, {}).get(name, (0, "")) if path else (DIRECTORY, root)
            if mode == DIRECTORY:
                here[path] = oid
        trees = await folders(list(here.values()))
        for path, oid in here.items():
            found[path] = trees.get(oid, {})
    return found


def _levels(wanted: Iterable[str]) -> list[set[str]]:
    levels: list[set[str]] = []
    for path in {one for folder in wanted for one in [*parents_of(folder), folder]} | {""}:
        depth = path.count("/") + 1 if path else 0
        while len(levels) <= depth:
            levels.append(set())
        levels[depth].add(path)
    return levels


async def listing(
    connection: Connection, scope: int, root: str, path: str, after: str = "", limit: int | None = None
) -> list[Item]:
    """As `listed`, by a connection."""

    async def folders(ids: Sequence[str]) -> dict[str, TreeItems]:
        return {oid: parse_items(data) for oid, data in (await load(connection, scope, ids, "tree")).items()}

    return await listed(folders, root, path, after, limit)


async def listed(folders: LoadTrees, root: str, path: str, after: str = "", limit: int | None = None) -> list[Item]:
    """
    What lies below `path`, which is the folder with the tree `root`: in the order of their paths, the first `limit`
    behind `after`, folders too. `folders` gives the entries of trees by their ids.

    Folders are loaded in that order and twice as many at a time, so that a page costs what it shows and not what the
    repository holds, and a whole repository takes few queries.
    """
    found: list[Item] = []
    waiting, at_once = [(path, root)], 1
    while waiting and not _are_enough(found, waiting[0][0], limit):
        batch, waiting = waiting[:at_once], waiting[at_once:]
        trees = await folders([oid for _, oid in batch])
        items = [(join(folder, name), *item) for folder, oid in batch for name, item in trees.get(oid, {}).items()]
        found += [item for item in items if item[0] > after]
        waiting += [(below, oid) for below, mode, oid in items if mode == DIRECTORY and _reaches_behind(below, after)]
        waiting.sort()
        at_once *= 2
    return sorted(found)[:limit]


def _are_enough(found: Sequence[Item], first_waiting: str, limit: int | None) -> bool:
    """Whatever is still to come lies behind the first folder that waits."""
    return limit is not None and sum(path <= first_waiting for path, _, _ in found) >= limit


def _reaches_behind(folder: str, after: str) -> bool:
    return f"{folder}/" > after or after.startswith(f"{folder}/")


@dataclass
class Edit:
    """Changes to the folders of one commit, applied in order. All folders above a changed path must be in `folders`."""

    folders: Folders
    touched: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.folders = {path: dict(items) for path, items in self.folders.items()}

    def put(self, path: str, oid: str, mode: int | None = None) -> None:
        """
        Put a blob at a path, with the mode given or else so that an executable stays one.

        Raises InvalidPath where a file and a folder would meet.
        """
        folder, _, name = path.rpartition("/")
        items = self._open(folder)
        before = items.get(name, (REGULAR, ""))[0]
        if before == DIRECTORY and self.folders.get(path, {"": (0, "")}):
            raise InvalidPath(f"{path!r} is a folder.", hint="Delete the folder first, or choose another name.")
        self.folders.pop(path, None)
        items[name] = (mode or (EXECUTABLE if before == EXECUTABLE else REGULAR), oid)

    def delete(self, path: str) -> None:
        """Take away a file, or a folder with all in it. Raises EntryNotFound."""
        folder, _, name = path.rpartition("/")
        items = self.folders.get(folder, {})
        if name not in items:
            raise EntryNotFound(f"A file with this name doesn't exist: {path}", hint="Nothing was committed.")
        del items[name]
        self._touch(folder)
        if path in self.folders:  # else nothing below it is here either; a commit may delete many thousand files
            for below in [one for one in self.folders if one == path or one.startswith(path + "/")]:
                del self.folders[below]

    def prune(self) -> None:
        """Take away folders that became empty now, so that a file can have such a name."""
        for folder in sorted(self.touched & self.folders.keys(), key=_depth, reverse=True):
            if folder and not self.folders[folder]:
                above, _, name = folder.rpartition("/")
                self.folders[above].pop(name, None)
                del self.folders[folder]

    def _open(self, folder: str) -> TreeItems:
        for parent in [*parents_of(folder), folder] if folder else []:
            above, _, name = parent.rpartition("/")
            if not parent:
                continue
            mode = self.folders[above].get(name, (DIRECTORY, ""))[0]
            if mode != DIRECTORY:
                raise InvalidPath(f"{parent!r} is a file, so nothing can lie below it.", hint="Delete the file first.")
            self.folders[above].setdefault(name, (DIRECTORY, ""))
            self.folders.setdefault(parent, {})
        self._touch(folder)
        return self.folders.setdefault(folder, {})

    def _touch(self, folder: str) -> None:
        self.touched.update([*parents_of(folder), folder] if folder else [""])

    def trees(self) -> tuple[str, list[GitObject]]:
        """The id of the new root tree, and the trees that are new. Folders that became empty are gone, as in git."""
        made: list[GitObject] = []
        for folder in sorted(self.touched & self.folders.keys(), key=_depth, reverse=True):
            items, (above, _, name) = self.folders[folder], folder.rpartition("/")
            if folder and not items:
                self.folders[above].pop(name, None)
                continue
            tree = make_tree(items)
            made.append(tree)
            if folder:
                self.folders[above][name] = (DIRECTORY, tree.id)
        return made[-1].id, made


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0
