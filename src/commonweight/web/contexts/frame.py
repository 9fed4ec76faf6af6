"""What every page has around its content."""

from __future__ import annotations

from dataclasses import dataclass

from commonweight.web.contexts.fields import says


@dataclass(frozen=True)
class Frame:
    path: str = says("Path and query of this page, where sign-in returns to.")
    caller: str = says("Name of the account that is signed in; empty for nobody.")
    is_admin: bool = says("Whether the caller administers this installation.")
    csrf: str = says("What every form of this session carries; empty for nobody.")
    language: str = says("Language of the page: a BCP 47 code.")
    picked_language: str = says("The language just picked with ?lang=, to be remembered; else empty.")
    languages: tuple[str, ...] = says("Languages there are.")
    base_url: str = says("Address under which the reader reached this server, without a slash at the end.")


@dataclass(frozen=True)
class Word:
    """One value of a closed vocabulary, ready to be seen: never by colour alone."""

    key: str = says("The value as programs write it.")
    text: str = says("The value as people read it; translated by the template.")
    tone: str = says("good, duty, ask, stop, split, unknown, plain or accent: which colours it wears.")
    icon: str = says("Name of its drawing in parts/icons.html.")
    meaning: str = says("One sentence that explains it.")
