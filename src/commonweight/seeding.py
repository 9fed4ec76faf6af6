"""
The fixed world of a test installation, from a YAML file: made, and made anew, by what the rooms do for everybody.

`commonweight seed FILE` applies a file and keeps a copy in the home folder; `POST /cw/v1/development/reseed` applies that
copy again, so that a test-suite which deletes and cancels finds everything in its place. Both exist in development mode
only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from commonweight.errors import Conflict, InvalidInput, NotAllowed
from commonweight.identity import Caller, MemberRole, Role, TokenInfo
from commonweight.plans import AlreadySubscribed, PlanEdit
from commonweight.rooms import Rooms
from commonweight.seeding_files import FileSeeder
from commonweight.seeding_kept import KeptSeeder
from commonweight.seeding_tunings import TuningSeeder
from commonweight.settings import Settings

SECTIONS: Final = (
    "users",
    "organisations",
    "aliases",
    "plans",
    "retention",
    "kept",
    "conversations",
    "files",
    "uploads",
    "batches",
    "tunings",
    "tuned_models",
)
KEPT_AS: Final = "seed.yaml"
SEE_HELP: Final = "See: commonweight seed --help"


class NothingSeeded(Conflict):
    code = "nothing_seeded"


def read_seed(path: Path) -> dict[str, Any]:
    """The document of a seed file. Raises InvalidInput."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} is not YAML: {error}.") from None
    if not isinstance(document, dict) or not document.keys() <= set(SECTIONS):
        raise InvalidInput(f"{path} must hold a mapping with some of: {', '.join(SECTIONS)}.", hint=SEE_HELP)
    return document


def check_development(settings: Settings) -> None:
    """Raises NotAllowed outside of development mode."""
    if not settings.development:
        hint = "Set COMMONWEIGHT_DEVELOPMENT=1 on a test installation."
        raise NotAllowed("Seeding takes token values from a file.", hint=hint)


class Seeder:
    """Applies seeds to an installation. Doing it again changes nothing that is as it should be."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def apply(self, file: Path) -> dict[str, int]:
        """How much of each section there was. Raises InvalidInput for another shape, NotAllowed."""
        check_development(self._rooms.settings)
        document = read_seed(file)
        try:
            for user in document.get("users", []):
                await self._user(user)
            for organisation in document.get("organisations", []):
                await self._organisation(organisation)
            await self._aliases(document.get("aliases", {}))
            for plan in document.get("plans", []):
                await self._plan(plan)
            await self._answers(document)
            await self._files(document)
            await self._tunings(document)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise InvalidInput(f"{file} does not have the expected shape ({error}).", hint=SEE_HELP) from None
        if file != self._kept:
            self._kept.write_bytes(file.read_bytes())
        return {section: len(document[section]) for section in SECTIONS if section in document}

    async def _answers(self, document: Mapping[str, Any]) -> None:
        seeder = KeptSeeder(self._rooms)
        for said in document.get("retention", []):
            await seeder.decision(await self._administrator(), said)
        for said in document.get("kept", []):
            await seeder.answer(said)
        for said in document.get("conversations", []):
            await seeder.conversation(said)

    async def _files(self, document: Mapping[str, Any]) -> None:
        seeder = FileSeeder(self._rooms)
        for section, restore in (("files", seeder.file), ("uploads", seeder.upload), ("batches", seeder.batch)):
            for said in document.get(section, []):
                await restore(said)

    async def _tunings(self, document: Mapping[str, Any]) -> None:
        seeder = TuningSeeder(self._rooms)
        for section, restore in (("tunings", seeder.tuning), ("tuned_models", seeder.model)):
            for said in document.get(section, []):
                await restore(said)

    async def again(self) -> dict[str, int]:
        """Apply what was applied last. Raises NothingSeeded."""
        if not self._kept.exists():
            raise NothingSeeded("Nothing was seeded here yet.", hint="Run: commonweight seed FILE")
        return await self.apply(self._kept)

    @property
    def _kept(self) -> Path:
        return self._rooms.settings.home / KEPT_AS

    async def _user(self, user: Mapping[str, Any]) -> None:
        identity, name = self._rooms.identity, str(user["name"])
        account = await identity.find_account(name) or await identity.create_user(name, user.get("fullname", ""))
        held = {info.name for info in await identity.tokens_of(account)}
        for token in user.get("tokens", []):
            if token["name"] not in held:
                role = _role(token.get("role", "write"))
                await identity.create_token(account, token["name"], role, value=str(token["value"]))

    async def _organisation(self, organisation: Mapping[str, Any]) -> None:
        identity, name = self._rooms.identity, str(organisation["name"])
        account = await identity.find_account(name)
        if account is None:
            visibility = organisation.get("default_visibility", "public")
            fullname = organisation.get("fullname", "")
            account = await identity.create_organisation(name, fullname, default_visibility=visibility)
        for member in organisation.get("members", []):
            await identity.set_member(account, await identity.account(member["user"]), _member_role(member["role"]))

    async def _aliases(self, aliases: Mapping[str, Any]) -> None:
        if not aliases:
            return
        administrator = await self._administrator()
        there = {entry.name: list(entry.targets) for entry in await self._rooms.offers.aliases(administrator)}
        for name, targets in aliases.items():
            wanted = [targets] if isinstance(targets, str) else list(targets)
            if there.get(name) != wanted:
                await self._rooms.offers.set_alias(administrator, name, wanted)

    async def _plan(self, plan: Mapping[str, Any]) -> None:
        selling, administrator = self._rooms.selling, await self._administrator()
        edit = PlanEdit(str(plan["name"]), plan.get("title", ""), plan.get("description", ""), plan["terms"])
        offered = await selling.offering.offer(administrator, str(plan["publisher"]), edit)
        for subscriber in plan.get("subscribers", []):
            try:
                await selling.subscribing.subscribe(administrator, offered.id, str(subscriber))
            except AlreadySubscribed:
                continue

    async def _administrator(self) -> Caller:
        account = await self._rooms.identity.account(self._rooms.settings.admin)
        return Caller(account, TokenInfo(0, "seed", Role.ADMIN))


def _member_role(word: str) -> MemberRole:
    if word.upper() not in MemberRole.__members__:
        raise InvalidInput(f"{word!r} is no role of a member; expected read, contributor, write or admin.")
    return MemberRole[word.upper()]


def _role(word: str) -> Role:
    if word.upper() not in Role.__members__:
        raise InvalidInput(f"{word!r} is no role; expected read, write or admin.")
    return Role[word.upper()]
