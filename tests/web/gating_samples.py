"""Made-up pages of a gated repository."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from commonweight.hub import AcceptedTerms, AccessRequest, GateField, Repository
from commonweight.web.contexts import AccessPage, AccessRequestsPage, FilterLink, Frame, Head, Page
from commonweight.web.presenting.gating import LISTS, STATE_WORDS, accepted_view, access_row, field_view

WHEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
REPOSITORY = Repository(1, "model", "commonweight", 1, "SmolLM2-135M-Instruct-GGUF", "public", "auto", 1, 0, WHEN, WHEN)
FIELDS = (
    GateField("Company", "text"),
    GateField("Country", "country"),
    GateField("Born", "date"),
    GateField("What for", "select", (("research", "Research"), ("other", "Something else"))),
    GateField("I agree to use this model for non-commercial work only", "checkbox"),
)
ACCEPTED = AcceptedTerms(
    1, "models/ada/tiny", "a" * 40, "bob", "Bob", "b" * 64, "mit", (), {}, True, WHEN, "accepted", WHEN
)  # fmt: skip


def _request(status: str, *, asked: bool = True) -> AccessRequest:
    fields = {"Company": "ACME <b>", "I agree": True} if asked else {}
    return AccessRequest(7, 2, "bob", "Bob the Builder", status, asked, "ada", True, "Not now", WHEN, WHEN, fields)


def gating_pages(frame: Frame, head: Head) -> tuple[Page, ...]:
    base = f"{head.href}/access"
    asking = AccessPage(
        frame=replace(frame, path=base),
        head=replace(head, is_gated=True),
        state=STATE_WORDS["none"],
        reason="",
        may_ask=True,
        may_withdraw=False,
        is_automatic=True,
        heading="Conditions of the research preview",
        prompt="<p>Use it for <strong>research</strong> only, and tell us what you found.</p>",
        description="We answer within a week.",
        fields=tuple(field_view(n, one, "") for n, one in enumerate(FIELDS)),
        licence="cc-by-nc-4.0",
        licence_texts=(("LICENSE", "Attribution-NonCommercial 4.0 International\n\n" + "You may …\n" * 30),),
        button="I accept",
        terms="c" * 64,
        action=base,
        withdraw=f"{base}/withdraw",
        accepted=(),
        error="'Company' is not filled in.",
    )
    inside = replace(asking, state=STATE_WORDS["accepted"], may_ask=False, may_withdraw=True, error="")
    requests = AccessRequestsPage(
        frame=replace(frame, path=f"{base}/requests"),
        head=replace(head, is_gated=True),
        gated="manual",
        is_public=False,
        status="pending",
        statuses=tuple(
            FilterLink(text, f"{base}/requests?status={word}", word == "pending") for word, text in LISTS.items()
        ),
        counts=(2, 14, 0),
        rows=(access_row(_request("pending")), access_row(_request("accepted", asked=False))),
        more=f"{base}/requests?after=7",
        base=base,
        typed="",
        table=f"/api/models{head.href}/user-access-request/acceptances.csv",
        error="",
    )
    rows = tuple(replace(one, number=number) for number, one in enumerate(requests.rows))
    shown = replace(inside, accepted=(accepted_view(REPOSITORY, ACCEPTED),))
    refused = replace(asking, state=STATE_WORDS["rejected"], reason="No more.", may_ask=False)
    return asking, shown, refused, replace(requests, rows=rows)
