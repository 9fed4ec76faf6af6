"""What the files of a repository say of its licence, as its pages show it."""

from __future__ import annotations

from commonweight.web.contexts import FilesSayView
from commonweight.web.links import in_repository
from commonweight.web.pages.heads import Seen
from commonweight.web.presenting.files_say import files_say_view
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit


async def files_say_of(services: WebServices, visit: Visit, seen: Seen) -> FilesSayView:
    """For whoever visits, by their right to the files."""
    said = await services.policy.files_say(visit.caller, seen.revision)
    kind = "/models" if seen.repository.kind == "model" else ""  # the address of any other begins with its kind
    return files_say_view(
        said,
        services.policy.records,
        lambda path: in_repository(seen.repository, "blob", seen.revision.commit, path),
        f"/cw/v1{kind}{seen.href}/licence-texts?revision={seen.revision.commit}",
    )
