"""What the catalogue claims about a model, as name and value."""

from __future__ import annotations

from commonweight.hub import KnownModel
from commonweight.web.presenting.words import COMMERCIAL_NAMES, _


def known_facts(known: KnownModel) -> tuple[tuple[str, str], ...]:
    pairs = (
        (_("Publisher"), known.publisher),
        (_("Licence"), known.licence),
        (_("Released"), known.released),
        (_("Parameters"), ", ".join(known.parameters)),
        (_("Works on"), ", ".join(known.modality)),
        (_("Made from"), ", ".join(edge.parent for edge in known.lineage)),
        (_("Data"), known.data),
        (_("Access"), known.access.replace("_", " ")),
        (_("Review by OSI"), known.osi_review),
    )
    return tuple((name, value) for name, value in pairs if value)


def known_conditions(known: KnownModel) -> tuple[tuple[str, str], ...]:
    pairs = (
        (_("Commercial use"), COMMERCIAL_NAMES.get(known.commercial, known.commercial)),
        (_("Threshold"), known.threshold),
        (_("Territory"), known.territory),
        (_("Must"), "; ".join(known.must)),
        (_("Must not"), "; ".join(known.forbidden)),
    )
    return tuple((name, value) for name, value in pairs if value)
