"""Telling what the files of a revision say, as far as the caller may know."""

from __future__ import annotations

from commonweight.errors import InvalidInput
from commonweight.hub import GatedRepository, Hub, KnownModel, Revision
from commonweight.identity import Caller
from commonweight.policy.files_say import FilesSay, files_say
from commonweight.policy.subjects import Headers
from commonweight.rights import Records
from commonweight.vetting import LicenceTexts


class FilesTold:
    def __init__(self, hub: Hub, texts: LicenceTexts, records: Records, headers: Headers | None) -> None:
        self._hub = hub
        self._texts = texts
        self._records = records
        self._headers = headers

    async def of(self, caller: Caller, model: Revision | KnownModel) -> FilesSay:
        """
        Which licence each text of a revision is, beside what its card claims. Whoever may not have the files is not told
        what differs in them. Raises InvalidInput for a model that is only known.
        """
        if isinstance(model, KnownModel):
            raise InvalidInput(
                f"{model.id} is known and not kept here: there are no files of it.", hint="Bring it in first."
            )
        facts = await self._hub.facts(model)
        named = (await self._headers.said(model, facts)).licences if self._headers else ()
        said = await files_say(model, facts, self._texts, self._records, named)
        try:
            await self._hub.check_files(caller, model.repository)
        except GatedRepository:
            return said.without_differences()
        return said
