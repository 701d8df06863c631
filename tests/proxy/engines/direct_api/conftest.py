"""A direct engine that talks to the stand-in through the real package."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.proxy.engines.direct_api import DirectEngine
from app.proxy.engines.direct_api.access import Access
from tests.stand_in import KEY, StandIn


@pytest.fixture
async def engine(stand_in: StandIn) -> AsyncIterator[DirectEngine]:
    running = DirectEngine(Access(KEY, stand_in.url))
    yield running
    await running.close()
