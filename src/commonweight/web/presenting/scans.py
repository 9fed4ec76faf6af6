"""From what was found in files to what their pages show of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from commonweight.vetting.scans import Scan, ScanFinding
from commonweight.web.contexts import FoundView, ScanView, Word
from commonweight.web.presenting.words import _

VERDICTS: Final[Mapping[str, Word]] = {
    word.key: word
    for word in (
        Word("unsafe", _("unsafe"), "stop", "stop", _("It runs code when it is loaded, or tries to.")),
        Word(
            "suspicious", _("suspicious"), "ask", "flag",
            _("It holds something that weights do not need, or could not be looked through to its end."),
        ),
        Word("queued", _("waits to be scanned"), "accent", "clock", _("A job looks through it; what it finds shows here.")),
        Word("unscanned", _("not scanned"), "unknown", "question", _("Nobody has looked through it yet, or nobody can.")),
        Word("safe", _("scanned"), "good", "check", _("Looked through to its end; nothing was found that runs code.")),
    )
}  # fmt: skip
SAFETIES: Final[Mapping[str, Word]] = {
    word.key: word
    for word in (
        Word("dangerous", _("dangerous"), "stop", "stop", _("It can run code or reach beyond the file.")),
        Word("suspicious", _("on no list"), "ask", "flag", _("Weights do not need it; what it does is not known here.")),
        Word("innocuous", _("harmless"), "plain", "check", _("It makes tensors and plain values, and nothing else.")),
    )
}
#: Every sentence that a finding may be, for the catalogue; `vetting.scans.REASONS` are the same.
REASONS: Final = frozenset({
    _("A layer names the Python module %(module)s, which is imported when the model is loaded."),
    _("A layer of the kind Lambda holds Python code, which runs when the model is loaded."),
    _("As a pickle it cannot be read beyond byte %(offset)s."),
    _("At byte %(offset)s it asks for something whose name is put together only while it is loaded."),
    _("Between byte %(start)s and byte %(end)s of its data lies something that is no tensor."),
    _("In line %(line)s the template makes the name of an attribute out of a value."),
    _("In line %(line)s the template reaches for %(name)s, a way out of the sandbox in which templates run."),
    _("It asks for %(module)s.%(name)s at byte %(offset)s, which can run code or reach beyond the file."),
    _("It asks for %(module)s.%(name)s at byte %(offset)s, which weights do not need."),
    _("It cannot be looked through: its bytes cannot be read, or there is no room to lay it out."),
    _("It is larger than what is looked through."),
    _("It is longer than what is looked through; what stands behind byte %(offset)s was not looked at."),
    _("It is no %(kind)s file, whatever its name says."),
    _("It is no JSON, so that its templates were not looked at."),
    _("It is packed as %(kind)s, which is not opened here: nobody has looked inside."),
    _("Its header cannot be read."),
    _("Its header is broken, announces more than any model has, or leads beyond the end of the file."),
    _("Its header is longer than what is looked through."),
    _("Its header names %(tensor)s twice."),
    _("Its list of parts cannot be read, or is longer than what is looked through."),
    _("Looking through it took too much time or memory, and was given up."),
    _("The template cannot be read: line %(line)s."),
    _("The template is longer, or more deeply nested, than what is looked through."),
    _("The tensor %(tensor)s has %(bytes)s bytes; its type and shape make %(expected)s."),
    _("The tensor %(tensor)s has a type or a shape that there is not."),
    _("The tensor %(tensor)s lies in the bytes of another, or in none."),
    _("This part of the archive cannot be read."),
    _("Unpacked it is longer than what is looked through."),
})  # fmt: skip
_WORST_FIRST: Final = tuple(VERDICTS)


def verdict_of(scan: Scan | None) -> Word | None:
    return VERDICTS[scan.verdict] if scan else None


def worst_of(files: Mapping[str, Scan]) -> Word | None:
    """The worst that was found; None where nothing was."""
    worst = min((one.verdict for one in files.values()), key=_WORST_FIRST.index, default="safe")
    return VERDICTS[worst] if worst in ("unsafe", "suspicious") else None


def scan_views(files: Mapping[str, Scan], link: Callable[[str], str]) -> tuple[ScanView, ...]:
    """`link` gives the address of a file by its path."""
    ordered = sorted(files.items(), key=lambda one: (_WORST_FIRST.index(one[1].verdict), one[0]))
    return tuple(scan_view(path, scan, link(path)) for path, scan in ordered)


def scan_view(path: str, scan: Scan, href: str = "") -> ScanView:
    names = sorted(scan.imports, key=lambda one: (tuple(SAFETIES).index(one.safety), one.module, one.name))
    return ScanView(
        path=path,
        href=href,
        word=VERDICTS[scan.verdict],
        found=tuple(map(_found, scan.findings)),
        imports=tuple((f"{one.module}.{one.name}", SAFETIES[one.safety]) for one in names),
        scanner=scan.scanner,
    )


def _found(one: ScanFinding) -> FoundView:
    return FoundView(VERDICTS[one.level], one.reason, one.values, one.part)
