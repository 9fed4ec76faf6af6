"""The own API of this server below /cw/v1: rights and choosing. Described by OpenAPI at /cw/v1/openapi.json."""

from commonweight.wire.cw.app import PREFIX, cw_app
from commonweight.wire.cw.services import CwServices

__all__ = ["PREFIX", "CwServices", "cw_app"]
