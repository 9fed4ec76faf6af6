"""
Draw a lineage: ancestors on the left, the subject on the right.

A node stands in the column of its longest way to the subject, so that every arrow points right. A way that comes back to
where it began (which the rights room refuses, but a page must survive) is cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commonweight.web.contexts.rights import EdgeView, NodeView

BOX_WIDTH = 214
BOX_HEIGHT = 62
COLUMN_GAP = 120  # wide enough for the words on an arrow
ROW_GAP = 34
MARGIN = 10
CHARACTERS_IN_BOX = 27  # of the name's size, in BOX_WIDTH less its padding
MAX_DRAWN_NODES = 60  # more cannot be read as a drawing; the list beside it has them all


@dataclass(frozen=True)
class Box:
    node: NodeView
    x: int
    y: int
    owner: str
    name: str
    licences: str


@dataclass(frozen=True)
class Arrow:
    edge: EdgeView
    path: str
    head: str
    label_x: int
    label_y: int
    label_width: int


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    left_out: int
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def draw_lineage(nodes: Sequence[NodeView], edges: Sequence[EdgeView]) -> Drawing:
    """Places for the boxes and arrows of a lineage, in pixels."""
    drawn = list(nodes)[:MAX_DRAWN_NODES]
    ids = {node.id for node in drawn}
    kept = [edge for edge in edges if edge.child in ids and edge.parent in ids]
    columns = _columns(drawn, kept)
    boxes = _place(columns)
    arrows = tuple(_arrow(edge, boxes[edge.parent], boxes[edge.child]) for edge in kept if edge.parent != edge.child)
    width = max((box.x for box in boxes.values()), default=0) + BOX_WIDTH + MARGIN
    height = max((box.y for box in boxes.values()), default=0) + BOX_HEIGHT + MARGIN
    return Drawing(width, height, tuple(boxes.values()), arrows, len(nodes) - len(drawn))


def _columns(nodes: Sequence[NodeView], edges: Sequence[EdgeView]) -> list[list[NodeView]]:
    depth = _depths([node.id for node in nodes], edges)
    columns: list[list[NodeView]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for node in nodes:
        columns[depth[node.id]].append(node)
    return [column for column in reversed(columns) if column]


def _depths(ids: Sequence[str], edges: Sequence[EdgeView]) -> dict[str, int]:
    """Longest way from each node down to one without children. Bounded by the number of nodes, whatever the cycles."""
    depth = dict.fromkeys(ids, 0)
    for _ in range(len(ids)):
        moved = False
        for edge in edges:
            below = depth[edge.child] + 1
            if edge.parent != edge.child and depth[edge.parent] < below < len(ids):
                depth[edge.parent], moved = below, True
        if not moved:
            break
    return depth


def _place(columns: Sequence[Sequence[NodeView]]) -> dict[str, Box]:
    tallest = max((len(column) for column in columns), default=1)
    full = tallest * (BOX_HEIGHT + ROW_GAP) - ROW_GAP
    boxes: dict[str, Box] = {}
    for at, column in enumerate(columns):
        own = len(column) * (BOX_HEIGHT + ROW_GAP) - ROW_GAP
        for row, node in enumerate(column):
            x = MARGIN + at * (BOX_WIDTH + COLUMN_GAP)
            y = MARGIN + (full - own) // 2 + row * (BOX_HEIGHT + ROW_GAP)
            boxes[node.id] = _box(node, x, y)
    return boxes


def _box(node: NodeView, x: int, y: int) -> Box:
    owner, _, name = node.id.removeprefix("datasets/").rpartition("/")
    return Box(node, x, y, _short(owner), _short(name), _short(node.licences, CHARACTERS_IN_BOX))


def _arrow(edge: EdgeView, parent: Box, child: Box) -> Arrow:
    x1, y1 = parent.x + BOX_WIDTH, parent.y + BOX_HEIGHT // 2
    x2, y2 = child.x - 7, child.y + BOX_HEIGHT // 2
    bend = max(40, (x2 - x1) // 2)
    path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    head = f"M{x2 + 6} {y2}l-9 -4.5v9z"
    near = x2 - COLUMN_GAP // 2 + 4  # beside the child: there arrows of several parents lie apart longest
    label_y = (y1 + y2) // 2 if x2 - x1 < COLUMN_GAP * 2 else y1
    label_x = (x1 + x2) // 2 if x2 - x1 < COLUMN_GAP * 2 else near
    return Arrow(edge, path, head, label_x, label_y, int(len(edge.relation) * 5.6) + 10)


def _short(text: str, most: int = CHARACTERS_IN_BOX) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
