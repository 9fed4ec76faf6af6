"""All routes of this wire."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request

from commonweight.asgi import Group
from commonweight.collections import Collections
from commonweight.hub import Hub
from commonweight.identity import DeviceLogin, Identity, Organisations
from commonweight.storage import Storage
from commonweight.vetting.scans import UnsafeGuard
from commonweight.webhooks import Webhooks
from commonweight.wire.huggingface.access import Access, Downloads
from commonweight.wire.huggingface.accounts import AccountCalls
from commonweight.wire.huggingface.branches import BranchCalls
from commonweight.wire.huggingface.collections import CollectionCalls
from commonweight.wire.huggingface.copies import CopyCalls
from commonweight.wire.huggingface.device_login import DeviceLoginCalls
from commonweight.wire.huggingface.discussions import DiscussionCalls, Rendered, as_text
from commonweight.wire.huggingface.errors import dress
from commonweight.wire.huggingface.files import FileCalls
from commonweight.wire.huggingface.gating import GateCalls
from commonweight.wire.huggingface.info import InfoCalls
from commonweight.wire.huggingface.large_files import LargeFileCalls
from commonweight.wire.huggingface.likes import LikeCalls
from commonweight.wire.huggingface.listing import ListCalls, Warm, nothing_runs
from commonweight.wire.huggingface.people import PeopleCalls
from commonweight.wire.huggingface.repos import RepositoryCalls
from commonweight.wire.huggingface.resolve import ResolveCalls
from commonweight.wire.huggingface.uploads import UploadCalls
from commonweight.wire.huggingface.webhooks import WebhookCalls
from commonweight.wire.huggingface.xet_tokens import CasMint, XetTokenCalls
from commonweight.wire.lfs import LfsCalls


def huggingface_group(
    hub: Hub,
    identity: Identity,
    storage: Storage,
    cas: CasMint,
    signing_key: bytes,
    base_url: Callable[[Request], str],
    downloads: Downloads | None = None,
    rendered: Rendered = as_text,
    collections: Collections | None = None,
    warm: Warm = nothing_runs,
    devices: DeviceLogin | None = None,
    organisations: Organisations | None = None,
    webhooks: Webhooks | None = None,
    guard: UnsafeGuard | None = None,
) -> Group:
    """
    The hub as `huggingface_hub` and its kin speak to it, at the root of the server, and git-lfs with it.

    `cas` makes tokens for the content store, `signing_key` signs addresses for LFS bytes, `base_url(request)` is how this
    client reaches us. `downloads` is asked before bytes go out (None: nobody is). `rendered` makes HTML of comments, `warm`
    tells which models run now. Without `collections`, `webhooks`, `devices` (logins by a code) and `organisations` (and
    people, told of) there are none; without `guard` nothing is said of what was found in files.
    """
    access = Access(hub, identity, base_url, downloads)
    calls = (
        AccountCalls(hub, access),
        RepositoryCalls(hub, access),
        InfoCalls(hub, access, guard.scans if guard else None),
        ListCalls(hub, access, warm),
        FileCalls(hub, access, guard.scans if guard else None),
        BranchCalls(hub, access),
        DiscussionCalls(hub, access, rendered),
        GateCalls(hub, access),
        LikeCalls(hub, access),
        UploadCalls(hub, access),
        CopyCalls(hub, storage, access),
        LargeFileCalls(hub, access),
        XetTokenCalls(hub, access, cas),
        ResolveCalls(hub, access, guard),
        LfsCalls(hub, storage, access, signing_key, guard),
    )
    routes = [route for one in calls for route in one.routes()]
    if collections is not None:
        routes += CollectionCalls(collections, hub, access).routes()
    if devices is not None:
        routes += DeviceLoginCalls(devices, base_url).routes()
    if organisations is not None:
        routes += PeopleCalls(hub, organisations, access).routes()
    if webhooks is not None:
        routes += WebhookCalls(webhooks, access).routes()
    return Group("/api", routes, dress)
