"""
What people look at: pages, templates, styles, scripts. Thin: every decision is made by a room below.

Made with `web_group(WebServices(...))`; see docs/web.md.
"""

from commonweight.web.comments import CommentRenderer
from commonweight.web.group import web_group
from commonweight.web.services import WebServices

__all__ = ["CommentRenderer", "WebServices", "web_group"]
