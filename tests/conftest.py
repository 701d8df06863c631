"""What every test may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import hypothesis
import pytest

from tests.stand_in import StandIn

hypothesis.settings.register_profile("untimed", deadline=None)  # how long a thing takes is the benchmark's business
hypothesis.settings.load_profile("untimed")


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    """A fresh stand-in for the model API, on a free port."""
    async with StandIn() as running:
        yield running
