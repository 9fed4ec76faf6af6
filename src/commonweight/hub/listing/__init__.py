"""Lists: repositories by any filter, in any order, page by page; the index that they are found by; downloads."""

from commonweight.hub.listing.cursors import read_cursor, write_cursor
from commonweight.hub.listing.index import index_name
from commonweight.hub.listing.room import Listings
from commonweight.hub.listing.values import DEFAULT_SORT, MAX_PAGE, SORTS, Cursor, Listed, Wanted

__all__ = [
    "DEFAULT_SORT",
    "MAX_PAGE",
    "SORTS",
    "Cursor",
    "Listed",
    "Listings",
    "Wanted",
    "index_name",
    "read_cursor",
    "write_cursor",
]
