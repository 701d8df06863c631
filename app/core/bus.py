"""Carries events from where they happen to whoever watches, without ever making the first wait for the second."""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from app.core.events import Event

log = logging.getLogger(__name__)

Listener: TypeAlias = Callable[[Event], None]
MOST_WAITING = 1_000
"""Events a slow watcher may lag behind before it loses the oldest: minutes of a busy day."""


class Noted(msgspec.Struct, frozen=True):
    """An event with its number in this run of the program and the moment it was published."""

    number: int
    at: float
    """Unix seconds."""
    event: Event


class Bus:
    """Lives as long as the program. Thread-safe: anyone may publish, and watch from wherever they run.

    A listener is called on the publisher's thread and must only take note; whoever does more follows a feed. A
    listener that raises is logged and kept: one watcher's fault costs neither the request nor the others.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        """`clock`: Unix seconds."""
        self._clock = clock
        self._numbers = itertools.count(1)
        self._listeners: list[Listener] = []
        self._feeds: list[Feed] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Start calling `listener`; the returned function stops it, and may be called twice."""
        self._listeners.append(listener)

        def stop() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return stop

    def follow(self, wake: Callable[[], object], *, most: int = MOST_WAITING) -> Feed:
        """A queue of what is published from now on; close it when nobody reads it any more.

        `wake` is called on the publisher's thread when something waits where nothing did.
        """
        feed = Feed(wake, most, self._feeds.remove)
        self._feeds.append(feed)
        return feed

    def publish(self, event: Event) -> None:
        """Tell every watcher. Feeds come first: what a listener publishes in turn must not overtake its cause."""
        noted = Noted(next(self._numbers), self._clock(), event)
        for feed in tuple(self._feeds):
            feed.put(noted)
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:
                log.exception("a listener failed on %s", type(event).__name__)


class Feed:
    """What one watcher has not read yet; bounded, so that a watcher that hangs costs a little memory and no more."""

    def __init__(self, wake: Callable[[], object], most: int, on_close: Callable[[Feed], object]) -> None:
        self._wake = wake
        self._on_close = on_close
        self._waiting: deque[Noted] = deque(maxlen=most)
        self._lock = threading.Lock()
        self._closed = False
        self.dropped = 0
        """Events lost because this watcher did not keep up; the oldest go first."""

    def put(self, noted: Noted) -> None:
        """Never waits for the watcher."""
        with self._lock:
            was_empty = not self._waiting
            if len(self._waiting) == self._waiting.maxlen:
                self.dropped += 1
            self._waiting.append(noted)
        if was_empty:
            try:
                self._wake()
            except RuntimeError:
                log.debug("a watcher's loop has ended before its feed was closed")

    def take(self) -> list[Noted]:
        """All that waits, oldest first; empty when nothing does."""
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
        return taken

    def close(self) -> None:
        """Safe to call twice."""
        if not self._closed:
            self._closed = True
            self._on_close(self)
