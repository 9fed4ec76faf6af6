"""`commonweight rights aibom`: what a revision is made of, as a bill of materials."""

from __future__ import annotations

import json
from pathlib import Path

import click

from commonweight.cli.asking import get, server_options
from commonweight.errors import Conflict


@click.command("aibom")
@click.argument("model")
@click.option("--format", "form", type=click.Choice(("cyclonedx", "spdx")), default="cyclonedx", help="The standard.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="A file; else the document is printed.")
@server_options
def aibom(model: str, form: str, out: Path | None, url: str | None, token: str | None) -> None:
    """
    The bill of materials of MODEL (namespace/name[@revision]) on a running server: weight files with their hashes,
    ancestors, data, declared and effective licences. Nothing is overwritten.
    """
    if out is not None and out.exists():
        raise Conflict(f"{out} is there already, and nothing is overwritten.", hint="Name another place with --out.")
    name, _at, revision = model.partition("@")
    document = get(f"/cw/v1/models/{name}/aibom", {"format": form, "revision": revision}, url, token)
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if out is None:
        click.echo(text)
    else:
        out.write_text(f"{text}\n", encoding="utf-8")
