"""/cw/v1/development: for test-suites against a test installation. Absent outside of development mode."""

# No postponed annotations here: the framework reads those of the handlers.

from collections.abc import Awaitable, Callable

from fastapi import APIRouter

Reseed = Callable[[], Awaitable[dict[str, int]]]


def development_routes(reseed: Reseed) -> APIRouter:
    """For anybody: a development installation listens on loopback alone."""
    router = APIRouter(prefix="/development", tags=["development"])

    @router.post("/reseed", operation_id="reseed")
    async def again() -> dict[str, int]:
        """Bring the seeded world back to where `commonweight seed` made it."""
        return await reseed()

    return router
