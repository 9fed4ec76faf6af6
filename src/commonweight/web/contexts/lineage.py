"""Where something comes from, and what stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.repository import Head
from commonweight.web.contexts.rights import EdgeView, NodeView


@dataclass(frozen=True)
class GraphView:
    nodes: tuple[NodeView, ...] = says("Models and data sets.")
    edges: tuple[EdgeView, ...] = says("Who was made from whom.")


@dataclass(frozen=True)
class BarView:
    """A share, drawn."""

    label: str = says("Of what; translated by the template.")
    percent: int = says("0 to 100.")
    part: str = says("How much is the same.")
    whole: str = says("Of how much.")


@dataclass(frozen=True)
class SuspectView:
    id: int = says("Its number, for forms.")
    base: str = says("namespace/name of the model that this one may stand on.")
    href: str = says("Its page; empty where it is gone.")
    state: Word = says("Open, confirmed or dismissed.")
    strength: Word = says("How much the evidence says.")
    bars: tuple[BarView, ...] = says("What is the same: bytes, tensors, files.")
    is_sample: bool = says("Whether the share of bytes was estimated.")
    alike: tuple[str, ...] = says("What else is the same, as sentences; translated by the template.")
    why_first: Word = says("Why that one is taken for the base.")
    base_since: str = says("Since when the base's bytes are here.")
    own_since: str = says("Since when this model's are.")
    relation: str = says("The kind of step that is offered first.")
    decided: str = says("Who decided, and on which day; empty while open.")
    reason: str = says("Why it was dismissed.")


@dataclass(frozen=True)
class SuspectsView:
    action: str = says("Where decisions go.")
    suspects: tuple[SuspectView, ...] = says("Open ones first.")
    open: int = says("How many wait for a decision.")
    hidden: int = says("How many an administrator is not shown.")
    relations: tuple[tuple[str, str], ...] = says("Kinds of step: key and name.")
    problem: str = says("Why the last decision was not taken.")


@dataclass(frozen=True)
class HeaderView:
    """One thing that the header of a file says, or why it could not be read."""

    path: str = says("The file.")
    kind: str = says("licence, base or note.")
    text: str = says("The name of the licence or base; of a note its sentence, translated by the template.")


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
    headers: tuple[HeaderView, ...] = says("What headers of its files say.", ())
    suspects: SuspectsView | None = says("Suspected bases, for those who may hear of them; else None.", None)
