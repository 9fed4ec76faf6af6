"""
The shape of a catalogue file: typed reading, with errors that name the file, the entry, what came and what was expected.

A catalogue is a mapping `{version, name, models: [...]}`; an entry becomes a `KnownModel`. docs/choosing.md describes it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final

import yaml

from commonweight.errors import InvalidInput
from commonweight.rights import ACCESSES, ARTEFACTS, CLAIMS, COMPONENTS, EDGE_EVIDENCE, RELATIONS

MAX_FILE_BYTES: Final = 2 << 20  # sixty entries are 40 KB; more than some thousand entries belong into a database
MAX_TEXT: Final = 1_000  # characters of one field; the longest note has about 200

MAX_FLOP: Final = 1e35  # far beyond any training there has been; larger is a slip of the pen

KINDS: Final = ("model", "dataset")
MODALITIES: Final = ("text", "image", "audio", "video", "3d", "other")
COMMERCIAL: Final = ("free", "free_below_threshold", "register", "paid_or_permission", "forbidden", "unclear")
EVIDENCE: Final = ("text", "registry", "secondary", "unverified")
#: What stands where no licence is to be named, so that no record of one exists.
NO_RECORD: Final[dict[str, str]] = {"various": "Many sources, each under terms of its own."}

_FIELDS: Final = frozenset({
    "id", "kind", "name", "names", "repositories", "publisher", "released", "parameters", "architecture", "modality", "tags",
    "licence", "hf_tag", "artefact_licences", "alternative_licences", "lineage", "data", "components", "access",
    "training_flop", "alternative_of",
    "commercial", "threshold", "territory", "must", "forbidden", "notes", "openness_hint", "osi_review", "evidence",
    "sources",
})  # fmt: skip
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ID = re.compile(r"[\w.-]+/[\w.-]+")
_RELEASED = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class CatalogueError(InvalidInput):
    """A catalogue file contradicts its shape."""

    code = "invalid_catalogue"

    def __init__(self, where: str, came: object, expected: str) -> None:
        super().__init__(f"{where}: got {came!r:.120}; expected {expected}.", hint="Correct the file and start again.")


@dataclass(frozen=True)
class KnownEdge:
    """A step towards a parent: how the entry was made from it, and how that is known."""

    parent: str
    relation: str
    evidence: str
    part: bool = False
    source: str = ""


@dataclass(frozen=True)
class KnownModel:
    """
    A model or data set that is known and not kept here. Everything is a claim by its maker or others; `evidence` says how
    the licence terms were learned. `document` is the entry as it stands in the catalogue.
    """

    id: str
    kind: str
    name: str
    publisher: str
    licence: str
    evidence: str
    released: str = ""
    names: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    modality: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    artefact_licences: Mapping[str, str] = field(default_factory=dict)
    lineage: tuple[KnownEdge, ...] = ()
    components: Mapping[str, str] = field(default_factory=dict)
    access: str = "unknown"
    commercial: str = "unclear"
    threshold: str = ""
    territory: str = ""
    must: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    osi_review: str = ""
    data: str = ""
    alternative_licences: tuple[str, ...] = ()
    alternative_of: str = ""
    training_flop: float | None = None
    document: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Catalogue:
    """One file. `version` grows with its content, so that an older program does not undo a newer one."""

    name: str
    version: int
    models: tuple[KnownModel, ...]


def packaged_catalogues() -> tuple[Catalogue, ...]:
    """The catalogues that come with this program. Raises CatalogueError."""
    folder = resources.files("commonweight.hub.catalogue")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda entry: entry.name)
    return tuple(read_catalogue(entry.read_text(encoding="utf-8"), entry.name) for entry in files)


def read_catalogue(text: str, name: str) -> Catalogue:
    """A catalogue from its YAML text; `name` is the file, for errors. Raises CatalogueError."""
    document = _parse(text, name)
    if not isinstance(document, dict) or set(document) != {"version", "name", "models"}:
        raise CatalogueError(name, document if not isinstance(document, dict) else sorted(document), "version, name, models")
    if not isinstance(document["version"], int) or document["version"] < 1:
        raise CatalogueError(f"{name}: version", document["version"], "a whole number from 1")
    if not isinstance(document["models"], list):
        raise CatalogueError(f"{name}: models", document["models"], "a list")
    models = tuple(read_known(entry, f"{name}: models[{n}]") for n, entry in enumerate(document["models"]))
    ids = [model.id.lower() for model in models]
    for model in models:
        if ids.count(model.id.lower()) > 1:
            raise CatalogueError(name, model.id, "each id once (capitals do not count)")
    return Catalogue(_text(document["name"], f"{name}: name"), document["version"], models)


def _parse(text: str, name: str) -> Any:
    if len(text.encode()) > MAX_FILE_BYTES:
        raise CatalogueError(name, f"{len(text.encode()):,} bytes", f"at most {MAX_FILE_BYTES:,}")
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - the safe loader, in C where there is one
    except yaml.YAMLError as error:
        raise CatalogueError(name, " ".join(str(error).split()), "YAML") from None


def read_known(entry: Any, where: str) -> KnownModel:
    """One entry. Raises CatalogueError."""
    if not isinstance(entry, dict):
        raise CatalogueError(where, entry, "a mapping")
    where = f"{where} ({entry.get('id')})"
    unknown = sorted(set(map(str, entry)) - _FIELDS)
    if unknown:
        raise CatalogueError(where, unknown[0], f"only the fields {', '.join(sorted(_FIELDS))}")
    return KnownModel(
        id=_matching(_ID, entry.get("id"), f"{where}.id", "publisher/name"),
        kind=_word(entry.get("kind", "model"), KINDS, f"{where}.kind"),
        name=_text(entry.get("name"), f"{where}.name"),
        publisher=_text(entry.get("publisher"), f"{where}.publisher"),
        licence=_text(entry.get("licence"), f"{where}.licence"),
        evidence=_word(entry.get("evidence"), EVIDENCE, f"{where}.evidence"),
        released=_matching(_RELEASED, entry.get("released", ""), f"{where}.released", "2024, 2024-07 or 2024-07-23"),
        modality=_words(entry, "modality", MODALITIES, where),
        artefact_licences=_mapping(entry, "artefact_licences", ARTEFACTS, None, where),
        components=_mapping(entry, "components", COMPONENTS, CLAIMS, where),
        lineage=_lineage(entry, where),
        access=_word(entry.get("access", "unknown"), ACCESSES, f"{where}.access"),
        commercial=_word(entry.get("commercial", "unclear"), COMMERCIAL, f"{where}.commercial"),
        threshold=_optional(entry, "threshold", where),
        territory=_optional(entry, "territory", where),
        osi_review=_optional(entry, "osi_review", where),
        data=_optional(entry, "data", where),
        names=_texts(entry, "names", where),
        repositories=_texts(entry, "repositories", where),
        parameters=_texts(entry, "parameters", where),
        tags=_texts(entry, "tags", where),
        alternative_licences=_texts(entry, "alternative_licences", where),
        training_flop=_flop(entry, where),
        alternative_of=_optional(entry, "alternative_of", where),
        must=_texts(entry, "must", where),
        forbidden=_texts(entry, "forbidden", where),
        notes=_texts(entry, "notes", where),
        sources=_texts(entry, "sources", where),
        document=entry,
    )


def _optional(entry: Mapping[str, Any], name: str, where: str) -> str:
    return _text(entry[name], f"{where}.{name}") if name in entry else ""


def _flop(entry: Mapping[str, Any], where: str) -> float | None:
    """A number of operations. Written as text, since databases keep large numbers of JSON in ways of their own."""
    value = entry.get("training_flop")
    if value is None:
        return None
    try:
        found = float(value) if isinstance(value, str) else 0.0
    except ValueError:
        found = 0.0
    if not 0 < found <= MAX_FLOP:
        raise CatalogueError(
            f"{where}.training_flop", value, f"a number of operations up to {MAX_FLOP:g}, as text: '3.8e25'"
        )
    return found


def _lineage(entry: Mapping[str, Any], where: str) -> tuple[KnownEdge, ...]:
    rows = _list(entry, "lineage", where)
    return tuple(_edge(row, f"{where}.lineage[{n}]") for n, row in enumerate(rows))


def _edge(row: Any, where: str) -> KnownEdge:
    if not isinstance(row, dict) or not {"parent", "relation", "evidence"} <= set(row):
        raise CatalogueError(where, row, "a mapping with parent, relation and evidence")
    if not isinstance(row.get("part", False), bool):
        raise CatalogueError(f"{where}.part", row["part"], "true or false")
    return KnownEdge(
        parent=_matching(_ID, row["parent"], f"{where}.parent", "publisher/name"),
        relation=_word(row["relation"], RELATIONS, f"{where}.relation"),
        evidence=_word(row["evidence"], EDGE_EVIDENCE, f"{where}.evidence"),
        part=row.get("part", False),
        source=_text(row["source"], f"{where}.source") if "source" in row else "",
    )


def _list(entry: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = entry.get(name, [])
    if not isinstance(value, list):
        raise CatalogueError(f"{where}.{name}", value, "a list")
    return value


def _texts(entry: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    return tuple(_text(item, f"{where}.{name}[{n}]") for n, item in enumerate(_list(entry, name, where)))


def _words(entry: Mapping[str, Any], name: str, known: Collection[str], where: str) -> tuple[str, ...]:
    return tuple(_word(item, known, f"{where}.{name}[{n}]") for n, item in enumerate(_list(entry, name, where)))


def _mapping(
    entry: Mapping[str, Any], name: str, keys: Collection[str], values: Collection[str] | None, where: str
) -> dict[str, str]:
    value = entry.get(name, {})
    if not isinstance(value, dict):
        raise CatalogueError(f"{where}.{name}", value, "a mapping")
    checked = {}
    for key, item in value.items():
        place = f"{where}.{name}.{key}"
        checked[_word(key, keys, place)] = _text(item, place) if values is None else _word(item, values, place)
    return checked


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise CatalogueError(where, value, "text (quote what YAML would read as a number or a date)")
    if len(value) > MAX_TEXT:
        raise CatalogueError(where, f"{len(value)} characters", f"at most {MAX_TEXT}")
    return value


def _matching(pattern: re.Pattern[str], value: Any, where: str, expected: str) -> str:
    if value == "" and pattern is _RELEASED:
        return ""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise CatalogueError(where, value, f"{expected}, as text")
    return value


def _word(value: Any, known: Collection[str], where: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise CatalogueError(where, value, f"one of {', '.join(known)}")
    return value
