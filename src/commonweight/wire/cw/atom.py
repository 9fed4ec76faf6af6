"""Changes of verdicts as an Atom feed (RFC 4287), page after page (RFC 5005, section 3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from commonweight.policy import CAUSES, Change

MEDIA_TYPE: Final = "application/atom+xml"
TITLE: Final = "Verdicts that changed"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_SINCE: Final = "2026"  # of the tag URIs (RFC 4151): a year in which the authority had its name
#: What XML 1.0 cannot hold, escaped or not (section 2.2).
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom_feed(changes: Sequence[Change], name: str, base_url: str, address: str, following: str, now: datetime) -> bytes:
    """
    The document. `name` tells feeds with other filters apart; `address` is the feed's own with its query, `following` that
    of the next page or empty; both below `base_url`. Ids are tag URIs of the host: an entry is known again on any page.
    """
    authority = urlsplit(base_url).hostname or "commonweight"
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _text(feed, "id", f"tag:{authority},{_SINCE}:changes{name and f'?{name}'}")
    _text(feed, "title", TITLE)
    _text(feed, "subtitle", "A reading of the licence texts, not legal advice.")
    _text(feed, "updated", _moment(max((one.at for one in changes), default=now)))
    author = SubElement(feed, "author")
    _text(author, "name", "Commonweight")
    _text(feed, "generator", "Commonweight")
    _link(feed, "self", base_url + address, MEDIA_TYPE)
    _link(feed, "alternate", f"{base_url}/rights/changes", "text/html")
    if following:
        _link(feed, "next", base_url + following, MEDIA_TYPE)
    for change in changes:
        _entry(feed, change, base_url, authority)
    indent(feed)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(feed, encoding="unicode")}\n'.encode()


def _entry(feed: Element, change: Change, base_url: str, authority: str) -> None:
    entry = SubElement(feed, "entry")
    _text(entry, "id", f"tag:{authority},{_SINCE}:changes/{change.id}")
    _text(entry, "title", f"{change.title}: {change.before} → {change.after} ({change.use})")
    _text(entry, "updated", _moment(change.at))
    _text(entry, "published", _moment(change.at))
    _link(entry, "alternate", f"{base_url}/verdicts/{change.verdict_after}", "text/html")
    if change.verdict_before != change.verdict_after:
        _link(entry, "related", f"{base_url}/verdicts/{change.verdict_before}", "text/html")
    SubElement(entry, "category", {"term": change.cause.kind, "label": CAUSES[change.cause.kind]})
    summary = SubElement(entry, "summary", {"type": "text"})
    summary.text = _clean(" ".join(part for part in (CAUSES[change.cause.kind], change.headline) if part))


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _clean(text)


def _link(parent: Element, rel: str, href: str, media_type: str) -> None:
    SubElement(parent, "link", {"rel": rel, "href": _clean(href), "type": media_type})


def _clean(text: str) -> str:
    return _NO_XML.sub("�", text)


def _moment(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
