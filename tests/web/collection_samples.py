"""Made-up pages of collections."""

from __future__ import annotations

from dataclasses import replace

from commonweight.collections import THEMES
from commonweight.web.contexts import CollectionPage, CollectionRow, CollectionsPage, Frame, ItemRow, Page

ROW = CollectionRow(
    href="/collections/ada/small-models-0123456789abcdef01234567",
    title="Small models that run on a laptop",
    description="Tried on a machine of 2019, with notes on what they are good at.",
    owner="ada",
    is_private=False,
    theme="green",
    when="2026-03-01 12:30 UTC",
)
ITEMS = (
    ItemRow("a" * 24, "model", "commonweight/SmolLM2-135M-Instruct-GGUF", "/commonweight/x", "Quick, and wrong.", False, 0),
    ItemRow("b" * 24, "data set", "ada/tickets", "/datasets/ada/tickets", "", True, 1),
    ItemRow("c" * 24, "collection", "Adapters", "/collections/ada/x", "", False, 2),
)


def collection_pages(frame: Frame) -> tuple[Page, ...]:
    listed = CollectionsPage(
        frame=replace(frame, path="/collections"),
        owner="",
        rows=(ROW, replace(ROW, title="Ours", description="", is_private=True, theme="pink")),
        newer="",
        older="/collections?p=1",
        owners=("ada", "analytical"),
        namespace="ada",
        title="Small models",
        description="",
        private=True,
        error="ada has a collection called 'Small models' already.",
    )
    command = f"HF_ENDPOINT=http://127.0.0.1:8484 hf collections info {ROW.href.removeprefix('/collections/')}"
    one = CollectionPage(
        frame=replace(frame, path=ROW.href),
        row=ROW,
        items=ITEMS,
        may_write=True,
        themes=THEMES,
        command=command,
        error="",
    )
    return listed, one, replace(one, may_write=False, items=())
