"""Sign-in, account, a new repository, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame
from commonweight.web.contexts.market import StandingUse


@dataclass(frozen=True)
class LoginPage:
    template: ClassVar[str] = "login.html"

    frame: Frame = says("What is around the page.")
    next: str = says("Path to go to afterwards.")
    error: str = says("Why the last try failed; empty at first.")


@dataclass(frozen=True)
class TokenRow:
    id: int = says("Id by which it is revoked.")
    name: str = says("Name given by its owner.")
    role: str = says("read, write, admin or fine-grained.")
    is_current: bool = says("Whether this browser session came by it.")
    expires: str = says("Its last day; empty: it does not end.", "")
    is_over: bool = says("Whether that day has passed.", False)
    last_used: str = says("The day on which it was used last; empty: never.", "")
    only: tuple[tuple[str, tuple[str, ...]], ...] = says("Of a fine-grained one: each name, and what it may do there.", ())


@dataclass(frozen=True)
class TokenForm:
    """What was typed so far."""

    name: str = says("Name of the new token.", "")
    role: str = says("read, write, admin or fine.", "read")
    expires: str = says("Its last day, as 2027-01-31.", "")
    names: tuple[str, ...] = says("Names that a fine-grained one is for, one for each line of the form.", ())
    scopes: tuple[tuple[str, ...], ...] = says("What it may do with each.", ())
    inference: bool = says("Whether a fine-grained one calls models.", False)


@dataclass(frozen=True)
class TokensPage:
    template: ClassVar[str] = "tokens.html"

    frame: Frame = says("What is around the page.")
    tokens: tuple[TokenRow, ...] = says("Tokens that are not revoked, the newest first.")
    roles: tuple[str, ...] = says("Roles that a new token may have.")
    scopes: tuple[tuple[str, str], ...] = says("Word and meaning of what a fine-grained token may do.")
    places: tuple[str, ...] = says("The account and its organisations: what a fine-grained one can be for.")
    form: TokenForm = says("What was typed so far.", TokenForm())
    new_token: str = says("A token just made, shown this once; empty otherwise.", "")
    error: str = says("Why the last deed failed; empty otherwise.", "")


@dataclass(frozen=True)
class SettingsPage:
    template: ClassVar[str] = "settings.html"

    frame: Frame = says("What is around the page.")
    account: str = says("Name of the account.")
    fullname: str = says("Its name for people.")
    organisations: tuple[tuple[str, str], ...] = says("Name of each organisation and the caller's role.")
    tokens: int = says("How many tokens there are.")
    use: StandingUse | None = says("The standing use.")


@dataclass(frozen=True)
class NewPage:
    template: ClassVar[str] = "new.html"

    frame: Frame = says("What is around the page.")
    namespaces: tuple[str, ...] = says("Accounts under which the caller may create.")
    namespace: str = says("The one chosen.")
    name: str = says("Name typed so far.")
    kind: str = says("model or dataset.")
    visibility: str = says("public or private.")
    error: str = says("Why the last try failed; empty at first.")


@dataclass(frozen=True)
class ErrorPage:
    template: ClassVar[str] = "error.html"

    frame: Frame = says("What is around the page.")
    status: int = says("HTTP status.")
    title: str = says("What happened, in three words.")
    detail: str = says("What came and what was expected.")
    hint: str = says("What to do next; empty where nothing helps.")
    request_id: str = says("By which the operator finds it in the logs.")
    offers_sign_in: bool = says("Whether signing in may help.")


@dataclass(frozen=True)
class KeptPage:
    """A form that came without its session: given back whole."""

    template: ClassVar[str] = "kept.html"

    frame: Frame = says("What is around the page.")
    action: str = says("Where the form goes.")
    fields: tuple[tuple[str, str], ...] = says("Name and value of all that was typed.")
    is_long: bool = says("Whether it may be too long for a plain form.", False)


@dataclass(frozen=True)
class DevicePage:
    """Somebody lets a device in that has no browser."""

    template: ClassVar[str] = "device.html"

    frame: Frame = says("What is around the page.")
    code: str = says("The code that the device shows.", "")
    client: str = says("Address from which it asked.", "")
    program: str = says("What it calls itself.", "")
    since: str = says("When it asked; empty while no code was given.", "")
    roles: tuple[str, ...] = says("Roles that its token may have.", ())
    done: str = says("approve or refuse, when that was done; empty before.", "")
    error: str = says("Why it cannot be; empty otherwise.", "")
