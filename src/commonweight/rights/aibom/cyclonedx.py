"""
CycloneDX 1.7 with its machine-learning parts.

The library (cyclonedx-python-lib) writes the document and knows no model cards yet: `modelCard` is put into what it wrote,
in the form of the standard's schema, which tests check the whole with.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from commonweight.rights.aibom.bill import DESCENT, Bill, Licence, Part, moment
from commonweight.rights.aibom.naming import NOASSERTION, ROOM, choice, effective, package_url, reference

if TYPE_CHECKING:
    from cyclonedx.model import ExternalReference, Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from cyclonedx.model.license import License

MAX_METRICS: Final = 200  # of the card's results; leaderboards have some dozen


def as_cyclonedx(bill: Bill) -> dict[str, Any]:
    """The document. The same bill gives the same one."""
    from cyclonedx.output.json import JsonV1Dot7

    document: dict[str, Any] = json.loads(JsonV1Dot7(_bom(bill)).output_as_string())
    document["metadata"]["component"]["modelCard"] = _model_card(bill)
    return document


def _bom(bill: Bill) -> Bom:
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType, Pedigree
    from cyclonedx.model.dependency import Dependency

    tool = Component(name="commonweight", version=bill.version, type=ComponentType.APPLICATION, bom_ref="tool:commonweight")
    root = _component(bill.root)
    root.components = _files(bill)
    root.pedigree = Pedigree(ancestors=[_ancestor(part) for part in _ancestors(bill)], notes=_notes(bill))
    components = {part.id: _component(part) for part in bill.parts}
    components[bill.root.id] = root
    metadata = BomMetaData(timestamp=moment(bill.facts.made), component=root)
    metadata.tools.components.add(tool)
    dependencies = [
        Dependency(components[name].bom_ref, [Dependency(components[parent].bom_ref) for parent in _parents(bill, name)])
        for name in components
    ]
    others = [component for name, component in components.items() if name != bill.root.id]
    return Bom(components=others, serial_number=bill.serial, version=1, metadata=metadata, dependencies=dependencies)


def _parents(bill: Bill, name: str) -> list[str]:
    return sorted({step.parent for step in bill.steps if step.child == name})


def _component(part: Part) -> Component:
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    kinds = {"model": ComponentType.MACHINE_LEARNING_MODEL, "dataset": ComponentType.DATA, "code": ComponentType.LIBRARY}
    url = package_url(part)
    return Component(
        name=part.name,
        group=part.publisher or None,
        version=part.version or None,
        type=kinds.get(part.kind, ComponentType.PLATFORM),
        bom_ref=reference(part),
        licenses=list(_licences(part)),
        purl=PackageURL.from_string(url) if url else None,
        external_references=list(_links(part)),
        properties=list(_properties(part)),
    )


def _licences(part: Part) -> Iterator[License]:
    """Declared and concluded side by side; where the maker leaves a choice, that is one expression, and it stands alone."""
    from cyclonedx.model.license import DisjunctiveLicense, LicenseAcknowledgement, LicenseExpression
    from cyclonedx.spdx import is_supported_id

    def named(licence: Licence, acknowledgement: LicenseAcknowledgement) -> License:
        if licence.spdx and is_supported_id(licence.spdx):
            return DisjunctiveLicense(id=licence.spdx, acknowledgement=acknowledgement)
        return DisjunctiveLicense(name=licence.title, acknowledgement=acknowledgement)

    if len(part.declared) > 1:
        yield LicenseExpression(choice(part.declared), acknowledgement=LicenseAcknowledgement.DECLARED)
        return
    yield from (named(one, LicenseAcknowledgement.DECLARED) for way in part.declared for one in way)
    if part.is_known:
        yield from (named(one, LicenseAcknowledgement.CONCLUDED) for way in part.effective for one in way)


def _links(part: Part) -> Iterator[ExternalReference]:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri

    if part.address:
        at = f"{part.address}/tree/{part.version}" if part.version else part.address
        yield ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(at))
        if part.kind == "model":
            yield ExternalReference(type=ExternalReferenceType.MODEL_CARD, url=XsUri(part.address))
            yield ExternalReference(type=ExternalReferenceType.LICENSE, url=XsUri(f"{part.address}/rights"))


def _properties(part: Part) -> Iterator[Property]:
    from cyclonedx.model import Property

    yield Property(name=f"{ROOM}:id", value=part.id)
    yield Property(name=f"{ROOM}:licence:declared", value=choice(part.declared))
    yield Property(name=f"{ROOM}:licence:effective", value=effective(part))
    if not part.is_known and any(part.effective):
        yield Property(name=f"{ROOM}:licence:effective-at-least", value=choice(part.effective))
    if part.released:
        yield Property(name=f"{ROOM}:released", value=part.released)


def _files(bill: Bill) -> list[Component]:
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.component import Component, ComponentType

    return [
        Component(
            name=file.path,
            type=ComponentType.FILE,
            bom_ref=f"file:{file.path}",
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=file.sha256)] if file.sha256 else [],
            properties=[Property(name=f"{ROOM}:bytes", value=str(file.size))],
        )
        for file in bill.facts.files
    ]


def _ancestors(bill: Bill) -> Iterable[Part]:
    """Models of which the root is a descendant, through steps that make one out of another."""
    names, waiting = set[str](), [bill.root.id]
    for child in waiting:  # grows while it is walked
        for step in bill.steps:
            if step.child == child and step.relation in DESCENT and step.parent not in names:
                names.add(step.parent)
                waiting.append(step.parent)
    return [part for part in bill.parts if part.id in names]


def _ancestor(part: Part) -> Component:
    found = _component(part)
    found.bom_ref.value = f"pedigree:{reference(part)}"
    return found


def _notes(bill: Bill) -> str:
    """Each step with how it is known, one a line."""
    return "\n".join(
        f"{step.child} <- {step.relation} <- {step.parent} ({step.evidence}{', in part' if step.part else ''})"
        for step in bill.steps
    )


def _model_card(bill: Bill) -> dict[str, Any]:
    facts = bill.facts
    known = {"task": facts.task, "architectureFamily": facts.family, "modelArchitecture": facts.architecture}
    parameters: dict[str, Any] = {name: value for name, value in known.items() if value}
    data = {step.parent for step in bill.steps if step.child == bill.root.id and step.relation == "trained_on_data"}
    datasets = [{"ref": reference(part)} for part in bill.parts if part.id in data]
    parameters |= {"datasets": datasets} if datasets else {}
    said = [("language", language) for language in facts.languages]
    said += [("library", facts.library)] if facts.library else []
    card: dict[str, Any] = {"bom-ref": f"card:{reference(bill.root)}", "modelParameters": parameters}
    if facts.metrics:
        card["quantitativeAnalysis"] = {"performanceMetrics": [_metric(*one) for one in facts.metrics[:MAX_METRICS]]}
    card["properties"] = [{"name": f"{ROOM}:{name}", "value": value} for name, value in said]
    return card


def _metric(kind: str, value: str, part: str) -> dict[str, str]:
    return {"type": kind, "value": value, **({"slice": part} if part else {})}


__all__ = ["NOASSERTION", "as_cyclonedx"]
