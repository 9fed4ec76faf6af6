"""What was found in examples, grouped, with what to do about each kind; and the first of them as the model sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from commonweight.files import Finding
from commonweight.tuning import Level
from commonweight.tuning.data import Group, Repaired, canonical
from commonweight.tuning.data.splitting import LEAST, MOST, MOST_SHARE, SHARE
from commonweight.web.contexts import ChangedLines, CheckView, ExampleView, FindingGroup, RepairView, TurnView
from commonweight.web.presenting.finding_titles import FINDING_TITLES
from commonweight.web.presenting.tuning_words import LEVEL_WORDS
from commonweight.web.presenting.words import _

LINES_NAMED: Final = 12  # of a group; the API names more
MAX_TURN: Final = 2_000  # characters of a turn that are shown

#: What to do, where the finding itself does not say it.
REMEDIES: Final[Mapping[str, str]] = {
    "byte_order_mark": _("Save the file as plain UTF-8; a repaired copy is without it."),
    "invalid_json_line": _("Each line has to be a JSON object of its own."),
    "blank_line": _("Take blank lines out."),
    "mixed_forms": _("Make a file of each form."),
    "too_few_lines": _("Add examples: ten at least, some hundreds are better."),
    "few_lines": _("Add examples if you can: with so few, little can be held out to compare by."),
    "duplicate": _("They do no harm, and teach nothing new; together they are learnt from or held out."),
    "contradiction": _("The same question with two answers: the model learns to say either."),
    "one_sided_answers": _("Add examples with other answers."),
    "constant_answers": _("Add examples with other answers."),
    "long_line": _("What is too long for the model is left out of the training."),
}
FORM_NAMES: Final[Mapping[str, str]] = {
    "chat": _("conversations"),
    "preference": _("preferred and rejected answers"),
    "completion": _("texts and how they go on"),
}
KIND_NAMES: Final[Mapping[str, str]] = {
    "json": _("JSON"),
    "label": _("short labels"),
    "text": _("free text"),
    "tools": _("calls of tools"),
}


def finding_groups(errors: Iterable[Group], warnings: Iterable[Group]) -> tuple[FindingGroup, ...]:
    """Errors first."""
    return (*(_group(one, Level.ERROR) for one in errors), *(_group(one, Level.WARN) for one in warnings))


def _group(group: Group, level: Level) -> FindingGroup:
    first = group.first[0] if group.first else None
    return FindingGroup(
        level=LEVEL_WORDS[level],
        title=_title(group.code),
        remedy=REMEDIES.get(group.code, ""),
        lines=_named(group.lines, group.count),
        count=group.count,
        first=first.sentence() if first else "",
    )


def kept_groups(facts: Mapping[str, Any]) -> tuple[FindingGroup, ...]:
    """The warnings that are kept with a file which was accepted."""
    by_code: dict[str, list[Mapping[str, Any]]] = {}
    for one in facts.get("warnings") or ():
        by_code.setdefault(str(one.get("code")), []).append(one)
    counts = facts.get("warning_counts") or {}
    return tuple(_kept_group(code, some, int(counts.get(code, len(some)))) for code, some in by_code.items())


def _kept_group(code: str, some: Sequence[Mapping[str, Any]], count: int) -> FindingGroup:
    named = _named(list(dict.fromkeys(one["line"] for one in some if one.get("line"))), count)
    first = Finding(some[0].get("line"), code, str(some[0].get("message") or "")).sentence()
    return FindingGroup(LEVEL_WORDS[Level.WARN], _title(code), REMEDIES.get(code, ""), named, count, first)


def _title(code: str) -> str:
    return FINDING_TITLES.get(code, code.replace("_", " "))


def _named(lines: Sequence[int], count: int) -> str:
    """`3, 8, 12 …`; empty where it is the whole file."""
    shown = lines[:LINES_NAMED]
    return ", ".join(f"{line:,}" for line in shown) + (" …" if shown and count > len(shown) else "")


def repair_view(repaired: Repaired) -> RepairView | None:
    """None where the copy would be no better."""
    if not repaired.found.accepted:
        return None
    changes = (
        ChangedLines(_title(one.code), _named(one.lines, one.count), one.count, one.first[0].sentence() if one.first else "")
        for one in repaired.changes
    )
    return RepairView(tuple(changes), repaired.written)


def check_view(
    source: str,
    facts: Mapping[str, Any],
    groups: tuple[FindingGroup, ...],
    examples: tuple[ExampleView, ...],
    *,
    is_fit: bool,
    held_out: int | None = None,
) -> CheckView:
    """`held_out` examples come from a file of their own; None: some of these are held out."""
    count = int(facts.get("examples") or facts.get("lines") or 0)
    kept = held_out_of(count) if held_out is None else held_out
    return CheckView(
        source=source,
        facts=_facts(facts),
        groups=groups,
        is_fit=is_fit,
        repair=None,
        examples=examples,
        train=(count - kept if held_out is None else count) if is_fit else 0,
        held_out=kept if is_fit else 0,
    )


def _facts(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    targets = facts.get("targets") or {}
    kind = str(targets.get("looks_like") or "")
    found = (
        (_("Lines"), f"{facts['lines']:,}" if facts.get("lines") else ""),
        (_("They are"), FORM_NAMES.get(str(facts.get("form")), "")),
        (_("Answers"), KIND_NAMES.get(kind, kind) if facts.get("lines") else ""),
        (_("Duplicates"), f"{facts['duplicates']:,}" if facts.get("duplicates") else ""),
        (_("Characters"), f"{facts['characters']:,}" if facts.get("characters") else ""),
        (_("of them learnt"), f"{facts['learnt_characters']:,}" if facts.get("learnt_characters") else ""),
    )
    return tuple((name, value) for name, value in found if value)


def held_out_of(examples: int) -> int:
    """About how many of so many examples are held out, as the split does it: whole questions, so it may be fewer."""
    return min(max(round(examples * SHARE), LEAST), MOST, max(int(examples * MOST_SHARE), 1)) if examples > 1 else 0


def example_view(line: int, document: Mapping[str, Any]) -> ExampleView:
    """A line that was found right. Raises NotAnExample."""
    one = canonical(document)
    if "prompt" in one:
        turns = [
            TurnView(_("prompt"), _short(one["prompt"]), False),
            TurnView(_("completion"), _short(one["completion"]), True),
        ]
    elif "input" in one:
        turns = [_turn(message, learnt=False) for message in one["input"]["messages"]]
        turns += [TurnView(_("preferred"), _said(message), True) for message in one["preferred"]]
        turns += [TurnView(_("rejected"), _said(message), False) for message in one["rejected"]]
    else:
        turns = [_turn(message, learnt=message["role"] == "assistant") for message in one["messages"]]
    return ExampleView(line, tuple(turns))


_ROLES: Final = {"system": _("system"), "user": _("user"), "assistant": _("assistant"), "tool": _("tool")}


def _turn(message: Mapping[str, Any], *, learnt: bool) -> TurnView:
    return TurnView(_ROLES.get(message["role"], message["role"]), _said(message), learnt and message.get("weight", 1) != 0)


def _said(message: Mapping[str, Any]) -> str:
    """The words, and the tools that are called."""
    calls = [f"{call['function']['name']}({call['function']['arguments']})" for call in message.get("tool_calls") or ()]
    return _short("\n".join([text for text in (message.get("content") or "", *calls) if text]))


def _short(text: str) -> str:
    return text if len(text) <= MAX_TURN else f"{text[:MAX_TURN]} …"
