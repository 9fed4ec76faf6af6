"""What a client remembers to have sent must be there: it never sends it again."""

from __future__ import annotations

from pathlib import Path

from commonweight.wire.xet import CasTokens
from tests.wire.hf_world import HubWorld

UPLOAD = """
api.create_repo(given["repository"], private=True)
api.upload_file(path_or_fileobj=Path(given["file"]), path_in_repo="tiny.bin", repo_id=given["repository"])
hf_hub_download(given["repository"], "tiny.bin", local_dir=given["folder"])
answer["back"] = (Path(given["folder"]) / "tiny.bin").read_bytes() == Path(given["file"]).read_bytes()
if given["delete"]:
    api.delete_repo(given["repository"])
"""


async def uploaded(world: HubWorld, token: str, folder: Path, repository: str, *, delete: bool = False) -> bool:
    """Every client here shares one memory, as on one machine. The file is one chunk, of which no possession is proved."""
    file = folder / "tiny.bin"
    file.write_bytes(b"tiny\0" * 100)
    given = {"repository": repository, "file": str(file), "folder": str(folder / "back"), "delete": delete}
    answer = await world.client(UPLOAD, token, environment={"HF_XET_CACHE": str(folder / "memory")}, **given)
    return bool(answer["back"])


async def test_accounts_on_one_machine_upload_the_same_file_to_private_repositories(
    hub_world: HubWorld, tmp_path: Path
) -> None:
    for name in ("ada", "bob"):
        assert await uploaded(hub_world, await hub_world.user(name), tmp_path, f"{name}/tiny")


async def test_an_account_uploads_again_what_it_deleted(hub_world: HubWorld, tmp_path: Path) -> None:
    token = await hub_world.user("ada")
    assert await uploaded(hub_world, token, tmp_path, "ada/first", delete=True)
    assert await uploaded(hub_world, token, tmp_path, "ada/second")


async def test_another_account_and_another_installation_have_other_addresses(clock) -> None:  # type: ignore[no-untyped-def]
    here, elsewhere = CasTokens(b"a" * 32, clock), CasTokens(b"b" * 32, clock)
    assert len({await tokens.path(number) for tokens, number in ((here, 1), (here, 2), (here, None), (elsewhere, 1))}) == 4
    assert await here.path(1) == await CasTokens(b"a" * 32, clock).path(1)


async def test_after_a_restore_clients_are_given_another_address(hub_world: HubWorld, clock) -> None:  # type: ignore[no-untyped-def]
    generation = hub_world.storage.generation
    tokens = CasTokens(b"a" * 32, clock, generation.current)
    before = await tokens.path(1)
    assert await tokens.path(1) == before
    await generation.renew()
    assert await tokens.path(1) != before
