"""What several tests of services begin with."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from app.config import Settings
from app.services.keeper import Keeper
from app.services.registry import Registry
from tests.app.services.test_keeper import kept


@pytest.fixture(params=["stored", "in memory"])
async def registry(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Registry]:
    """A server's runs, with or without storage."""
    async with AsyncExitStack() as stack:
        if request.param == "stored":
            yield await stack.enter_async_context(kept(tmp_path))
        else:
            registry = Registry(Settings(engine="numpy"), Keeper(None))
            await registry.open()
            yield registry
            await registry.close()
