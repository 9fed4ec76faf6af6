"""
Keep the catalogues of the room complete:

    python -m commonweight.rights.translations es [FOLDER]

writes what is missing in `locales/es/`: `engine.po` for the sentences of the engine, `FOLDER.po` for those of a folder of
this room (`explaining.po`), `KEY.po` for those of each record. An entry without a translation has an empty msgstr, and its
sentence stays English. Texts that a licensee must reproduce word for word are never translated.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from commonweight.catalogues import PLURALS, read_catalogue
from commonweight.rights import language, vocabulary
from commonweight.rights.question_reader import PERMISSION_KINDS
from commonweight.rights.records import load_records
from commonweight.rights.terms import Terms

ROOM: Final = Path(__file__).parent
ENGINE: Final = "engine"
_SAYING: Final = ("say", "mark")
_PLACE: Final = re.compile(r"\{\w+\}")
_WORD: Final = re.compile(r"[a-z]{2}", re.IGNORECASE)


def folders() -> tuple[str, ...]:
    """The folders of this room that hold code, each with a catalogue of its own."""
    return tuple(sorted(path.parent.name for path in ROOM.glob("*/__init__.py")))


def sentences_of_folder(name: str) -> tuple[str, ...]:
    """Every template and word that the code in a folder of this room says, in the order of the files."""
    said = (text for path in sorted((ROOM / name).rglob("*.py")) for text in _said_in(path))
    return tuple(dict.fromkeys(text for text in said if _has_words(text)))


def sentences_of_engine() -> tuple[str, ...]:
    """Every template and word that the engine puts into a verdict, in the order of the files."""
    said = [text for path in sorted(ROOM.glob("*.py")) for text in _said_in(path)]
    words = [*vocabulary.RELATIONS.values(), *vocabulary.RELATION_NAMES.values(), *vocabulary.ARTEFACTS, *PERMISSION_KINDS]
    words += [sentence.rstrip(".").lower() for sentence in vocabulary.PURPOSES.values()]
    for fact in language.FACTS.values():
        words += [fact.question, fact.assumption]
    return tuple(dict.fromkeys(text for text in (*said, *words) if _has_words(text)))


def _has_words(text: str) -> bool:
    return bool(_WORD.search(_PLACE.sub("", text)))


def _said_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        marks = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SAYING
        if isinstance(node, ast.Call) and marks and node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)


def sentences_of_record(terms: Terms) -> tuple[str, ...]:
    """Every sentence of a record that a verdict or a page can show, each once."""
    found: list[str | None] = [*terms.sections.values(), *terms.notes, terms.review.note]
    found += [text for grant in terms.grants.values() for text in (grant.reason, grant.remedy)]
    found += [text for gate in terms.gates for text in (gate.reason, gate.watch, gate.remedy)]
    found += [policy.observe for policy in terms.policies]
    found += [text for ban in terms.bans for text in (ban.reason, ban.observe, ban.remedy)]
    for duty in terms.duties:
        found += [duty.reason, *duty.where, duty.doubt.note if duty.doubt else None]
    found += [reach.note for reach in terms.reach.values()]
    found += [terms.propagates.note, terms.outputs.note, *(ending.note for ending in terms.endings)]
    for item in terms.ambiguities:
        found += [item.question, *(reading.says for reading in item.readings)]
    return tuple(dict.fromkeys(text for text in found if text and _has_words(text) and not text.startswith("http")))


def complete(folder: Path, name: str, sentences: Iterable[str]) -> int:
    """Bring one catalogue to these sentences, keeping what is translated; how many wait for a translation."""
    path = folder / f"{name}.po"
    known = read_catalogue(path.read_text(encoding="utf-8"), path.name).texts if path.exists() else {}
    header = (f"Language: {folder.name}\n", "Content-Type: text/plain; charset=UTF-8\n", f"Plural-Forms: {PLURALS}\n")
    lines = ['msgid ""', 'msgstr ""', *map(_quoted, header)]
    for sentence in (sentences := tuple(sentences)):
        lines += ["", f"msgid {_quoted(sentence)}", f"msgstr {_quoted(known.get(sentence, ''))}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return sum(not known.get(sentence) for sentence in sentences)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def main(arguments: list[str]) -> None:
    """See the module's description."""
    if not 1 <= len(arguments) <= 2:
        sys.exit(__doc__)
    folder = Path(arguments[1]) if arguments[1:] else ROOM / "locales" / arguments[0]
    folder.mkdir(parents=True, exist_ok=True)
    waiting = {ENGINE: complete(folder, ENGINE, sentences_of_engine())}
    waiting |= {name: complete(folder, name, sentences_of_folder(name)) for name in folders()}
    waiting |= {terms.key: complete(folder, terms.key, sentences_of_record(terms)) for terms in load_records()}
    sys.stdout.writelines(f"{name}: {count} without a translation\n" for name, count in waiting.items() if count)


if __name__ == "__main__":
    main(sys.argv[1:])
