"""What is wrong with a card, in the words of the public hub's `validate-yaml` (contract, section 10.1)."""

from __future__ import annotations

from typing import Any

from commonweight.hub import Card

NO_METADATA = "empty or missing yaml metadata in repo card"

#: The licence tags of the public hub; its clients' tests expect others to be refused.
_LICENCES = """
    apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m
    afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5
    cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0
    cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0
    cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0
    lgpl lgpl-2.1 lgpl-3.0 isc h-research intel-research lppl-1.3c ms-pl apple-ascl apple-amlr mpl-2.0 odc-by odbl
    openmdw-1.0 openmdw-1.1 openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr
    deepfloyd-if-license fair-noncommercial-research-license llama2 llama3 llama3.1 llama3.2 llama3.3 llama4
    grok2-community gemma unknown other
"""
LICENCES = frozenset(_LICENCES.split())

_TEXT_OR_LIST = ("license", "language", "tags", "datasets", "base_model", "metrics")
_TEXT = ("pipeline_tag", "library_name", "license_name", "license_link", "base_model_relation")


def check_card(card: Card) -> tuple[list[str], list[str]]:
    """Errors and warnings, a sentence each."""
    if card.error:
        return [card.error], []
    if not card.has_block or not card.data:
        return [], [NO_METADATA]
    errors = [
        f'"{key}" must be a string or an array of strings' for key in _TEXT_OR_LIST if not _is_words(card.data.get(key))
    ]
    errors += [f'"{key}" must be a string' for key in _TEXT if not isinstance(card.data.get(key, ""), str | None)]
    errors += _licence_errors(card.data.get("license"))
    errors += _index_errors(card.data.get("model-index"))
    return errors, []


def _is_words(value: Any) -> bool:
    return (
        value is None or isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
    )


def _licence_errors(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    wrong = [one for one in values if isinstance(one, str) and one.lower() not in LICENCES]
    return [f'"license" must be one of [{", ".join(sorted(LICENCES))}]; {wrong[0]!r} came'] if wrong else []


def _index_errors(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        return ['"model-index" must be an array']
    named = all(isinstance(one, dict) and isinstance(one.get("name"), str) and one["name"] for one in value)
    return [] if named else ['"model-index" entries must have a "name"']
