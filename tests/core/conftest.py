"""A history on a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.bus import Bus
from app.core.history import History
from tests.core.exchange_events import NOON, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def bus(clock: Clock) -> Bus:
    return Bus(clock=clock)


@pytest.fixture
def history(tmp_path: Path, bus: Bus, clock: Clock) -> Iterator[History]:
    made = History(tmp_path / "history.db", bus, clock=clock)
    made.start()
    yield made
    made.close()
