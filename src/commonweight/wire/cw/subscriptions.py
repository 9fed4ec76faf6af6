"""/cw/v1/subscriptions and /cw/v1/payments."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from commonweight.identity import Caller
from commonweight.plans import ManualPayment, Selling
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.numbers import Number
from commonweight.wire.cw.plan_shapes import (
    CancelBody,
    ChangeBody,
    EventAnswer,
    OwedAnswer,
    PaymentAnswer,
    PaymentBody,
    PaymentMessageAnswer,
    PaymentOutcome,
    ReasonBody,
    SubscribeBody,
    SubscriptionAnswer,
    SubscriptionHistoryAnswer,
)


def subscription_routes(callers: Callers, selling: Selling) -> APIRouter:
    """Ask, approve, change, cancel; what was paid."""
    router = APIRouter(tags=["plans"])
    signed_in = Depends(callers.signed_in)

    async def shown(caller: Caller, number: int) -> SubscriptionAnswer:
        selling.entitlements.forget()
        return SubscriptionAnswer.of(await selling.subscriptions.get(caller, number))

    @router.get("/subscriptions", operation_id="list_subscriptions")
    async def subscriptions(caller: Annotated[Caller, signed_in]) -> list[SubscriptionAnswer]:
        """Yours, those of your organisations, and those to plans that you publish; newest first."""
        return [SubscriptionAnswer.of(one) for one in await selling.subscriptions.all(caller)]

    @router.post("/subscriptions", operation_id="subscribe")
    async def subscribe(body: SubscribeBody, caller: Annotated[Caller, signed_in]) -> SubscriptionAnswer:
        """Ask for a plan; one that needs no approval, and need not be paid before, begins at once."""
        made = await selling.subscribing.subscribe(caller, body.plan, body.subscriber, commercial=body.commercial)
        return await shown(caller, made.id)

    @router.get("/subscriptions/{subscription}", operation_id="read_subscription")
    async def read(subscription: Number, caller: Annotated[Caller, signed_in]) -> SubscriptionHistoryAnswer:
        """One, with everything that happened to it."""
        answer = SubscriptionAnswer.of(await selling.subscriptions.get(caller, subscription))
        events = await selling.subscriptions.history(caller, subscription)
        return SubscriptionHistoryAnswer(**dict(answer), history=[EventAnswer.of(event) for event in events])

    @router.post("/subscriptions/{subscription}/approve", operation_id="approve_subscription")
    async def approve(subscription: Number, caller: Annotated[Caller, signed_in]) -> SubscriptionAnswer:
        """Let a request begin (the publisher)."""
        await selling.subscribing.approve(caller, subscription)
        return await shown(caller, subscription)

    @router.post("/subscriptions/{subscription}/refuse", operation_id="refuse_subscription")
    async def refuse(subscription: Number, body: ReasonBody, caller: Annotated[Caller, signed_in]) -> SubscriptionAnswer:
        """Refuse a request (the publisher)."""
        await selling.subscribing.refuse(caller, subscription, body.reason)
        return await shown(caller, subscription)

    @router.post("/subscriptions/{subscription}/change", operation_id="change_subscription")
    async def change(subscription: Number, body: ChangeBody, caller: Annotated[Caller, signed_in]) -> SubscriptionAnswer:
        """To another plan of the publisher, or the newest version; fees are prorated to the day."""
        await selling.subscribing.change_plan(caller, subscription, body.plan, at_once=body.when == "now")
        return await shown(caller, subscription)

    @router.post("/subscriptions/{subscription}/cancel", operation_id="cancel_subscription")
    async def cancel(subscription: Number, body: CancelBody, caller: Annotated[Caller, signed_in]) -> SubscriptionAnswer:
        """At the end of the month; or at once, and the days after today are given back."""
        await selling.subscribing.cancel(caller, subscription, at_once=body.when == "now", reason=body.reason)
        return await shown(caller, subscription)

    @router.post("/subscriptions/{subscription}/keep", operation_id="keep_subscription")
    async def keep(subscription: Number, caller: Annotated[Caller, signed_in]) -> SubscriptionAnswer:
        """Undo what is planned for the end of the month."""
        await selling.subscribing.keep(caller, subscription)
        return await shown(caller, subscription)

    _payment_routes(router, callers, selling)
    return router


def _payment_routes(router: APIRouter, callers: Callers, selling: Selling) -> None:
    signed_in = Depends(callers.signed_in)

    @router.get("/payments", operation_id="list_payments")
    async def payments(caller: Annotated[Caller, signed_in]) -> list[PaymentAnswer]:
        """What you, your organisations or your subscribers paid, newest first."""
        return [PaymentAnswer.of(one) for one in await selling.payments.listed(caller)]

    @router.get("/owed", operation_id="list_owed")
    async def owed(caller: Annotated[Caller, signed_in]) -> list[OwedAnswer]:
        """How each subscription stands with paying: of yours, of your organisations, and to your plans."""
        shown = await selling.subscriptions.all(caller)
        found = await selling.owing.of(shown)
        return [OwedAnswer.of(one, owed) for one in shown for owed in found.get(one.subscription.id, ())]

    @router.post("/payments", operation_id="record_payment")
    async def record(body: PaymentBody, caller: Annotated[Caller, signed_in]) -> PaymentOutcome:
        """Record what arrived (administrators, and the publisher)."""
        outcome = await selling.payments.record(caller, ManualPayment(**body.model_dump()))
        selling.entitlements.forget()
        return PaymentOutcome(outcome=outcome)

    @router.get("/payment-messages", operation_id="list_payment_messages")
    async def messages(caller: Annotated[Caller, signed_in]) -> list[PaymentMessageAnswer]:
        """What providers told and what it led to (administrators only), newest first."""
        return [PaymentMessageAnswer.model_validate(one) for one in await selling.payments.messages(caller)]

    @router.post("/payments/{provider}/messages", operation_id="receive_payment_message")
    async def receive(provider: str, request: Request) -> PaymentOutcome:
        """A message of a payment provider, signed as standardwebhooks.com says; needs no account. See docs/plans.md."""
        outcome = await selling.payments.receive(provider, request.headers, await request.body())
        selling.entitlements.forget()
        return PaymentOutcome(outcome=outcome)
