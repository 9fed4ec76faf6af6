"""
Choosing: every model in one table, and from a model's name to what an engine loads.

Made with `Grades(hub, known, policy, KeptEvidence(...), KeptGrades(...))`, `Market(hub, known, policy, grades)` and
`NamedOffers(Offers(hub, policy), Aliases(database, clock))` with `Sources(hub, storage)`; see docs/choosing.md and
docs/openness.md.
"""

from commonweight.choosing.aliases import AliasEntry, Aliases, AliasNotFound, InvalidAlias
from commonweight.choosing.comparing import Comparing, Comparison, Pair, Side, SideAsked
from commonweight.choosing.evidence import KeptEvidence
from commonweight.choosing.grades import Grades, Report
from commonweight.choosing.kept import KeptGrades
from commonweight.choosing.market import Market
from commonweight.choosing.naming import NamedOffers
from commonweight.choosing.offers import Offers
from commonweight.choosing.peft import PeftAdapters
from commonweight.choosing.rows import DEEDS, OFFERS, SORTS, Counts, MarketFilters, MarketRow, count
from commonweight.choosing.sources import Sources

__all__ = [
    "DEEDS",
    "OFFERS",
    "SORTS",
    "AliasEntry",
    "AliasNotFound",
    "Aliases",
    "Comparing",
    "Comparison",
    "Counts",
    "Grades",
    "InvalidAlias",
    "KeptEvidence",
    "KeptGrades",
    "Market",
    "MarketFilters",
    "MarketRow",
    "NamedOffers",
    "Offers",
    "Pair",
    "PeftAdapters",
    "Report",
    "Side",
    "SideAsked",
    "Sources",
    "count",
]
