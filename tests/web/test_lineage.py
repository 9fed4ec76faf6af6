from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.web.contexts import EdgeView, NodeView
from commonweight.web.lineage import BOX_HEIGHT, BOX_WIDTH, MAX_DRAWN_NODES, Drawing, draw_lineage
from commonweight.web.presenting.words import EDGE_WORDS

NAMES = st.integers(0, 7).map(lambda number: f"house/m{number}")


def _node(name: str) -> NodeView:
    return NodeView(name, "model", "mit", "", is_root=False)


def _edge(child: str, parent: str) -> EdgeView:
    return EdgeView(child, parent, "fine-tuned", EDGE_WORDS["declared"], is_weak=False)


def _draw(pairs: list[tuple[str, str]]) -> Drawing:
    names = dict.fromkeys(name for pair in pairs for name in pair)
    return draw_lineage([_node(name) for name in names], [_edge(*pair) for pair in pairs])


def test_parents_stand_left_of_their_children() -> None:
    drawing = _draw([("h/child", "h/base"), ("h/base", "h/data"), ("h/child", "h/data")])
    at = {box.node.id: box.x for box in drawing.boxes}
    assert at["h/data"] < at["h/base"] < at["h/child"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES), max_size=14))
def test_boxes_never_overlap_and_lie_inside_whatever_the_graph(pairs: list[tuple[str, str]]) -> None:
    """Also cycles, loops and several ways to one node."""
    drawing = _draw(pairs)
    for at, box in enumerate(drawing.boxes):
        assert 0 <= box.x <= drawing.width - BOX_WIDTH
        assert 0 <= box.y <= drawing.height - BOX_HEIGHT
        for other in drawing.boxes[at + 1 :]:
            assert abs(box.x - other.x) >= BOX_WIDTH or abs(box.y - other.y) >= BOX_HEIGHT


def test_a_lineage_too_large_to_read_is_cut_and_says_so() -> None:
    nodes = [_node(f"house/m{number}") for number in range(MAX_DRAWN_NODES + 5)]
    assert draw_lineage(nodes, []).left_out == 5
