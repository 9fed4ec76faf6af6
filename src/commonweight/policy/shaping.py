"""
The shape of a lineage: the subject of a question with places in place of names, and the names that belong there.

Most models differ from thousands of others in nothing but their names: a fine-tune of a well-known base under a common
licence. What names say is beside the point of a verdict, but for two things, which a shape keeps: whether a name begins as a
licence asks, and the ids that a person's decision names.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from commonweight.rights import begins_with

#: Characters of the private use area mark a place, so that no text from outside can look like one (`_safe`).
_OPEN_ID, _OPEN_NAME, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKS: Final = re.compile("[\ue000-\ue002]")
_ID_PLACE: Final = re.compile(f"{_OPEN_ID}(\\d{{4}}){_CLOSE}".encode())

#: What others show of a node and no verdict rests on (rights: read and passed over).
_BESIDE_THE_POINT: Final = ("revision", "publisher", "parameters")
_NAMED: Final = frozenset({"id", "name", *_BESIDE_THE_POINT})


@dataclass(frozen=True)
class Filling:
    """
    What belongs into the places of a shape: ids in their order; names, each with the prefix that stands before its place; of
    each node what is beside the point. `kept` ids stand in the shape as they are.
    """

    ids: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    beside: tuple[Mapping[str, Any], ...]

    def pack(self) -> bytes:
        return pack([self.ids, self.names, self.beside])

    @classmethod
    def unpack(cls, data: bytes) -> Filling:
        ids, names, beside = unpack(data)
        return cls(tuple(ids), tuple((prefix, name) for prefix, name in names), tuple(beside))


@dataclass(frozen=True)
class Shaped:
    """A subject taken apart. `document` is the shape, `digest` the SHA-256 of it."""

    document: Mapping[str, Any]
    digest: str
    filling: Filling


def take_apart(subject: Mapping[str, Any], prefixes: Iterable[str] = (), kept: Collection[str] = ()) -> Shaped:
    """
    The shape of a question's subject, and its names. `prefixes` are what licences ask names to begin with; ids in
    `kept` stay.
    """
    lineage = _Lineage(subject)
    order = lineage.order()
    names = _Names(tuple(prefixes))
    places = {name: name if name in kept else _place(_OPEN_ID, number) for number, name in enumerate(order)}
    nodes = [
        {"id": places[node], "name": names.place(lineage.name(node)), **_safe(lineage.own(node))} for node in order
    ]  # fmt: skip
    edges = [{**_safe(edge), "child": places[edge["child"]], "parent": places[edge["parent"]]} for edge in lineage.edges]
    edges.sort(key=lambda edge: (edge["child"], edge["parent"], edge["relation"]))
    document = {"root": places[lineage.root], "nodes": nodes, "edges": edges}
    digest = hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Shaped(document, digest, Filling(tuple(order), names.found, tuple(lineage.beside(node) for node in order)))


def fill(document: bytes, filling: Filling) -> bytes:
    """JSON with places, as JSON with the names in them."""
    for number, (prefix, name) in enumerate(filling.names):
        place = prefix + _place(_OPEN_NAME, number)
        document = document.replace(place.encode(), _inside(name))
    return _ID_PLACE.sub(lambda found: _inside(filling.ids[int(found[1])]), document)


def put_together(shape: bytes, filling: Filling) -> dict[str, Any]:
    """The subject that `take_apart` took apart, from its packed shape; its nodes in the order of their ids."""
    document = unpack_filled(shape, filling)
    beside = dict(zip(filling.ids, filling.beside, strict=True))
    nodes = [{**node, **beside[node["id"]]} for node in document["nodes"]]
    edges = sorted(document["edges"], key=lambda edge: (edge["child"], edge["parent"], edge["relation"]))
    return {"root": document["root"], "nodes": sorted(nodes, key=lambda node: str(node["id"])), "edges": edges}


def pack(value: Any) -> bytes:
    """JSON, compressed: a verdict takes a fifth of its length."""
    return zlib.compress(orjson.dumps(value), 1)


def unpack(data: bytes) -> Any:
    return orjson.loads(zlib.decompress(data))


def unpack_filled(data: bytes, filling: Filling) -> Any:
    """A packed document with its names in place."""
    return orjson.loads(fill(zlib.decompress(data), filling))


def _place(opening: str, number: int) -> str:
    return f"{opening}{number:04d}{_CLOSE}"


def _inside(text: str) -> bytes:
    """A text as it stands between the quotes of JSON."""
    return orjson.dumps(text)[1:-1]


def _safe(value: Any) -> Any:
    """The same without the marks of places, in case somebody wrote them into a card."""
    if isinstance(value, str):
        return _MARKS.sub("�", value)
    if isinstance(value, list):
        return [_safe(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: _safe(entry) for key, entry in value.items()}
    return value


class _Names:
    """Places for names: nodes of one name share one place."""

    def __init__(self, prefixes: tuple[str, ...]) -> None:
        self._prefixes = sorted(prefixes, key=lambda prefix: (-len(prefix), prefix))
        self._numbers: dict[str, int] = {}
        self.found: tuple[tuple[str, str], ...] = ()

    def place(self, name: str) -> str:
        if name not in self._numbers:
            self._numbers[name] = len(self._numbers)
            prefix = next((one for one in self._prefixes if begins_with(name, one)), "")
            self.found = (*self.found, (prefix, name))
        number = self._numbers[name]
        return self.found[number][0] + _place(_OPEN_NAME, number)


class _Lineage:
    """A subject as a graph, with an order of its nodes that does not depend on their names."""

    def __init__(self, subject: Mapping[str, Any]) -> None:
        self.edges: list[Mapping[str, Any]] = list(subject.get("edges", ()))
        self._nodes = {node["id"]: node for node in subject["nodes"]}
        self.root: str = subject.get("root") or subject["nodes"][0]["id"]
        self._above: dict[str, list[Mapping[str, Any]]] = {}
        for edge in self.edges:
            self._above.setdefault(edge["child"], []).append(edge)
        self._likeness: dict[str, bytes] = {}

    def name(self, node: str) -> str:
        """As rights reads it: the last part of the id where nothing is said."""
        return str(self._nodes[node].get("name") or node.rsplit("/", 1)[-1])

    def own(self, node: str) -> dict[str, Any]:
        """What is said of a node itself, without its names."""
        return {key: value for key, value in self._nodes[node].items() if key not in _NAMED}

    def beside(self, node: str) -> dict[str, Any]:
        said = self._nodes[node]
        return {key: said[key] for key in _BESIDE_THE_POINT if key in said}

    def order(self) -> list[str]:
        """From the root upwards, nearest first; nodes of equal distance by what they are and stand on, then by id."""
        self._compare()
        found, waiting = {self.root: None}, deque([self.root])
        while waiting:
            for _, parent in sorted(self._step(edge) for edge in self._above.get(waiting.popleft(), ())):
                if parent not in found:
                    found[parent] = None
                    waiting.append(parent)
        return [*found, *sorted(self._nodes.keys() - found.keys())]

    def _step(self, edge: Mapping[str, Any]) -> tuple[bytes, str]:
        return (self._of_step(edge), edge["parent"])

    def _of_step(self, edge: Mapping[str, Any]) -> bytes:
        said = {key: value for key, value in edge.items() if key not in ("child", "parent")}
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS) + self._likeness[edge["parent"]]

    def _compare(self) -> None:
        """A digest for each node of what it is and of all that it stands on; ancestors first."""
        waiting = [self.root, *self._nodes]
        while waiting:
            node = waiting[-1]
            above = self._above.get(node, ())
            missing = [edge["parent"] for edge in above if edge["parent"] not in self._likeness]
            if node not in self._likeness and missing:
                waiting.extend(missing)
                continue
            if node not in self._likeness:
                parts = [orjson.dumps(self.own(node), option=orjson.OPT_SORT_KEYS), *sorted(map(self._of_step, above))]
                self._likeness[node] = hashlib.sha1(b"\0".join(parts), usedforsecurity=False).digest()
            waiting.pop()
