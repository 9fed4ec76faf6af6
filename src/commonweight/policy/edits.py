"""What somebody wants recorded: an exception, a reading, something held; and whether it can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from commonweight.policy.asking import HeldPermission
from commonweight.policy.errors import InvalidUse
from commonweight.policy.values import OWN

MAX_WORDS: Final = 4_000  # characters of a reason or a source; a page
MAX_SHORT: Final = 200  # of a name, an id; the width of its column


@dataclass(frozen=True)
class PermissionGrant:
    """
    What is held: `kind` is bought, granted or registered; `licence` our key, or any name of the text; `lifts` ids inside the
    record (`mau700`) or `*` (docs/rights-io.md says what is lifted without). `name` is the id that verdicts cite;
    empty: made up. `organisation` is the key of whoever holds it, `outside_id` what the thing is called where it comes from.
    """

    licence: str
    kind: str
    name: str = ""
    lifts: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    author: str = ""
    source: str = ""
    organisation: str = OWN
    outside_id: str | None = None


@dataclass(frozen=True)
class DecisionEdit:
    """
    An exception (`choose` allowed or prohibited) or a reading (`choose` the id of one) on a finding of verdicts
    (`llama-2#mau700`). Scope: acts, the node at which the terms are declared, the model asked about, the use; empty: any.
    """

    kind: str
    finding: str
    choose: str
    author: str
    reason: str
    name: str = ""
    acts: tuple[str, ...] = ()
    node: str = ""
    model: str = ""
    use_id: int | None = None
    since: date | None = None
    expires: date | None = None
    source: str = ""


def check_days(edit: DecisionEdit) -> None:
    """Here and not in rights: what is recorded already must stay a question that can be asked."""
    if edit.since is not None and edit.expires is not None and edit.expires < edit.since:
        raise InvalidUse(f"It expires on {edit.expires}, before its first day, {edit.since}.", hint="Give other days.")


def as_permission(grant: PermissionGrant, there: HeldPermission | None) -> Mapping[str, Any]:
    name = grant.name or (there.name if there is not None else _made_up(grant))
    given = {
        "id": name,
        "licence": grant.licence,
        "kind": grant.kind,
        "lifts": list(grant.lifts),
        "acts": list(grant.acts),
        "since": grant.since,
        "until": grant.until,
        "author": grant.author,
        "source": grant.source,
    }
    return {key: value for key, value in given.items() if value not in (None, "", [])}


def _made_up(grant: PermissionGrant) -> str:
    """A name that says what it is; of another program its own id."""
    since = f"-{grant.since.isoformat()}" if grant.since else ""
    return (grant.outside_id or f"{grant.kind}-{grant.licence}{since}")[:96]


def as_decision(edit: DecisionEdit, name: str) -> Mapping[str, Any]:
    scope = {"acts": list(edit.acts), "node": edit.node}
    given = {
        "id": name,
        "kind": edit.kind,
        "finding": edit.finding,
        "choose": edit.choose,
        "scope": {key: value for key, value in scope.items() if value},
        "author": edit.author,
        "reason": edit.reason,
        "since": edit.since,
        "expires": edit.expires,
    }
    return {key: value for key, value in given.items() if value not in (None, "", {})}


def check_lengths(*texts: str) -> None:
    for text in texts:
        if len(text) > MAX_SHORT:
            raise InvalidUse(
                f"{text[:40]!r}... has {len(text)} characters; at most {MAX_SHORT} are kept.", hint="Shorten it."
            )


def check_words(*texts: str) -> None:
    for text in texts:
        if len(text) > MAX_WORDS:
            raise InvalidUse(f"A text has {len(text)} characters; at most {MAX_WORDS} are kept.", hint="Shorten it.")
