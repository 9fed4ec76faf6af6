"""Every page and its address."""

from __future__ import annotations

from commonweight.asgi import Group, Needs, Route
from commonweight.web.dressing import Dresser
from commonweight.web.pages.access import AccessPages
from commonweight.web.pages.access_requests import AccessRequestPages
from commonweight.web.pages.account import AccountPages
from commonweight.web.pages.admin_selling import AdminSellingPages
from commonweight.web.pages.asking import AskPages
from commonweight.web.pages.browse import BrowsePages
from commonweight.web.pages.card import CardPages
from commonweight.web.pages.changes import ChangesPages
from commonweight.web.pages.chat import ChatPages
from commonweight.web.pages.collections import COLLECTIONS, CollectionPages
from commonweight.web.pages.commits import CommitPages
from commonweight.web.pages.comparing import ComparePages
from commonweight.web.pages.conversions import ConversionPages
from commonweight.web.pages.decisions import DecisionPages
from commonweight.web.pages.discussion import DiscussionPages
from commonweight.web.pages.discussions import DiscussionListPages
from commonweight.web.pages.documents import DocumentPages
from commonweight.web.pages.engines import EnginesPages
from commonweight.web.pages.files import FilePages
from commonweight.web.pages.heads import Heads
from commonweight.web.pages.keys import KEYS, KeyPages
from commonweight.web.pages.licences import LicencePages
from commonweight.web.pages.liking import LikePages
from commonweight.web.pages.lineage import LineagePages
from commonweight.web.pages.market import FrontPage
from commonweight.web.pages.namespace import NamespacePages
from commonweight.web.pages.new import NewPages
from commonweight.web.pages.new_decision import NewDecisionPages
from commonweight.web.pages.new_plan import NewPlanPages
from commonweight.web.pages.new_tuning import NewTuningPages
from commonweight.web.pages.openness import OpennessPages
from commonweight.web.pages.organisation import OrganisationPages
from commonweight.web.pages.packs import PackPages
from commonweight.web.pages.plans import PlanPages
from commonweight.web.pages.policy import PolicyPages
from commonweight.web.pages.privacy import PRIVACY, PrivacyPages
from commonweight.web.pages.receipts import ReceiptPages
from commonweight.web.pages.rights import RightsPages
from commonweight.web.pages.sales import SalesPages
from commonweight.web.pages.scans import ScanPages
from commonweight.web.pages.sign_in import SignInPages
from commonweight.web.pages.statements import StatementPages
from commonweight.web.pages.subscriptions import SubscriptionPages
from commonweight.web.pages.tunings import TuningPages
from commonweight.web.pages.usage import UsagePages
from commonweight.web.pages.use import UsePages
from commonweight.web.pages.uses import UsesPages
from commonweight.web.pages.webhooks import WEBHOOKS, WebhookPages
from commonweight.web.presenting.browse import DATASETS, MODELS
from commonweight.web.presenting.causes import CHANGES
from commonweight.web.presenting.conversions import CONVERSIONS
from commonweight.web.presenting.engines import ENGINES
from commonweight.web.presenting.licences import LICENCES
from commonweight.web.presenting.policy import POLICY
from commonweight.web.presenting.selling import ADMIN_SELLING, PLANS, SALES, STATEMENTS, SUBSCRIPTIONS
from commonweight.web.presenting.tuning_words import TUNING
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.static_files import StaticFiles
from commonweight.web.team import settings_routes, team_routes
from commonweight.web.translations import load_translations
from commonweight.web.visits import Visits

GET = ("GET",)
POST = ("POST",)


def web_group(services: WebServices) -> Group:
    """The pages. They answer for every path that no wire takes."""
    static = StaticFiles.packaged()
    renderer = Renderer(static, load_translations())
    visits = Visits(services.identity, services.base_url, renderer.languages, renderer.language_for)
    heads = Heads(services)
    routes = (
        *_everybody(services, visits, renderer, static),
        *_repositories(services, visits, renderer, heads),
        *_accounts(services, visits, renderer),
        *team_routes(services, visits, renderer),
        *_collections(services, visits, renderer),
        *_tuning(services, visits, renderer),
        *_ours(services, visits, renderer),
        *_selling(services, visits, renderer, heads),
    )
    return Group("/", routes, Dresser(renderer, visits).dress)


def _everybody(services: WebServices, visits: Visits, renderer: Renderer, static: StaticFiles) -> tuple[Route, ...]:
    receipts, browse = ReceiptPages(services, visits, renderer), BrowsePages(services, visits, renderer)
    sign_in, licences = SignInPages(services, visits, renderer), LicencePages(services, visits, renderer)
    return (
        Route(GET, "/", FrontPage(services, visits, renderer).show, Needs.NOTHING),
        Route(GET, "/static/{path...}", static.answer, Needs.NOTHING),
        Route(GET, LICENCES, licences.list, Needs.NOTHING),
        Route(GET, f"{LICENCES}/{{key}}", licences.show, Needs.NOTHING),
        Route(GET, "/.well-known/commonweight-keys.json", receipts.keys, Needs.NOTHING),
        Route(GET, "/verdicts/{id}/receipt.json", receipts.json, Needs.READ),
        Route(GET, "/verdicts/{id}/receipt.html", receipts.page, Needs.READ),
        Route(GET, MODELS, browse.models, Needs.NOTHING),
        Route(GET, DATASETS, browse.datasets, Needs.NOTHING),
        Route(GET, "/models/compare", ComparePages(services, visits, renderer).show, Needs.NOTHING),
        Route(GET, "/login", sign_in.show, Needs.NOTHING),
        Route(POST, "/login", sign_in.sign_in, Needs.NOTHING),
        Route(POST, "/logout", sign_in.sign_out, Needs.NOTHING),
    )


def _repositories(services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> tuple[Route, ...]:
    card, files = CardPages(services, visits, renderer, heads), FilePages(services, visits, renderer, heads)
    commits, rights = CommitPages(services, visits, renderer, heads), RightsPages(services, visits, renderer, heads)
    chat, ask = ChatPages(services, visits, renderer, heads), AskPages(services, visits, renderer, heads)
    lineage = LineagePages(services, visits, renderer, heads)
    packs, scans = PackPages(services, visits, renderer, heads), ScanPages(services, visits, renderer, heads)
    model, data = "/{namespace}/{name}", "/datasets/{namespace}/{name}"
    return (
        Route(GET, "/models/{namespace}/{name}", rights.known, Needs.NOTHING),
        Route(("GET", "POST"), "/models/{namespace}/{name}/ask", ask.known, Needs.SIGNED_IN),
        Route(GET, "/models/{namespace}/{name}/lineage", lineage.known, Needs.NOTHING),
        Route(GET, "/verdicts/{id}", rights.verdict, Needs.READ),
        Route(GET, "/{namespace}", NamespacePages(services, visits, renderer).show, Needs.NOTHING),
        Route(GET, model, card.model, Needs.READ),
        Route(GET, f"{model}/tree/{{revision}}", files.tree, Needs.READ),
        Route(GET, f"{model}/tree/{{revision}}/{{path...}}", files.tree, Needs.READ),
        Route(GET, f"{model}/blob/{{revision}}/{{path...}}", files.blob, Needs.READ),
        Route(GET, f"{model}/commits/{{revision}}", commits.model, Needs.READ),
        Route(GET, f"{model}/scans/{{revision}}", scans.model, Needs.READ),
        Route(GET, f"{model}/rights", rights.model, Needs.READ),
        Route(GET, f"{model}/rights/owed", packs.show, Needs.READ),
        Route(POST, f"{model}/rights/owed", packs.add, Needs.WRITE),
        Route(("GET", "POST"), f"{model}/rights/ask", ask.model, Needs.READ),
        Route(GET, f"{model}/openness", OpennessPages(services, visits, renderer, heads).model, Needs.READ),
        Route(GET, f"{model}/chat", chat.show, Needs.READ),
        Route(GET, f"{model}/lineage", lineage.model, Needs.READ),
        Route(POST, f"{model}/lineage/suspects", lineage.decide, Needs.WRITE),
        Route(GET, data, card.dataset, Needs.READ),
        Route(GET, f"{data}/lineage", lineage.dataset, Needs.READ),
        Route(GET, f"{data}/tree/{{revision}}", files.dataset_tree, Needs.READ),
        Route(GET, f"{data}/tree/{{revision}}/{{path...}}", files.dataset_tree, Needs.READ),
        Route(GET, f"{data}/blob/{{revision}}/{{path...}}", files.dataset_blob, Needs.READ),
        Route(GET, f"{data}/commits/{{revision}}", commits.dataset, Needs.READ),
        Route(GET, f"{data}/scans/{{revision}}", scans.dataset, Needs.READ),
        *_community(model, "model", services, visits, renderer, heads),
        *_community(data, "dataset", services, visits, renderer, heads),
        *settings_routes(model, "model", services, visits, renderer, heads),
        *settings_routes(data, "dataset", services, visits, renderer, heads),
    )


def _community(
    repository: str, kind: str, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads
) -> tuple[Route, ...]:
    """Discussions, pull requests and access requests of the repositories of one kind."""
    talks = DiscussionListPages(services, visits, renderer, heads, kind)
    talk = DiscussionPages(services, visits, renderer, heads, kind)
    access = AccessPages(services, visits, renderer, heads, kind)
    requests = AccessRequestPages(services, visits, renderer, heads, kind)
    base = f"{repository}/discussions"
    one = f"{base}/{{number}}"
    return (
        Route(GET, base, talks.list, Needs.READ),
        Route(POST, base, talks.open, Needs.READ),
        Route(GET, f"{base}/new", talks.new, Needs.READ),
        Route(GET, one, talk.show, Needs.READ),
        Route(GET, f"{one}/files", talk.files, Needs.READ),
        Route(POST, f"{one}/comment", talk.comment, Needs.READ),
        Route(POST, f"{one}/title", talk.rename, Needs.READ),
        Route(POST, f"{one}/status", talk.change_status, Needs.READ),
        Route(POST, f"{one}/merge", talk.merge, Needs.WRITE),
        Route(POST, f"{one}/comments/{{id}}/edit", talk.edit, Needs.READ),
        Route(POST, f"{one}/comments/{{id}}/hide", talk.hide, Needs.READ),
        Route(POST, f"{repository}/like", LikePages(services, visits, renderer, heads, kind).set, Needs.READ),
        Route(GET, f"{repository}/access", access.show, Needs.READ),
        Route(POST, f"{repository}/access", access.ask, Needs.READ),
        Route(POST, f"{repository}/access/withdraw", access.withdraw, Needs.READ),
        Route(GET, f"{repository}/access/requests", requests.show, Needs.WRITE),
        Route(POST, f"{repository}/access/requests", requests.decide, Needs.WRITE),
        Route(POST, f"{repository}/access/grant", requests.grant, Needs.WRITE),
        Route(POST, f"{repository}/access/gate", requests.gate, Needs.WRITE),
    )


def _accounts(services: WebServices, visits: Visits, renderer: Renderer) -> tuple[Route, ...]:
    account, new = AccountPages(services, visits, renderer), NewPages(services, visits, renderer)
    policy, engines = PolicyPages(services, visits, renderer), EnginesPages(services, visits, renderer)
    return (
        Route(GET, ENGINES, engines.show, Needs.ADMIN),
        Route(POST, f"{ENGINES}/load", engines.load, Needs.ADMIN),
        Route(POST, f"{ENGINES}/unload", engines.unload, Needs.ADMIN),
        Route(POST, f"{ENGINES}/pin", engines.pin, Needs.ADMIN),
        Route(POST, f"{ENGINES}/unpin", engines.unpin, Needs.ADMIN),
        Route(GET, "/settings", account.show, Needs.SIGNED_IN),
        Route(GET, CHANGES, ChangesPages(services, visits, renderer).show, Needs.SIGNED_IN),
        Route(GET, POLICY, policy.show, Needs.SIGNED_IN),
        Route(POST, POLICY, policy.save, Needs.ADMIN),
        Route(POST, f"{POLICY}/try", policy.attempt, Needs.ADMIN),
        Route(POST, f"{POLICY}/approvals", policy.approve, Needs.ADMIN),
        Route(POST, f"{POLICY}/approvals/{{id}}/end", policy.end, Needs.ADMIN),
        Route(POST, f"{POLICY}/documents/{{id}}/review", policy.review, Needs.ADMIN),
        Route(GET, "/new", new.show, Needs.SIGNED_IN),
        Route(POST, "/new", new.create, Needs.SIGNED_IN),
    )


def _collections(services: WebServices, visits: Visits, renderer: Renderer) -> tuple[Route, ...]:
    """Lists of repositories that somebody keeps, and who is told of what happens to repositories."""
    pages, hooks = CollectionPages(services, visits, renderer), WebhookPages(services, visits, renderer)
    one = f"{COLLECTIONS}/{{namespace}}/{{slug}}"
    return (
        Route(GET, COLLECTIONS, pages.list, Needs.NOTHING),
        Route(POST, COLLECTIONS, pages.create, Needs.SIGNED_IN),
        Route(POST, f"{COLLECTIONS}/add", pages.add, Needs.SIGNED_IN),
        Route(GET, one, pages.show, Needs.NOTHING),
        Route(POST, f"{one}/change", pages.change, Needs.SIGNED_IN),
        Route(POST, f"{one}/delete", pages.delete, Needs.SIGNED_IN),
        Route(POST, f"{one}/add", pages.add, Needs.SIGNED_IN),
        Route(POST, f"{one}/item", pages.change_item, Needs.SIGNED_IN),
        Route(POST, f"{one}/remove", pages.remove, Needs.SIGNED_IN),
        Route(GET, WEBHOOKS, hooks.list, Needs.SIGNED_IN),
        Route(POST, WEBHOOKS, hooks.create, Needs.SIGNED_IN),
        Route(GET, f"{WEBHOOKS}/{{key}}", hooks.show, Needs.SIGNED_IN),
        Route(POST, f"{WEBHOOKS}/{{key}}", hooks.change, Needs.SIGNED_IN),
        Route(POST, f"{WEBHOOKS}/{{key}}/enable", hooks.enable, Needs.SIGNED_IN),
        Route(POST, f"{WEBHOOKS}/{{key}}/delete", hooks.delete, Needs.SIGNED_IN),
        Route(POST, f"{WEBHOOKS}/{{key}}/resend", hooks.resend, Needs.SIGNED_IN),
    )


def _tuning(services: WebServices, visits: Visits, renderer: Renderer) -> tuple[Route, ...]:
    """Models of one's own."""
    tunings, new = TuningPages(services, visits, renderer), NewTuningPages(services, visits, renderer)
    conversions = ConversionPages(services, visits, renderer)
    return (
        Route(GET, TUNING, tunings.list, Needs.SIGNED_IN),
        Route(GET, f"{TUNING}/new", new.show, Needs.SIGNED_IN),
        Route(POST, f"{TUNING}/new", new.send, Needs.SIGNED_IN),
        Route(GET, CONVERSIONS, conversions.show, Needs.SIGNED_IN),
        Route(POST, CONVERSIONS, conversions.create, Needs.SIGNED_IN),
        Route(GET, f"{CONVERSIONS}/{{id}}", conversions.show_one, Needs.SIGNED_IN),
        Route(POST, f"{CONVERSIONS}/{{id}}/cancel", conversions.cancel, Needs.SIGNED_IN),
        Route(POST, f"{CONVERSIONS}/{{id}}/accept", conversions.accept, Needs.SIGNED_IN),
        Route(GET, f"{TUNING}/{{id}}", tunings.show, Needs.SIGNED_IN),
        Route(POST, f"{TUNING}/{{id}}/pause", tunings.pause, Needs.SIGNED_IN),
        Route(POST, f"{TUNING}/{{id}}/resume", tunings.resume, Needs.SIGNED_IN),
        Route(POST, f"{TUNING}/{{id}}/cancel", tunings.cancel, Needs.SIGNED_IN),
        Route(POST, f"{TUNING}/{{id}}/accept", tunings.accept, Needs.SIGNED_IN),
        Route(POST, f"{TUNING}/{{id}}/discard", tunings.discard, Needs.SIGNED_IN),
    )


def _ours(services: WebServices, visits: Visits, renderer: Renderer) -> tuple[Route, ...]:
    """What the organisation records of itself, below /rights/."""
    organisation = OrganisationPages(services, visits, renderer)
    uses, use = UsesPages(services, visits, renderer), UsePages(services, visits, renderer)
    documents = DocumentPages(services, visits, renderer)
    decisions, new_decision = DecisionPages(services, visits, renderer), NewDecisionPages(services, visits, renderer)
    return (
        Route(GET, "/rights", uses.front, Needs.NOTHING),
        Route(GET, "/settings/use", uses.old_address, Needs.SIGNED_IN),
        Route(GET, "/rights/organisation", organisation.show, Needs.SIGNED_IN),
        Route(POST, "/rights/organisation", organisation.send, Needs.ADMIN),
        Route(GET, "/rights/uses", uses.show, Needs.SIGNED_IN),
        Route(GET, "/rights/uses/new", use.show_new, Needs.SIGNED_IN),
        Route(POST, "/rights/uses/new", use.send_new, Needs.ADMIN),
        Route(GET, "/rights/uses/{id}", use.show, Needs.SIGNED_IN),
        Route(POST, "/rights/uses/{id}", use.send, Needs.ADMIN),
        Route(POST, "/rights/uses/{id}/default", uses.make_default, Needs.ADMIN),
        Route(POST, "/rights/uses/{id}/end", uses.end, Needs.ADMIN),
        Route(GET, "/rights/decisions", decisions.show, Needs.SIGNED_IN),
        Route(GET, "/rights/decisions/document", documents.show, Needs.SIGNED_IN),
        Route(POST, "/rights/decisions/document", documents.send, Needs.ADMIN),
        Route(GET, "/rights/decisions/new/{kind}", new_decision.show, Needs.SIGNED_IN),
        Route(POST, "/rights/decisions/new/{kind}", new_decision.send, Needs.ADMIN),
        Route(GET, "/rights/decisions/{kind}/{name}", decisions.one, Needs.SIGNED_IN),
        Route(POST, "/rights/decisions/decisions/{id}/end", decisions.end_decision, Needs.ADMIN),
        Route(POST, "/rights/decisions/permissions/{id}/end", decisions.end_permission, Needs.ADMIN),
    )


def _selling(services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> tuple[Route, ...]:
    """Plans, and what an account has and owes, below /settings."""
    plans, keys = PlanPages(services, visits, renderer, heads), KeyPages(services, visits, renderer)
    privacy = PrivacyPages(services, visits, renderer)
    subscriptions, new_plan = SubscriptionPages(services, visits, renderer), NewPlanPages(services, visits, renderer)
    sales, admin = SalesPages(services, visits, renderer), AdminSellingPages(services, visits, renderer)
    return (
        Route(GET, PLANS, plans.show, Needs.NOTHING),
        Route(GET, f"{PLANS}/new", new_plan.show, Needs.SIGNED_IN),
        Route(POST, f"{PLANS}/new", new_plan.send, Needs.SIGNED_IN),
        Route(POST, f"{PLANS}/{{id}}/withdraw", new_plan.withdraw, Needs.SIGNED_IN),
        Route(GET, "/{namespace}/{name}/plans", plans.model, Needs.READ),
        Route(GET, SUBSCRIPTIONS, subscriptions.show, Needs.SIGNED_IN),
        Route(POST, SUBSCRIPTIONS, subscriptions.subscribe, Needs.SIGNED_IN),
        Route(GET, f"{SUBSCRIPTIONS}/{{id}}", subscriptions.one, Needs.SIGNED_IN),
        Route(POST, f"{SUBSCRIPTIONS}/{{id}}/{{deed}}", subscriptions.deed, Needs.SIGNED_IN),
        Route(GET, STATEMENTS, StatementPages(services, visits, renderer).show, Needs.SIGNED_IN),
        Route(GET, SALES, sales.show, Needs.SIGNED_IN),
        Route(POST, f"{SALES}/payments", sales.pay, Needs.SIGNED_IN),
        Route(GET, ADMIN_SELLING, admin.show, Needs.ADMIN),
        Route(POST, ADMIN_SELLING, admin.record, Needs.ADMIN),
        Route(POST, f"{ADMIN_SELLING}/{{id}}/end", admin.end, Needs.ADMIN),
        Route(GET, "/settings/usage", UsagePages(services, visits, renderer).show, Needs.SIGNED_IN),
        Route(GET, PRIVACY, privacy.show, Needs.SIGNED_IN),
        Route(POST, f"{PRIVACY}/retention", privacy.keep, Needs.SIGNED_IN),
        Route(POST, f"{PRIVACY}/retention/{{id}}/end", privacy.end_keeping, Needs.SIGNED_IN),
        Route(POST, f"{PRIVACY}/guardrails", privacy.guard, Needs.SIGNED_IN),
        Route(POST, f"{PRIVACY}/guardrails/{{id}}/end", privacy.end_guarding, Needs.SIGNED_IN),
        Route(GET, KEYS, keys.show, Needs.SIGNED_IN),
        Route(POST, KEYS, keys.create, Needs.SIGNED_IN),
        Route(POST, f"{KEYS}/{{id}}/change", keys.change, Needs.SIGNED_IN),
        Route(POST, f"{KEYS}/{{id}}/renew", keys.renew, Needs.SIGNED_IN),
        Route(POST, f"{KEYS}/{{id}}/revoke", keys.revoke, Needs.SIGNED_IN),
    )
