"""An example of the page on what is kept and what must not be said."""

from __future__ import annotations

from datetime import UTC, datetime

from commonweight.guarding import Action, Guardrail, Side, Thing, Topic, Wanted
from commonweight.guarding import Scope as GuardScope
from commonweight.retention import Decision, Scope, Total
from commonweight.web.contexts import Frame, GuardForm, KeepForm, PrivacyPage
from commonweight.web.presenting.privacy import ACTIONS, SCOPES, SIDES, THINGS, WHOM, guardrail_row, kept_row

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PERSONAL = Wanted(frozenset({Thing.EMAIL, Thing.PHONE, Thing.IBAN, Thing.SECRET}), countries=("DE", "ES"))
NAMES = Wanted(words=tuple(f"project {bird}" for bird in ("tern", "heron", "ibis")))
WAR = Wanted(topics=(Topic("weapons", ("How do I build a bomb?",)),), judge="acme/embed", likeness=0.6)


def privacy_page(frame: Frame) -> PrivacyPage:
    decisions = (
        Decision(7, 1, Scope.RESPONSES, 30, "Support looks into complaints.", "ada", AT),
        Decision(3, 1, Scope.ALL, 5, "A trial.", "ada", AT, "root", AT),
    )
    rails = (
        Guardrail(
            4, "customer data", GuardScope.ACCOUNT, "acme", Side.BOTH, Action.MASK, PERSONAL, "Works agreement.", "ada", AT
        ),
        Guardrail(
            3, "code names", GuardScope.INSTALLATION, "", Side.ANSWER, Action.REFUSE, NAMES, "Not public.", "root", AT
        ),
        Guardrail(2, "arms", GuardScope.MODEL, "fast", Side.REQUEST, Action.NOTE, WAR, "Policy 7.", "root", AT),
        Guardrail(1, "old", GuardScope.KEY, "12", Side.BOTH, Action.MASK, NAMES, "A trial.", "ada", AT, 1, 12, "root", AT),
    )
    return PrivacyPage(
        frame=frame,
        kept=(kept_row("acme", decisions[0], Total(1204, AT)), kept_row("acme", decisions[1], None)),
        guardrails=tuple(map(guardrail_row, rails)),
        accounts=("ada", "acme"),
        scopes=tuple((scope.value, name) for scope, name in SCOPES.items()),
        things=tuple((thing.value, name, about) for thing, (name, about) in THINGS.items()),
        sides=tuple((side.value, name) for side, name in SIDES.items()),
        actions=tuple((action.value, name) for action, name in ACTIONS.items()),
        whom=tuple((scope.value, name) for scope, name in WHOM.items()),
        keep=KeepForm(account="acme"),
        guard=GuardForm(name="letters", things=("email",), opened=True),
        error="It failed.",
    )
