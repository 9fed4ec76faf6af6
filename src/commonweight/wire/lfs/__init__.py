"""Large files as git-lfs and older hub clients send and fetch them: batch, basic transfer, verify."""

from __future__ import annotations

from commonweight.wire.lfs.wire import LfsAccess, LfsCalls

__all__ = ["LfsAccess", "LfsCalls"]
