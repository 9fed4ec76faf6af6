"""
Chat templates: whether one reaches out of the sandbox. Pure.

A template is a Jinja program that servers run with the messages of a conversation. The ways out of Jinja's sandbox that are
known go by names with two underscores, by attributes of frames and generators, or by a filter that makes an attribute of a
text. The template is read as a tree by Jinja itself, and never rendered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from jinja2 import Environment, TemplateSyntaxError, nodes

from commonweight.vetting.scans.values import SUSPICIOUS, UNSAFE, Scan, ScanFinding

MAX_TEMPLATE: Final = 1 << 18  # characters; the longest known have some ten thousand
MAX_DEPTH: Final = 200  # of blocks and brackets: beyond that nothing of ours reads it
ESCAPES: Final = "In line %(line)s the template reaches for %(name)s, a way out of the sandbox in which templates run."
BUILDS: Final = "In line %(line)s the template makes the name of an attribute out of a value."
NO_TEMPLATE: Final = "The template cannot be read: line %(line)s."
TEMPLATE_TOO_LONG: Final = "The template is longer, or more deeply nested, than what is looked through."
NO_JSON: Final = "It is no JSON, so that its templates were not looked at."
REASONS: Final = (ESCAPES, BUILDS, NO_TEMPLATE, TEMPLATE_TOO_LONG, NO_JSON)

_DUNDER: Final = re.compile(r"__[A-Za-z0-9_]+__")
_WAYS: Final = frozenset({
    "func_globals", "func_code", "func_closure", "gi_frame", "gi_code", "cr_frame", "cr_code", "ag_frame", "ag_code",
    "f_globals", "f_locals", "f_builtins", "f_back", "tb_frame", "im_func", "im_self", "mro", "_module", "environment",
})  # fmt: skip
#: Objects of Jinja's own, whose attributes lead to Python.
_OBJECTS: Final = frozenset({"self", "cycler", "joiner", "lipsum", "get_flashed_messages", "url_for"})
_BY_TEXT: Final = frozenset({"attr", "map", "groupby", "selectattr", "rejectattr", "sort", "unique", "sum", "max", "min"})
_GENERATION: Final = re.compile(r"\{%-?\s*(end)?generation\s*-?%\}")  # a tag that transformers adds


def scan_template(text: str) -> Scan:
    return Scan.of(template_findings(text, ""))


def scan_tokenizer(content: bytes) -> Scan:
    """The templates of a tokenizer_config.json: one text, or a list of {name, template}."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return Scan.of([ScanFinding(SUSPICIOUS, NO_JSON)])
    said = document.get("chat_template") if isinstance(document, dict) else None
    texts = said if isinstance(said, list) else [said]
    named = [one.get("template") if isinstance(one, dict) else one for one in texts[:100]]
    return Scan.of([found for text in named if isinstance(text, str) for found in template_findings(text, "chat_template")])


def template_findings(text: str, part: str) -> list[ScanFinding]:
    if len(text) > MAX_TEMPLATE or _depth(text) > MAX_DEPTH:
        return [ScanFinding(SUSPICIOUS, TEMPLATE_TOO_LONG, {}, part), *_as_text(text, part)]
    try:
        tree = _parser().parse(_GENERATION.sub("", text))
        found = [one for node in _nodes(tree) for one in _of_node(node, part)]
    except TemplateSyntaxError as error:
        return [ScanFinding(SUSPICIOUS, NO_TEMPLATE, {"line": error.lineno}, part), *_as_text(text, part)]
    except (RecursionError, ValueError, OverflowError):
        return [ScanFinding(SUSPICIOUS, TEMPLATE_TOO_LONG, {}, part), *_as_text(text, part)]
    return list({(one.reason, str(one.values)): one for one in found}.values())


def _parser() -> Environment:
    return Environment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"])  # noqa: S701 — nothing is rendered


def _depth(text: str) -> int:
    """How many brackets and blocks are open at once, at most."""
    most = depth = 0
    for found in re.finditer(r"[(\[{)\]}]|%-?\s*(if|for|macro|call|filter|set|end\w+)\b", text):
        closes = found[0] in ")]}" or (found[1] or "").startswith("end")
        depth = max(0, depth - 1) if closes else depth + 1
        most = max(most, depth)
    return most


def _as_text(text: str, part: str) -> list[ScanFinding]:
    """What cannot be read as a tree is looked at as text."""
    found = _DUNDER.search(text)
    line = text.count("\n", 0, found.start()) + 1 if found else 0
    return [ScanFinding(UNSAFE, ESCAPES, {"line": line, "name": found[0][:100]}, part)] if found else []


def _nodes(tree: nodes.Node) -> Iterator[nodes.Node]:
    """All nodes of a tree, without recursion."""
    left = [tree]
    while left:
        node = left.pop()
        yield node
        left += node.iter_child_nodes()


def _of_node(node: nodes.Node, part: str) -> Iterator[ScanFinding]:
    line = node.lineno
    for name in _names(node):
        if _is_way_out(name):
            yield ScanFinding(UNSAFE, ESCAPES, {"line": line, "name": name[:100]}, part)
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name in _OBJECTS:
        yield ScanFinding(UNSAFE, ESCAPES, {"line": line, "name": f"{node.node.name}.{node.attr}"[:100]}, part)
    if isinstance(node, nodes.Filter) and node.name == "attr" and not all(isinstance(one, nodes.Const) for one in node.args):
        yield ScanFinding(SUSPICIOUS, BUILDS, {"line": line}, part)
    if isinstance(node, nodes.Getitem) and _is_put_together(node.arg):
        yield ScanFinding(SUSPICIOUS, BUILDS, {"line": line}, part)
    if isinstance(node, nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends):
        yield ScanFinding(UNSAFE, ESCAPES, {"line": line, "name": type(node).__name__.lower()}, part)


def _is_put_together(node: nodes.Node) -> bool:
    """Out of texts with an underscore, as no key of a message needs it."""
    parts = _nodes(node) if isinstance(node, nodes.Concat | nodes.Add | nodes.Mod) else ()
    return any(isinstance(one, nodes.Const) and "_" in str(one.value) for one in parts)


def _names(node: nodes.Node) -> list[str]:
    """Of attributes, of items, of what a filter makes an attribute of."""
    if isinstance(node, nodes.Getattr):
        return [node.attr]
    if isinstance(node, nodes.Name):
        return [node.name] if _DUNDER.fullmatch(node.name) else []
    if isinstance(node, nodes.Getitem):
        return _constants(node.arg)
    if isinstance(node, nodes.Filter) and node.name in _BY_TEXT:
        parts = [*node.args, *(pair.value for pair in node.kwargs)]
        return [name for one in parts for name in _constants(one)]
    return []


def _constants(node: nodes.Node | None) -> list[str]:
    value: Any = node.value if isinstance(node, nodes.Const) else None
    return value.split(".") if isinstance(value, str) else []


def _is_way_out(name: str) -> bool:
    return name in _WAYS or _DUNDER.search(name) is not None
