"""
Choosing: every model in one table, and from a model's name to what an engine loads.

Made with `Market(hub, known, policy)` and `Offers(hub, policy, storage)`; see docs/choosing.md.
"""

from commonweight.choosing.market import Market
from commonweight.choosing.offers import Offers
from commonweight.choosing.rows import DEEDS, OFFERS, SORTS, Counts, MarketFilters, MarketRow, count

__all__ = [
    "DEEDS",
    "OFFERS",
    "SORTS",
    "Counts",
    "Market",
    "MarketFilters",
    "MarketRow",
    "Offers",
    "count",
]
