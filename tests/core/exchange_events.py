"""Events of exchanges with everything in them that a test does not care about."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from app.core.events import ExchangeEnded, ExchangeStarted, Outcome
from app.core.history import History
from app.core.history_queries import exchanges

NOON = time.mktime((2026, 11, 21, 12, 0, 0, 0, 0, -1))


class Clock:
    """Stands still until a test moves it."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def ids(history: History, **asked: Any) -> list[str]:
    """The requests it remembers, the newest first."""
    found, _ = history.read(partial(exchanges, **asked))
    return [exchange.request_id for exchange in found]


def started(request_id: str = "r1", **more: Any) -> ExchangeStarted:
    usual: dict[str, Any] = {
        "path": "/v1/messages",
        "key_name": "Chatbox",
        "model": "sonnet",
        "session_key": None,
        "streaming": True,
        "messages": 1,
        "images": 0,
        "tools": 0,
    }
    return ExchangeStarted(request_id, **usual | more)


def ended(request_id: str = "r1", outcome: Outcome = Outcome.OK, **more: Any) -> ExchangeEnded:
    usual: dict[str, Any] = {
        "detail": "end_turn" if outcome is Outcome.OK else "service_error",
        "status": 200 if outcome is Outcome.OK else 502,
        "served_model": "claude-sonnet-5",
        "duration_seconds": 1.5,
        "first_token_seconds": 0.5,
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_read_tokens": 2,
        "cache_creation_tokens": 1,
        "cost_usd": 0.25,
    }
    return ExchangeEnded(request_id, outcome, **usual | more)
