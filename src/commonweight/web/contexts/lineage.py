"""Where something comes from, and what stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame
from commonweight.web.contexts.repository import Head
from commonweight.web.contexts.rights import EdgeView, NodeView


@dataclass(frozen=True)
class GraphView:
    nodes: tuple[NodeView, ...] = says("Models and data sets.")
    edges: tuple[EdgeView, ...] = says("Who was made from whom.")


@dataclass(frozen=True)
class LineagePage:
    template: ClassVar[str] = "lineage.html"

    frame: Frame = says("What is around the page.")
    head: Head | None = says("Name, tags, tabs of a repository; None for what is only known.")
    id: str = says("namespace/name.")
    href: str = says("Its page.")
    ancestors: GraphView = says("The model or data set, and what it was made from.")
    descendants: GraphView = says("The model or data set, and everything that stands on it, as far as the reader may see.")
    count: int = says("How many stand on it.")
    is_cut: bool = says("Whether there are more than are shown.")
