"""GET /cw/v1/models/{namespace}/{name}/pack."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

import base64
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from commonweight.identity import Caller
from commonweight.policy import MadePack, Packs, Policy, Wanted
from commonweight.rights import in_language
from commonweight.rights.pack import PackFile, as_zip
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.languages import Language

MAX_NAME = 96  # characters of a repository's name


class PackFileAnswer(BaseModel):
    """One file. `content` is text, or base64 where `encoding` says so; `along`: it goes along with copies."""

    path: str
    about: str
    along: bool
    digest: str
    encoding: Literal["utf-8", "base64"]
    content: str


class PackAnswer(BaseModel):
    """A pack (docs/pack.md). `refusal` says why there is none for an act that may not be done."""

    act: str
    value: str
    refusal: str
    is_complete: bool
    is_own: bool
    missing: list[str]
    naming: dict[str, Any]
    files: list[PackFileAnswer]


def pack_routes(callers: Callers, policy: Policy, packs: Packs, address: Callable[[Request], str]) -> APIRouter:
    """What an act with a model owes, as files."""
    router = APIRouter(tags=["rights"])

    @router.get("/models/{namespace}/{name}/pack", operation_id="make_pack", response_model=PackAnswer)
    async def pack(
        namespace: str,
        name: str,
        request: Request,
        caller: Annotated[Caller, Depends(callers.anybody)],
        language: Language,
        act: Annotated[
            str, Query(description="publish_derivative, redistribute, ...; what fits the model if left out")
        ] = "",
        planned_name: Annotated[
            str, Query(description="the name under which it will be published", max_length=MAX_NAME)
        ] = "",
        revision: Annotated[str, Query(description="branch, tag or commit; main where left out")] = "",
        format: Annotated[Literal["json", "zip"], Query(description="json with the files in it, or a zip archive")] = "json",
    ) -> Any:
        """Notices, copies of terms, credit, badges, restrictions to pass on, a checklist; or why there are none."""
        asked = f"{namespace}/{name}@{revision}" if revision else f"{namespace}/{name}"
        model = await policy.find(caller, asked)
        made = await packs.make(caller, model, Wanted(act, planned_name, language), address(request))
        return _zip(made, name) if format == "zip" else _answer(made, language)

    return router


def _zip(made: MadePack, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{_plain(name)}-pack.zip"'}
    return Response(as_zip(made.pack.files), media_type="application/zip", headers=headers)


def _plain(name: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in name)


def _answer(made: MadePack, language: str) -> PackAnswer:
    naming = made.pack.naming
    return PackAnswer(
        act=made.act,
        value=made.pack.value.value,
        refusal=made.pack.refusal,
        is_complete=made.pack.is_complete,
        is_own=made.is_own,
        missing=list(made.pack.missing),
        naming={"name": naming.name, "state": naming.state, "prefixes": naming.prefixes, "proposal": naming.proposal},
        files=[_file(file, language) for file in made.pack.files],
    )


def _file(file: PackFile, language: str) -> PackFileAnswer:
    about = str(in_language(language)(file.about))
    shown: dict[str, Any] = {"path": file.path, "about": about, "along": file.along, "digest": file.digest}
    try:
        return PackFileAnswer(**shown, encoding="utf-8", content=file.content.decode())
    except UnicodeDecodeError:
        return PackFileAnswer(**shown, encoding="base64", content=base64.b64encode(file.content).decode())
