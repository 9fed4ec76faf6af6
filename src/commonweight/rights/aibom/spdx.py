"""SPDX 3.0.1 as JSON-LD, by the bindings of spdx-python-model: AI, dataset, software and licensing profiles."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any, Final

from commonweight.rights.aibom.bill import DESCENT, Bill, BillFile, Licence, Part, moment
from commonweight.rights.aibom.naming import NOASSERTION, ROOM, choice, effective, package_url, reference

#: Relations of our lineage to those of SPDX; what has none of its own is `other`, with our word as its comment.
_TRAINED: Final = "trained_on_data"
_GENERATED: Final = "output_of"
_CONTAINS: Final = "includes_code"


def as_spdx(bill: Bill) -> dict[str, Any]:
    """The document. The same bill gives the same one."""
    return _Writer(bill).document()


class _Writer:
    """Puts the elements of one document together."""

    def __init__(self, bill: Bill) -> None:
        from spdx_python_model.bindings import v3_0_1 as model

        self._bill = bill
        self._model: Any = model
        self._base = f"urn:uuid:{bill.serial}"
        self._objects: Any = model.SHACLObjectSet()
        self._count = 0
        self._elements: list[Any] = []
        self._licences: dict[str, Any] = {}
        self._agents: dict[str, Any] = {}
        self._made: Any = model.CreationInfo(specVersion="3.0.1", created=moment(bill.facts.made))
        tool = self._new("SoftwareAgent", "agent/commonweight", name=f"Commonweight {bill.version}")
        self._made.createdBy = [tool]

    def document(self) -> dict[str, Any]:
        """Elements, relationships, then the list of all in the document's own element."""
        bill = self._bill
        parts = {part.id: self._part(part) for part in (bill.root, *bill.parts)}
        self._describe(parts[bill.root.id])
        files = [self._file(file) for file in bill.facts.files]
        if files:
            self._relate(parts[bill.root.id], "contains", files)
        for step in bill.steps:
            self._step(parts[step.child], parts[step.parent], step.relation, step.evidence)
        for part in (bill.root, *bill.parts):
            self._relate(parts[part.id], "hasDeclaredLicense", [self._licence(choice(part.declared), part.declared)])
            self._relate(parts[part.id], "hasConcludedLicense", [self._licence(effective(part), part.effective)])
        self._list(parts[bill.root.id], list(self._elements))
        return self._serialised()

    def _new(self, kind: str, place: str, **fields: Any) -> Any:
        made = getattr(self._model, kind)(_id=f"{self._base}#{place}", creationInfo=self._made)
        for field, value in fields.items():
            if value not in ("", None, []):
                setattr(made, field, value)
        self._objects.add(made)
        self._elements.append(made)
        return made

    def _part(self, part: Part) -> Any:
        kinds = {"model": "ai_AIPackage", "dataset": "dataset_DatasetPackage"}
        purposes = {"model": "model", "dataset": "data", "code": "source", "service": "other"}
        purpose = getattr(self._model.software_SoftwarePurpose, purposes[part.kind])
        at = f"{part.address}/tree/{part.version}" if part.address and part.version else part.address
        made = self._new(
            kinds.get(part.kind, "software_Package"), f"part/{_plain(reference(part))}",
            name=part.id, software_packageVersion=part.version, software_primaryPurpose=purpose,
            software_downloadLocation=at, software_packageUrl=package_url(part),
        )  # fmt: skip
        if part.publisher:
            made.suppliedBy = self._agent(part.publisher)
        if part.kind == "dataset":
            made.dataset_datasetType = [self._model.dataset_DatasetType.noAssertion]
        return made

    def _describe(self, made: Any) -> None:
        """What only the revision itself says."""
        facts, model = self._bill.facts, self._model
        made.releaseTime = moment(facts.made)
        if self._bill.root.kind != "model":
            return
        made.ai_typeOfModel = [name for name in (facts.family, facts.architecture) if name]
        made.ai_domain = [facts.task] if facts.task else []
        for kind, value, _part in facts.metrics:
            made.ai_metric.append(model.DictionaryEntry(key=kind, value=value))

    def _agent(self, name: str) -> Any:
        if name not in self._agents:
            self._agents[name] = self._new("Organization", f"agent/publisher-{_plain(name)}", name=name)
        return self._agents[name]

    def _file(self, file: BillFile) -> Any:
        made = self._new("software_File", f"file/{_plain(file.path)}", name=file.path)
        made.software_primaryPurpose = self._model.software_SoftwarePurpose.model
        if file.sha256:
            made.verifiedUsing = [self._model.Hash(algorithm=self._model.HashAlgorithm.sha256, hashValue=file.sha256)]
        return made

    def _step(self, child: Any, parent: Any, relation: str, evidence: str) -> None:
        comment = f"{relation}, {evidence}"
        if relation in DESCENT:
            self._relate(child, "descendantOf", [parent], comment)
        elif relation == _TRAINED:
            self._relate(child, "trainedOn", [parent], comment)
        elif relation == _GENERATED:
            self._relate(parent, "generates", [child], comment)
        elif relation == _CONTAINS:
            self._relate(child, "contains", [parent], comment)
        else:
            self._relate(child, "other", [parent], comment)

    def _relate(self, start: Any, word: str, ends: Iterable[Any], comment: str = "") -> None:
        self._count += 1
        kind = getattr(self._model.RelationshipType, word)
        made = self._new("Relationship", f"relationship/{self._count}", relationshipType=kind, comment=comment)
        made.from_ = start
        made.to = list(ends)

    def _licence(self, expression: str, ways: tuple[tuple[Licence, ...], ...]) -> Any:
        """An element for an expression, once; what is not known is SPDX's own word for that."""
        if expression == NOASSERTION:
            return self._model.expandedlicensing_IndividualLicensingInfo.NoAssertionLicense
        if expression not in self._licences:
            made = self._new(
                "simplelicensing_LicenseExpression", f"licence/{len(self._licences)}",
                simplelicensing_licenseExpression=expression,
            )  # fmt: skip
            own = {one.expression: one for way in ways for one in way if not one.spdx and one.expression in expression}
            for name in sorted(own):
                entry = self._model.DictionaryEntry(key=name, value=f"urn:{ROOM}:licence:{own[name].key}")
                made.simplelicensing_customIdToUri.append(entry)
            if own:
                made.comment = "; ".join(sorted(own[name].title for name in own))
            self._licences[expression] = made
        return self._licences[expression]

    def _list(self, root: Any, elements: list[Any]) -> None:
        profiles = self._model.ProfileIdentifierType
        names = ("core", "software", "ai", "dataset", "simpleLicensing", "expandedLicensing")
        bom = self._new("software_Sbom", "bom", rootElement=[root], element=elements, name=f"Bill of {root.name}")
        document = self._new("SpdxDocument", "document", rootElement=[bom], element=[*elements, bom])
        document.name = f"AI bill of materials of {root.name}"
        document.profileConformance = [getattr(profiles, name) for name in names]

    def _serialised(self) -> dict[str, Any]:
        buffer = io.BytesIO()
        self._model.JSONLDSerializer().write(self._objects, buffer)
        found: dict[str, Any] = json.loads(buffer.getvalue())
        return found


def _plain(name: str) -> str:
    """Part of an address: what is no letter, digit, point or hyphen becomes its number."""
    return "".join(one if one.isascii() and (one.isalnum() or one in ".-") else f"_{ord(one):x}_" for one in name)
