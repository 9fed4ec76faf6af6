"""Lists of collections, one of them, and putting something into one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.collections import THEMES, Asked, Collection, CollectionExists, Item
from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotAllowed, NotFound, TooLarge
from commonweight.hub import RepositoryNotFound
from commonweight.identity import Caller
from commonweight.web.contexts import CollectionPage, CollectionRow, CollectionsPage, ItemRow
from commonweight.web.links import of_repository, with_query
from commonweight.web.pages.sending import kept_page
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits

COLLECTIONS: Final = "/collections"
PER_PAGE: Final = 30
KINDS: Final = {"model": _("model"), "dataset": _("data set"), "space": _("space"), "collection": _("collection")}
REFUSALS: Final = (Conflict, InvalidInput, NotAllowed, NotFound, TooLarge)

Deed = Callable[[Caller, Collection, Form], Awaitable[str]]
"""Does something; gives where to go on to."""


class CollectionPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._collections = services.collections
        self._visits = visits
        self._renderer = renderer

    # Lists

    async def list(self, request: Request) -> Response:
        return await self._listing(await self._visits.visit(request), Form({}))

    async def create(self, request: Request) -> Response:
        """What was typed comes back where it is refused."""
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        try:
            if sent.refusal is not None:
                raise sent.refusal
            words = sent.form.one("namespace"), sent.form.one("title"), sent.form.one("description")
            made = await self._collections.create(visit.caller, *words, is_private=bool(sent.form.one("private")))
        except REFUSALS as error:
            return await self._listing(visit, sent.form, error)
        return RedirectResponse(address_of(made), status_code=303)

    async def _listing(self, visit: Visit, form: Form, error: CommonweightError | None = None) -> Response:
        query, owners = visit.request.query_params, _owners(visit.caller)
        owner, page = query.get("owner", "").strip()[:96], query.get("p", "")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 0
        asked = Asked((owner,) if owner else (), limit=PER_PAGE + 1, after=number * PER_PAGE)
        found = await self._collections.list(visit.caller, asked)
        before, behind = [("owner", owner), ("p", str(number - 1 or ""))], [("owner", owner), ("p", str(number + 1))]
        shown = CollectionsPage(
            frame=visit.frame,
            owner=owner,
            rows=tuple(map(collection_row, found[:PER_PAGE])),
            newer=with_query(COLLECTIONS, before) if number else "",
            older=with_query(COLLECTIONS, behind) if len(found) > PER_PAGE else "",
            owners=owners,
            namespace=form.one("namespace") or owner,
            title=form.one("title"),
            description=form.one("description"),
            private=bool(form.one("private")),
            error=error.sentence if error else "",
        )
        return self._renderer.answer(shown, error.status if error else 200)

    # One of them

    async def show(self, request: Request) -> Response:
        """Raises CollectionNotFound."""
        visit = await self._visits.visit(request)
        found = await self._collections.find(visit.caller, _slug(visit))
        if _slug(visit) != found.slug:
            return RedirectResponse(address_of(found), status_code=307)
        return await self._page(visit, found)

    async def change(self, request: Request) -> Response:
        return await self._do(request, self._change)

    async def delete(self, request: Request) -> Response:
        return await self._do(request, self._delete)

    async def change_item(self, request: Request) -> Response:
        return await self._do(request, self._change_item)

    async def remove(self, request: Request) -> Response:
        return await self._do(request, self._remove)

    async def add(self, request: Request) -> Response:
        """From a repository's page, or by a name that was typed on the collection's own."""
        return await self._do(request, self._add)

    async def _do(self, request: Request, deed: Deed) -> Response:
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        slug = _slug(visit) if "slug" in visit.params else sent.form.one("collection")
        found = await self._collections.find(visit.caller, slug)
        try:
            if sent.refusal is not None:
                raise sent.refusal
            onward = await deed(visit.caller, found, sent.form)
        except REFUSALS as error:
            return await self._page(visit, await self._collections.find(visit.caller, found.key), error)
        return RedirectResponse(onward, status_code=303)

    async def _change(self, caller: Caller, found: Collection, form: Form) -> str:
        try:
            changed = await self._collections.update(
                caller,
                found.slug,
                title=form.one("title"),
                description=form.one("description"),
                is_private=bool(form.one("private")),
                theme=form.one("theme"),
            )
        except CollectionExists as error:
            raise InvalidInput(error.detail) from None
        return address_of(changed)

    async def _delete(self, caller: Caller, found: Collection, _form: Form) -> str:
        await self._collections.delete(caller, found.slug)
        return with_query(COLLECTIONS, [("owner", found.namespace)])

    async def _change_item(self, caller: Caller, found: Collection, form: Form) -> str:
        place = form.one("position")
        position = int(place) if place.isascii() and place.isdigit() and len(place) < 7 else None
        note = form.one("note") if "note" in form.values else None
        await self._collections.change_item(caller, found.slug, form.one("item"), note=note, position=position)
        return address_of(found)

    async def _remove(self, caller: Caller, found: Collection, form: Form) -> str:
        await self._collections.remove(caller, found.slug, form.one("item"))
        return address_of(found)

    async def _add(self, caller: Caller, found: Collection, form: Form) -> str:
        kind, (namespace, slash, name) = form.one("kind") or "model", form.one("repository").partition("/")
        if not slash:
            raise RepositoryNotFound(f"{form.one('repository')[:200]!r} is no repository; expected namespace/name.")
        repository = await self._services.hub.find(caller, kind, namespace, name)
        await self._collections.add(caller, found.slug, repository, form.one("note"))
        return address_of(found)

    async def _page(self, visit: Visit, found: Collection, error: CommonweightError | None = None) -> Response:
        items = await self._collections.items(visit.caller, found)
        page = CollectionPage(
            frame=visit.frame,
            row=collection_row(found),
            items=tuple(map(_item_row, items)),
            may_write=visit.caller.may_write(found.namespace_id),
            themes=THEMES,
            command=f"HF_ENDPOINT={visit.frame.base_url} hf collections info {found.slug}",
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)


def address_of(collection: Collection) -> str:
    return f"{COLLECTIONS}/{collection.slug}"


def collection_row(one: Collection) -> CollectionRow:
    return CollectionRow(
        href=address_of(one),
        title=one.title,
        description=one.description,
        owner=one.namespace,
        is_private=one.is_private,
        theme=one.theme,
        when=minute_text(one.updated_at),
    )


def _item_row(item: Item) -> ItemRow:
    if item.repository is not None:
        here = item.repository
        href = of_repository(here) if here.kind in ("model", "dataset") else ""
        return ItemRow(item.key, KINDS[here.kind], here.full_name, href, item.note, here.is_private, item.position)
    assert item.inner is not None
    inner = item.inner
    return ItemRow(item.key, KINDS["collection"], inner.title, address_of(inner), item.note, inner.is_private, item.position)


def _owners(caller: Caller) -> tuple[str, ...]:
    if caller.account is None or not caller.may_write(caller.account.id):
        return ()
    members = [account.name for account, _role in caller.organisations.values() if caller.may_write(account.id)]
    return (caller.account.name, *members)


def _slug(visit: Visit) -> str:
    return f"{visit.params['namespace']}/{visit.params['slug']}"
