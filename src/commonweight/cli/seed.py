"""`commonweight seed`: the fixed world of a test installation, from a file."""

from __future__ import annotations

from pathlib import Path

import click

from commonweight.cli.options import home_option, settings_of, with_rooms
from commonweight.rooms import Rooms
from commonweight.seeding import Seeder, check_development


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@home_option
def seed(file: Path, home: Path | None) -> None:
    """
    Make the world that FILE lists: accounts, names of models, plans, files, batches. Needs COMMONWEIGHT_DEVELOPMENT=1.

    \b
    users:         [{name, fullname?, tokens?: [{name, value, role}]}]
    organisations: [{name, fullname?, default_visibility?: public|private,
                    members?: [{user, role: read|contributor|write|admin}]}]
    aliases:       {name: model} or {name: [model, model that stands in, …]}
    plans:         [{publisher, name, title?, description?, terms, subscribers?: [account]}]  (terms: docs/plans.md)
    retention:     [{account, days, reason, scope?: responses|completions|all}]
    kept:          [{id, owner, kind: response, model, input, output, background?}]   answers, from the words given
                   [{id, owner, kind: completion, model, messages, output}]
    files:         [{id, owner, filename, purpose, text: … or lines: [object, …], times?}]
    uploads:       [{id, owner, filename, purpose, bytes, parts?: {id: text}}]      pending
    batches:       [{id, owner, input_file_id, endpoint}]                            in progress, and run by nobody
    """
    check_development(settings_of(home))

    async def deed(rooms: Rooms) -> dict[str, int]:
        return await Seeder(rooms).apply(file)

    counts = with_rooms(home, deed)
    words = [f"{count} {section}" for section, count in counts.items()]
    click.echo(f"Seeded {' and '.join([', '.join(words[:-1]), words[-1]] if len(words) > 1 else words) or 'nothing'}.")
