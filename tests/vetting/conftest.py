"""The small installation of the policy's tests."""

from tests.policy.conftest import catalogues, records, world

__all__ = ["catalogues", "records", "world"]
