"""A fresh desktop session for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.desktop.session import Session, desktop_session, missing
from tests.e2e.desktop.tray_client import Panel


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Bus, screen and window manager."""
    if reason := missing():
        pytest.skip(reason)
    with desktop_session(tmp_path) as running:
        yield running


@pytest.fixture
async def panel(session: Session) -> AsyncIterator[Panel]:
    """Something that shows tray icons."""
    async with Panel(session.environ["DBUS_SESSION_BUS_ADDRESS"]) as shown:
        yield shown
