"""
Which files of a revision hold licences, and what lies in the folders that have one of their own. By names alone: pure.

Words for what a file is are those of a question's artefacts (docs/rights-io.md): weights, tokenizer, inference_code,
training_code, data, docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from commonweight.hub.values import Entry, LicenceFile, RevisionFacts

MAX_LICENCE_FILES: Final = 32  # more than that are vendored code, not the licence of the model
MAX_LICENCE_TEXTS: Final = 16  # of those that are read; nearest to the root of the repository first
LICENCES_FOLDER: Final = "LICENSES"  # the REUSE specification's name for it

WEIGHTS: Final = "weights"
TOKENIZER: Final = "tokenizer"
INFERENCE_CODE: Final = "inference_code"
TRAINING_CODE: Final = "training_code"
DATA: Final = "data"
DOCS: Final = "docs"
_SETTINGS: Final = "settings"  # goes with what lies beside it; alone in a folder it is a part of the model

_IS_LICENCE: Final = re.compile(r"(licen[cs]e|copying)", re.IGNORECASE)
_LEGAL: Final = re.compile(r"(licen[cs]e|copying|notice|use[_-]policy|acceptable[_-]use)([._-].*)?\Z", re.IGNORECASE)
_IN_LICENCES: Final = re.compile(
    r"(.*/)?LICENSES/[^/]+\.txt\Z"
)  # as the REUSE specification has it; others there are no texts
_SAYS_NOTHING: Final = re.compile(r"(readme|\.git|terms|\.ds_store)", re.IGNORECASE)
_TOKENIZER: Final = re.compile(
    r"(tokenizer.*|vocab\.(json|txt|bpe)|merges\.txt|spiece\.model|sentencepiece.*|special_tokens_map\.json|"
    r"added_tokens\.json|.*\.tiktoken)\Z",
    re.IGNORECASE,
)
_CODE: Final = re.compile(
    r".*\.(py|pyi|ipynb|sh|c|h|cc|cpp|hpp|cu|cuh|js|mjs|ts|rs|go|java|kt|swift|jl|lua|proto|cmake)\Z|"
    r"(dockerfile|makefile|requirements.*\.txt|setup\.cfg|pyproject\.toml|cmakelists\.txt)\Z",
    re.IGNORECASE,
)
_TABLES: Final = re.compile(r".*\.(csv|tsv|parquet|jsonl|ndjson|arrow)(\.gz|\.zst)?\Z", re.IGNORECASE)
_DOCS: Final = re.compile(r".*\.(md|rst|pdf|html?|docx)\Z", re.IGNORECASE)
_SHOWN: Final = re.compile(r".*\.(txt|png|jpe?g|gif|svg|webp)\Z", re.IGNORECASE)
_SET: Final = re.compile(r".*\.(json|ya?ml|toml|cfg|ini)\Z", re.IGNORECASE)


def is_licence(path: str) -> bool:
    """By its name; a text in a folder LICENSES is one whatever its name."""
    folder, _, name = path.rpartition("/")
    return bool(_IS_LICENCE.match(name)) or is_licences_folder(folder)


def is_licences_folder(folder: str) -> bool:
    return folder.rpartition("/")[2] == LICENCES_FOLDER


def folder_of(path: str) -> str:
    """The folder whose files a licence text speaks of, "" for all. One in `vae/LICENSES` speaks of those in `vae`."""
    folder = path.rpartition("/")[0]
    return folder.rpartition("/")[0] if is_licences_folder(folder) else folder


def licence_texts_of(facts: RevisionFacts) -> list[LicenceFile]:
    """What holds a licence, not a notice or a policy, bounded; at last the one that the card carries."""
    files = [file for file in facts.licence_files if is_licence(file.path)][:MAX_LICENCE_TEXTS]
    return [*files, facts.licence_section] if facts.licence_section else files


def licence_files(entries: Sequence[Entry], kind: str) -> tuple[tuple[LicenceFile, ...], tuple[str, ...]]:
    """
    Licences, notices and policies nearest to the root, each with what lies in its folder; and what lies in none that has a
    licence text of its own. `kind` is that of the repository: in a data set, whatever is not code is data.
    """
    found = [one for one in entries if _LEGAL.match(one.path.rpartition("/")[2]) or _IN_LICENCES.match(one.path)]
    nearest = sorted(found, key=lambda one: (one.path.count("/"), one.path))[:MAX_LICENCE_FILES]
    texts = [one.path for one in nearest if is_licence(one.path)][:MAX_LICENCE_TEXTS]
    legal = {one.path for one in found}
    holds, elsewhere = _sorted_by_folder(
        (one.path for one in entries if one.path not in legal), set(map(folder_of, texts)), kind
    )
    files = [LicenceFile(one.path, one.oid, one.size, holds.get(folder_of(one.path), ())) for one in nearest]
    return tuple(files), elsewhere


def _sorted_by_folder(
    paths: Iterable[str], folders: set[str], kind: str
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    found: dict[str, set[str]] = {folder: set() for folder in folders if folder}
    elsewhere: set[str] = set()
    for path in paths:
        role = role_of(path.rpartition("/")[2], kind)
        if not role:
            continue
        places = [found[above] for above in _above(path) if above in found] if found else []
        for place in places or [elsewhere]:
            place.add(role)
    return {folder: _told(roles) for folder, roles in found.items()}, _told(elsewhere)


def _above(path: str) -> Iterable[str]:
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _told(roles: set[str]) -> tuple[str, ...]:
    """Settings are those of what lies beside them."""
    if roles == {_SETTINGS} or roles == {_SETTINGS, DOCS}:
        roles = {WEIGHTS, *roles}
    return tuple(sorted(roles - {_SETTINGS}))


def role_of(name: str, kind: str) -> str:
    """
    What a file is, by its name; "" for one that says nothing. What is not known is a part of the model, or of the data: the
    stricter way to take it.
    """
    if _SAYS_NOTHING.match(name):
        return ""
    if _CODE.match(name):
        return TRAINING_CODE if "train" in name.lower() else INFERENCE_CODE
    if _DOCS.match(name):
        return DOCS
    if kind == "dataset":
        return DATA
    if _TOKENIZER.match(name):
        return TOKENIZER
    if _TABLES.match(name):
        return DATA
    return DOCS if _SHOWN.match(name) else _SETTINGS if _SET.match(name) else WEIGHTS
