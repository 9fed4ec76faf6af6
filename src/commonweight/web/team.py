"""The pages of people who work together: organisations and their members, and each one's tokens."""

from __future__ import annotations

from commonweight.asgi import Needs, Route
from commonweight.web.pages.device import DEVICE, DevicePages
from commonweight.web.pages.heads import Heads
from commonweight.web.pages.organisations import MembersPages, OrganisationListPages
from commonweight.web.pages.repository_settings import RepositorySettingsPages
from commonweight.web.pages.tokens import TokenPages
from commonweight.web.presenting.organisations import ORGANISATIONS
from commonweight.web.presenting.tokens import TOKENS
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits

GET, POST = ("GET",), ("POST",)


def settings_routes(
    repository: str, kind: str, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads
) -> tuple[Route, ...]:
    """The settings of the repositories of one kind."""
    pages, base = RepositorySettingsPages(services, visits, renderer, heads, kind), f"{repository}/settings"
    return (
        Route(GET, base, pages.show, Needs.WRITE),
        Route(POST, base, pages.change, Needs.WRITE),
        Route(POST, f"{base}/move", pages.move, Needs.WRITE),
        Route(POST, f"{base}/delete", pages.delete, Needs.WRITE),
    )


def team_routes(services: WebServices, visits: Visits, renderer: Renderer) -> tuple[Route, ...]:
    listed, members = OrganisationListPages(services, visits, renderer), MembersPages(services, visits, renderer)
    settings = f"{ORGANISATIONS}/{{name}}/settings"
    tokens, device = TokenPages(services, visits, renderer), DevicePages(services, visits, renderer)
    return (
        Route(GET, DEVICE, device.show, Needs.SIGNED_IN),
        Route(POST, DEVICE, device.decide, Needs.SIGNED_IN),
        Route(GET, TOKENS, tokens.show, Needs.SIGNED_IN),
        Route(POST, TOKENS, tokens.create, Needs.SIGNED_IN),
        Route(POST, f"{TOKENS}/{{id}}/revoke", tokens.revoke, Needs.SIGNED_IN),
        Route(GET, ORGANISATIONS, listed.show, Needs.NOTHING),
        Route(POST, ORGANISATIONS, listed.create, Needs.SIGNED_IN),
        Route(GET, settings, members.show, Needs.SIGNED_IN),
        Route(POST, settings, members.change, Needs.SIGNED_IN),
        Route(POST, f"{settings}/members", members.set_member, Needs.SIGNED_IN),
        Route(POST, f"{settings}/members/remove", members.remove, Needs.SIGNED_IN),
    )
