"""
Bills of materials of a model: what it is made of, where it comes from, under which terms. Pure.

    document = as_cyclonedx(bill)     # CycloneDX 1.7, ML-BOM
    document = as_spdx(bill)          # SPDX 3.0.1, with the AI, dataset and licensing profiles

docs/pack.md describes both. The libraries behind them are loaded when they are first needed.
"""

from commonweight.rights.aibom.bill import Bill, BillFile, Facts, Part, make_bill
from commonweight.rights.aibom.cyclonedx import as_cyclonedx
from commonweight.rights.aibom.spdx import as_spdx

__all__ = ["Bill", "BillFile", "Facts", "Part", "as_cyclonedx", "as_spdx", "make_bill"]
