"""What a card's front matter says, as name and value; and how to use a repository."""

from __future__ import annotations

from commonweight.hub import Repository, RevisionFacts
from commonweight.web.contexts import Snippet
from commonweight.web.presenting.measures import size_text
from commonweight.web.presenting.words import _

MAX_VALUES = 12  # of one fact; a card may list hundreds of languages


def card_facts(facts: RevisionFacts) -> tuple[tuple[str, str], ...]:
    bases = [f"{base.id} ({base.relation})" if base.relation else base.id for base in facts.base_models]
    pairs = (
        (_("Licence"), facts.licences if not facts.licence_name else (facts.licence_name,)),
        (_("Made from"), bases),
        (_("Data sets"), facts.datasets),
        (_("Languages"), facts.languages),
        (_("Task"), (facts.pipeline_tag,)),
        (_("Library"), (facts.library_name,)),
        (_("Licence files"), [file.path for file in facts.licence_files]),
        (_("Files"), (f"{facts.files}, {size_text(facts.bytes)}",) if facts.files else ()),
    )
    return tuple((name, _few(values)) for name, values in pairs if any(values))


def _few(values: list[str] | tuple[str, ...]) -> str:
    shown = [value for value in values if value]
    more = len(shown) - MAX_VALUES
    return ", ".join(shown[:MAX_VALUES]) + (f" … (+{more})" if more > 0 else "")


def snippets(repository: Repository, base_url: str, model: str) -> tuple[Snippet, ...]:
    """`model`: the name by which it is called; "" where no engine loads it."""
    kind = "" if repository.kind == "model" else f" --repo-type {repository.kind}"
    endpoint = f"export HF_ENDPOINT={base_url}"
    found = [
        Snippet(_("Download"), f"{endpoint}\nhf download {repository.full_name}{kind}"),
        Snippet(_("Upload"), f"{endpoint}\nhf upload {repository.full_name} .{kind}"),
    ]
    if model:
        found.insert(0, Snippet(_("From an application"), _openai(model, base_url)))
    return tuple(found)


def _openai(model: str, base_url: str) -> str:
    return f"""from openai import OpenAI

client = OpenAI(
    base_url="{base_url}/v1",
    api_key="cw_...",
)
answer = client.chat.completions.create(
    model="{model}",
    messages=[{{
        "role": "user",
        "content": "Name three rivers.",
    }}],
)
print(answer.choices[0].message.content)"""


def curl_chat(model: str, base_url: str) -> str:
    return f"""curl {base_url}/v1/chat/completions \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{{"model": "{model}",
       "messages": [{{"role": "user", "content": "Name three rivers."}}]}}'"""
