"""Made-up pages of webhooks."""

from __future__ import annotations

from dataclasses import replace

from commonweight.web.contexts import Frame, Page, SentRow, WebhookForm, WebhookPage, WebhookRow, WebhooksPage
from commonweight.web.pages.webhooks import OFF, ON, STATES

ROW = WebhookRow("a" * 24, "https://ci.example.org/hooks/commonweight", ("org acme", "model ada/tiny"), ON, "")
WHY = "10 deliveries in a row never arrived; the last one at 2026-03-01 12:30 UTC: answered 500"
WHEN = "2026-03-01 12:30 UTC"
FORM = WebhookForm(ROW.url, "org acme\nmodel ada/tiny", True, False)
SENT = (
    SentRow(3, "repo.content · update", "models/ada/tiny", STATES["waiting"], 0, "", "", '{"event":{}}', WHEN, ""),
    SentRow(2, "discussion · create", "models/ada/tiny", STATES["failed"], 7, "500", "<b>no</b>", "{}", WHEN, WHEN),
    SentRow(1, "repo · create", "datasets/acme/poems", STATES["delivered"], 1, "204", "", "{}", WHEN, WHEN),
)


def webhook_pages(frame: Frame) -> tuple[Page, ...]:
    at = replace(frame, path="/settings/webhooks")
    off = replace(ROW, key="b" * 24, state=OFF, why_disabled=WHY)
    listed = WebhooksPage(at, (ROW, off), FORM, "'x' is no address that can be sent to.")
    one = WebhookPage(at, ROW, True, SENT, "/settings/webhooks/x?before=1", FORM, "")
    return listed, one, replace(one, row=off, has_secret=False, deliveries=())
