from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
