"""What starts and ends with the server although it answers nothing: each owns one thing for that time."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.control_file import Control, remove_control, write_control
from app.core.history import History

if TYPE_CHECKING:
    from app.proxy.engines.agent_sdk.desk import AgentSignInDesk

log = logging.getLogger(__name__)


class LazyDesk:
    """The sign-in desk, made when it is first asked for: that loads the engine's library. Thread-safe."""

    def __init__(self, make: Callable[[], AgentSignInDesk]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self.made: AgentSignInDesk | None = None

    def __call__(self) -> AgentSignInDesk:
        with self._lock:
            if self.made is None:
                self.made = self._make()
        return self.made

    async def start(self) -> None:
        """Nothing to do before somebody asks."""

    async def close(self) -> None:
        if self.made:
            await self.made.close()


class HistoryService:
    """The history writes for as long as requests are answered."""

    def __init__(self, history: History) -> None:
        self._history = history

    async def start(self) -> None:
        self._history.start()

    async def close(self) -> None:
        await asyncio.to_thread(self._history.close)  # a slow disk must not hold up the loop


class ControlService:
    """The file by which the command line finds the running program."""

    def __init__(self, path: Path, control: Control) -> None:
        self._path, self._control = path, control

    async def start(self) -> None:
        try:
            await asyncio.to_thread(write_control, self._path, self._control)
        except OSError:
            log.exception("commands can't reach Tidegate, because its file can't be written")

    async def close(self) -> None:
        await asyncio.to_thread(remove_control, self._path, self._control)
