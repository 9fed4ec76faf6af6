"""Collections by the official client."""

from __future__ import annotations

from tests.wire.hf_world import HubWorld

SCRIPT = """
import warnings
warnings.simplefilter("ignore")
api.create_repo("ada/tiny"); api.create_repo("ada/poems", repo_type="dataset")
made = api.create_collection("Small models", description="That run anywhere")
answer["url"] = made.url == f"{os.environ['HF_ENDPOINT']}/collections/{made.slug}"
again = api.create_collection("Small models", exists_ok=True)
answer["exists"] = [again.slug == made.slug, raised(api.create_collection, "Small models")[0]]
api.add_collection_item(made.slug, "ada/tiny", "model", note="Look")
filled = api.add_collection_item(made.slug, "ada/poems", "dataset")
answer["items"] = [[one.item_id, one.item_type, one.note, one.position] for one in filled.items]
answer["twice"] = raised(api.add_collection_item, made.slug, "ada/tiny", "model")[0]
answer["missing"] = raised(api.add_collection_item, made.slug, "ada/none", "model")[0]
answer["paper"] = raised(api.add_collection_item, made.slug, "2307.09288", "paper")[0]
api.update_collection_item(made.slug, filled.items[0].item_object_id, note="Look again", position=1)
renamed = api.update_collection_metadata(made.slug, title="Tiny ones", theme="pink", private=True)
answer["renamed"] = [renamed.theme, renamed.private, renamed.slug == f"ada/tiny-ones-{made.slug[-24:]}"]
old = api.get_collection(made.slug)
answer["old"] = [old.slug == renamed.slug, [one.item_id for one in old.items], old.items[1].note]
answer["lists"] = [[one.title for one in api.list_collections(**by)] for by in
                   [dict(owner="ada"), dict(item="models/ada/tiny"), dict(item="models/ada/none"), dict(owner=["bob"])]]
answer["hidden"] = raised(HfApi(token=given["bob"]).get_collection, made.slug)[0]
api.delete_collection_item(made.slug, filled.items[0].item_object_id)
api.delete_collection_item(made.slug, filled.items[0].item_object_id, missing_ok=True)
api.delete_collection(made.slug)
api.delete_collection(made.slug, missing_ok=True)
answer["gone"] = raised(api.get_collection, made.slug)[0]
"""


async def test_the_client_keeps_collections(hub_world: HubWorld) -> None:
    ada, bob = await hub_world.user("ada"), await hub_world.user("bob")
    answer = await hub_world.client(SCRIPT, ada, bob=bob)
    error = "HfHubHTTPError"
    assert answer == {
        "url": True,
        "exists": [True, error],
        "items": [["ada/tiny", "model", "Look", 0], ["ada/poems", "dataset", None, 1]],
        "twice": error,
        "missing": "RepositoryNotFoundError",
        "paper": error,
        "renamed": ["pink", True, True],
        "old": [True, ["ada/poems", "ada/tiny"], "Look again"],
        "lists": [["Tiny ones"], ["Tiny ones"], [], []],
        "hidden": error,
        "gone": error,
    }
