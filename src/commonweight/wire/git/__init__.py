"""git over HTTP: clone, fetch and push with any git."""

from commonweight.wire.git.wire import GitAccess, GitCalls

__all__ = ["GitAccess", "GitCalls"]
