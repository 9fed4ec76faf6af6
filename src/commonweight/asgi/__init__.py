"""The outermost layer of the application: routes on the raw path, errors in the shape of whose route it was."""

from commonweight.asgi.headers import header_in
from commonweight.asgi.multipart import FileForm
from commonweight.asgi.paths import raw_path_of, split_raw_path
from commonweight.asgi.proxies import TrustedProxies, base_url, client_of
from commonweight.asgi.router import Router
from commonweight.asgi.routes import Group, Handler, Needs, Route, dress_as_problem

__all__ = [
    "FileForm",
    "Group",
    "Handler",
    "Needs",
    "Route",
    "Router",
    "TrustedProxies",
    "base_url",
    "client_of",
    "dress_as_problem",
    "header_in",
    "raw_path_of",
    "split_raw_path",
]
