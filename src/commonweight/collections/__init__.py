"""Collections: lists of repositories that somebody keeps; see docs/collections.md."""

from commonweight.collections.errors import CollectionExists, CollectionNotFound, ItemExists, ItemNotFound
from commonweight.collections.room import Collections
from commonweight.collections.values import THEMES, Asked, Collection, Item

__all__ = [
    "THEMES",
    "Asked",
    "Collection",
    "CollectionExists",
    "CollectionNotFound",
    "Collections",
    "Item",
    "ItemExists",
    "ItemNotFound",
]
