"""Records in plain words: conditions as sentences, a record beside its clauses, what differs between versions."""

from commonweight.rights.explaining.conditions import Spoken, spoken
from commonweight.rights.explaining.record import described, in_brief
from commonweight.rights.explaining.versions import differences, version_before, versions_of

__all__ = ["Spoken", "described", "differences", "in_brief", "spoken", "version_before", "versions_of"]
