"""Examples of the pages on plans, subscriptions, statements, keys and usage."""

from __future__ import annotations

from dataclasses import replace

from commonweight.plans import Join, State
from commonweight.web.contexts import (
    AdminSellingPage,
    BudgetBar,
    Choice,
    DeliveryRow,
    EventRow,
    Frame,
    GrantForm,
    Head,
    KeyForm,
    KeyRow,
    KeysPage,
    ModelPlansPage,
    ModelSum,
    MoneyRow,
    NewPlanPage,
    OwedView,
    Page,
    PaymentForm,
    PaymentRow,
    PlansPage,
    PlanView,
    SalesPage,
    StandingRow,
    StatementPage,
    StatementRow,
    StatementSum,
    SubscriberRow,
    SubscriptionPage,
    SubscriptionRow,
    SubscriptionsPage,
    UsageBar,
    UsageGroup,
    UsagePage,
)
from commonweight.web.presenting.new_plan import plan_groups, verdict_choices
from commonweight.web.presenting.sales import OUTCOME_WORDS, OWED_WORDS, RECORDED_WORDS, STANDING_WORDS
from commonweight.web.presenting.selling import EVENT_WORDS, JOIN_WORDS, STATE_WORDS
from commonweight.web.presenting.statements import KIND_WORDS
from commonweight.web.presenting.words import verdict_word
from commonweight.web.visits import Form

FACTS = (
    ("Included tokens a month", "10,000,000"),
    ("A million tokens of prompts", "0.15 EUR"),
    ("A million tokens of answers", "0.60 EUR"),
    ("Requests a minute", "600"),
)
PRO = PlanView(
    2, "acme/pro", "acme", "For teams", "Everything of ours, ahead in the queue.", 3, JOIN_WORDS[Join.SELF], "20.00 EUR",
    FACTS, ("acme/*", "#code"), (verdict_word("allowed"),), "", True, "", True,
)  # fmt: skip
FREE = replace(
    PRO, number=1, full_name="acme/free", title="To try", join=JOIN_WORDS[Join.AUTOMATIC], fee="", facts=FACTS[3:],
    models=("acme/small-*",), may_subscribe=False,
)  # fmt: skip
LICENSED = replace(
    PRO, number=3, full_name="acme/licensed", title="With our permission", join=JOIN_WORDS[Join.APPROVAL],
    grant="llama-2: For groups above 700 million users.", offered=False, mine="/settings/subscriptions/8",
)  # fmt: skip
GRANT = GrantForm(
    (Choice("llama-2", "Llama 2 Community License", "llama-2", True),), "llama-2",
    (Choice("mau700", "Groups above 700 million users ask first.", "2", True),),
    (Choice("serve_users", "Serve it to others", "", False),), "For groups above 700 million users.", False,
)  # fmt: skip
OWED = (
    OwedView(OWED_WORDS["paid"], ""), OwedView(OWED_WORDS["late"], "20.00 EUR"), OwedView(OWED_WORDS["open"], "7.33 USD")
)  # fmt: skip
EARNED = ModelSum("acme/reader", "/acme/reader", "12,044", "35,410,335", ("5.12 EUR", "2.00 USD"), "18,204.5")
RECEIVED = PaymentRow(
    "2026-11-21", "firm", "acme/pro", "/settings/subscriptions/7", "manual", "invoice 7", "7.33 EUR"
)  # fmt: skip
OUTCOMES = (OUTCOME_WORDS["began"], OUTCOME_WORDS["unknown_subscription"])
PLANS = (FREE, PRO, LICENSED)

ROW = SubscriptionRow(
    7, "/settings/subscriptions/7", "firm", PRO, STATE_WORDS[State.ACTIVE], "2026-11-20", "", "2026-12-01", False
)
ASKED = replace(
    ROW,
    number=8,
    subscriber="lab",
    state=STATE_WORDS[State.REQUESTED],
    next_plan="With our permission",
    ends="",
    may_answer=True,
)
GONE = replace(ROW, number=3, state=STATE_WORDS[State.CANCELLED], ends="")
EVENTS = (
    EventRow("2026-11-29 17:04 UTC", EVENT_WORDS["cancel_planned"], "bob", "Too dear."),
    EventRow("2026-11-20 09:12 UTC", EVENT_WORDS["began"], "", "7.33 EUR"),
)
USAGE = StatementRow(
    "acme/reader-70b-instruct", "acme", "acme/pro", "2026-10", "12,044", "31,400,112", "9,112,004",
    "4,010,223", "10,000,000", "18,204.5", "5.123456 EUR",
)  # fmt: skip
MONEY = MoneyRow(KIND_WORDS["fee"], "acme/pro", "acme", "2026-11-20 – 2026-11-30", "7.33 EUR")
PAID = MoneyRow(KIND_WORDS["payment"], "invoice 7", "acme", "2026-11-21", "7.33 EUR")
KEY = KeyRow(
    31, "the shop's assistant", "ada", True, (("Billed to", "firm"), ("Made on", "2026-11-02")), ("acme/*", "gpt-4o"), False,
    True, "2026-11-29 17:04 UTC", "12,044", "35,410,335", BudgetBar(94.2, "47.10", "50.00 EUR", True, "ask"),
)  # fmt: skip

SUMS = (
    StatementSum("EUR", "5.123456 EUR", "20.00 EUR", "-7.33 EUR", "17.793456 EUR", "7.33 EUR", "10.463456 EUR", "2.00 EUR",
                 False),
    StatementSum("USD", "2.00 USD", "0.00 USD", "", "2.00 USD", "2.00 USD", "0.00 USD", "", True),
)  # fmt: skip
OLD = replace(
    KEY, number=30, name="old", models=(), is_expired=True, is_signed=False, last_used="", is_mine=False,
    budget=BudgetBar(100.0, "1,000", "1,000 tokens", False, "stop"),
)  # fmt: skip
BARS = tuple(
    UsageBar(round(n * 10 / 3 + 1 / 3, 3), 2.667, 10.0 * (n % 7), 16.6 * (n % 7), f"2026-11-{n + 1:02d}: {n * 41_000:,}")
    for n in range(30)
)


def selling_pages(frame: Frame, head: Head) -> list[Page]:
    groups = (
        UsageGroup("acme/reader-70b-instruct", "12,044", "31,400,112", "4,010,223", "5.12 EUR", 81.4, BARS),
        UsageGroup("acme/small", "900", "1,200,000", "210,000", "", 18.6),
    )
    return [
        PlansPage(frame, "acme", PLANS, ("ada", "firm"), ("acme",)),
        NewPlanPage(
            frame, ("ada", "acme"), "acme", plan_groups(Form({"name": ("pro",)})), verdict_choices(("allowed",)), GRANT,
            "self", "other", True, True, "No.",
        ),
        ModelPlansPage(frame, head, PLANS, ("ada",), True),
        SubscriptionsPage(frame, (ROW, GONE), (ASKED,), "The subscription has been changed meanwhile."),
        SubscriptionPage(frame, replace(ROW, may_answer=True), EVENTS, (LICENSED,), True, True, "It failed."),
        StatementPage(
            frame, "firm", ("ada", "firm"), "payer", "2026-11", ("2026-11", "2026-10"), False, (USAGE,) * 9, (MONEY, PAID),
            "The Firm", ("2026-11-01", "2026-11-30"), "2026-12-04", SUMS, (EARNED,),
            "/cw/v1/statements/2026-11/csv?account=firm&side=payer",
        ),
        SalesPage(
            frame, "acme", ("ada", "acme"), 2, (SubscriberRow(ASKED, (), "2026-11-19"),),
            (SubscriberRow(ROW, OWED, "2026-11-19"), SubscriberRow(GONE, OWED[:1], "2026-11-02")), "2026-11", (EARNED,),
            ("7.33 EUR",), (RECEIVED, replace(RECEIVED, provider="bank", amount="-7.33 EUR")),
            (Choice("7", "firm · For teams", "EUR", True),), PaymentForm("7", "20", "back", "invoice 8"),
            RECORDED_WORDS["began"], "It failed.",
        ),
        AdminSellingPage(
            frame, (StandingRow(4, "acme", STANDING_WORDS["licensor"], "llama-2", "Their own text.", "root", "2026-11-01"),),
            GRANT.licences, "acme", "Their own text.", (("bank", "https://hub.example/cw/v1/payments/bank/messages"),),
            tuple(DeliveryRow("2026-11-21 09:12:44", "bank", "msg_1", "payment.succeeded", one) for one in OUTCOMES), "No.",
        ),
        KeysPage(
            frame, (KEY, OLD),
            ("ada", "firm"),
            (("2", "acme/pro"),), (("1", "Internal evaluation"),), KeyForm(name="shop"), "", "cw_" + "k" * 43,
            "The text before works for nothing any more, within seconds.",
            'client = OpenAI(base_url="…")', "It failed.",
        ),
        UsagePage(
            frame, "model", 30, BARS, "2026-11-01", "2026-11-30", "4,180,000", groups, "12,944", "36,820,335", ("5.12 EUR",)
        ),
    ]  # fmt: skip
