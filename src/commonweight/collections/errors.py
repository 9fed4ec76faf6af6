"""
What can go wrong with collections.

    CollectionNotFound   not there, or not for this caller to know of
    ItemNotFound         no such item in it
    CollectionExists     the namespace has one of that title; carries it
    ItemExists           it lies in it already
"""

from __future__ import annotations

from commonweight.collections.values import Collection
from commonweight.errors import Conflict, NotFound


class CollectionNotFound(NotFound):
    code = "collection_not_found"

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is no collection {slug[:200]!r}, or you may not see it.")


class ItemNotFound(NotFound):
    code = "item_not_found"


class CollectionExists(Conflict):
    code = "collection_exists"

    def __init__(self, collection: Collection) -> None:
        super().__init__(f"{collection.namespace} has a collection called {collection.title!r} already.")
        self.collection = collection


class ItemExists(Conflict):
    code = "item_exists"
