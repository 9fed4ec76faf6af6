"""`commonweight tune tokens`: how long examples are for a base, before it is trained. Needs the extra `tune`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import orjson

from commonweight.tuning.data import TokenCounter, TokenCounts, write_canonical


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--base",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of a model in Hugging Face's layout; of it the tokenizer and the chat template are read, no weights.",
)
@click.option(
    "--max-tokens", default=1024, show_default=True, type=click.IntRange(1), help="The longest example trained on."
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def tokens(file: Path, base: Path, max_tokens: int, as_json: bool) -> None:
    """Count the tokens of FILE, a file of examples that `tune check` accepts. Exit status 1 where an answer would be cut."""
    with TemporaryDirectory() as folder:
        lines = Path(folder) / "lines.jsonl"
        write_canonical(file, lines)
        counts = asyncio.run(TokenCounter().count(lines, base, max_tokens))
    click.echo(orjson.dumps(counts.to_json()).decode() if as_json else "\n".join(told(counts)))
    sys.exit(1 if counts.errors else 0)


def told(counts: TokenCounts) -> list[str]:
    """The counts, a line for each thing known."""
    lines = [
        f"{counts.lines:,} lines, {counts.tokens:,} tokens, of which {counts.trained:,} are learnt",
        f"tokens of a line: half have at most {counts.median:,}, nine in ten {counts.nine_in_ten:,}, all {counts.longest:,}",
    ]
    if not counts.errors:
        return [*lines, f"All answers fit into {counts.max_tokens:,} tokens."]
    head = (
        f"{counts.cut:,} lines have answers that do not fit into {counts.max_tokens:,} tokens; {counts.cut_away:,} lose all."
    )
    named = [f"  {finding.sentence()}" for finding in counts.errors]
    return [*lines, head, *named, *filter(None, [counts.remedy()])]
