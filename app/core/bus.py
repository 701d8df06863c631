"""Carries events from where they happen to whoever watches, without ever making the first wait for the second."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

from app.core.events import Event

log = logging.getLogger(__name__)

Listener: TypeAlias = Callable[[Event], None]


class Bus:
    """Calls each listener in turn, on the publisher's thread; a listener must only take note and return.

    A listener that raises is logged and kept: one watcher's fault costs neither the request nor the others.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Start calling `listener`; the returned function stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, event: Event) -> None:
        """Tell every listener."""
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:
                log.exception("a listener failed on %s", type(event).__name__)
