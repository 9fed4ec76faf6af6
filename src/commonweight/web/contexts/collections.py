"""Collections: lists of repositories that somebody keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame


@dataclass(frozen=True)
class CollectionRow:
    href: str = says("Its page.")
    title: str = says("What it is called.")
    description: str = says("What it is about; may be empty.")
    owner: str = says("Account that keeps it.")
    is_private: bool = says("Whether others can see it.")
    theme: str = says("Its colour: one of six words.")
    when: str = says("When it was changed last.")


@dataclass(frozen=True)
class CollectionsPage:
    template: ClassVar[str] = "collections.html"

    frame: Frame = says("What is around the page.")
    owner: str = says("Whose are shown; empty for everybody's.")
    rows: tuple[CollectionRow, ...] = says("Those that the reader may see.")
    newer: str = says("Address of the page before; empty on the first.")
    older: str = says("Address of the next page; empty on the last.")
    owners: tuple[str, ...] = says("Namespaces in which the reader may make one; empty for nobody.")
    namespace: str = says("The one that was chosen.")
    title: str = says("What was typed as the title.")
    description: str = says("What was typed as the description.")
    private: bool = says("Whether it was to be private.")
    error: str = says("Why it was refused; empty where it was not.")


@dataclass(frozen=True)
class ItemRow:
    key: str = says("What forms call it by.")
    kind: str = says("model, data set, space or collection; translated by the template.")
    name: str = says("What it is called.")
    href: str = says("Its page; empty where there is none.")
    note: str = says("What the keeper says of it; may be empty.")
    is_private: bool = says("Whether others can see it.")
    position: int = says("Its place, from 0.")


@dataclass(frozen=True)
class CollectionPage:
    template: ClassVar[str] = "collection.html"

    frame: Frame = says("What is around the page.")
    row: CollectionRow = says("Title, description, owner, colour.")
    items: tuple[ItemRow, ...] = says("What lies in it, in its order, as far as the reader may see it.")
    may_write: bool = says("Whether the reader may change it.")
    themes: tuple[str, ...] = says("Colours that there are.")
    command: str = says("How a program reads it.")
    error: str = says("Why something was refused; empty where it was not.")
