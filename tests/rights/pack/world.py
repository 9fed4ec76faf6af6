"""A small world of packs: two toy licences with texts of their own, a model made from another, and what is owed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from commonweight.rights import Question, Records, decide, read_record, text_digest
from commonweight.rights.pack import Pack, TextAtHand, make_pack
from tests.rights.worlds import TOY, question

TEXT: Final = "Toy License, version 1. Be kind to the toys.\n"
POLICY: Final = "Do no harm with the toys.\n"
DUTIES: Final = "\n" + (Path(__file__).parent / "owing.yaml").read_text()
KEEPING: Final = """
duties:
  - id: notices
    when: act in (redistribute, publish_derivative)
    do: keep_notices
    clause: "1"
    evidence: text
    reason: Keep the notices.
"""


def record(key: str, extra: str, text: str, *, copyable: bool = False) -> Any:
    """A toy record whose text is `text`; it goes by its key alone."""
    digests = f'text: {{digests: ["{text_digest(text)}"], copyable: {str(copyable).lower()}}}'
    body = TOY.replace("toy-1", key).replace("hf: [toy]", f"hf: [{key}]")
    body = body.replace("text: {digests: [], copyable: false}", digests)
    return read_record(body + extra.replace("[POLICY]", f'["{text_digest(POLICY)}"]'), f"{key}.yaml")


RECORDS: Final = Records([
    record("toy-1", DUTIES, TEXT),
    record("mild-1", KEEPING, "Mild License: keep the name above.\n", copyable=True),
])  # fmt: skip


def asked(licence: str = "toy-1", acts: tuple[str, ...] = ("publish_derivative",), **use: Any) -> Question:
    """`ada/reader`, made by the asker from `toys/base`, which stands under the licence."""
    nodes = [
        {"id": "ada/reader", "made_by": "asker"},
        {"id": "toys/base", "licence": licence},
    ]
    edges = [{"child": "ada/reader", "parent": "toys/base", "relation": "finetune"}]
    return question(list(acts), use=use, subject={"root": "ada/reader", "nodes": nodes, "edges": edges})


def pack(found: Question, *texts: TextAtHand, language: str = "en", **links: str) -> Pack:
    return make_pack(found, decide(found, RECORDS), RECORDS, texts, language=language, links=links)


def at_base(content: str, path: str = "LICENSE") -> TextAtHand:
    return TextAtHand(path, content.encode(), node="toys/base", source=f"toys/base: {path}")


def text_of(made: Pack, path: str) -> str:
    file = made.file(path)
    assert file is not None, [file.path for file in made.files]
    return file.content.decode()
