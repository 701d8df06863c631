"""One line in the log for each exchange: who asked for what, and how it ended; nothing of what was said."""

from __future__ import annotations

import logging
from collections import OrderedDict

from app.core.bus import Bus
from app.core.events import Event, ExchangeEnded, ExchangeStarted, ServerStarted

log = logging.getLogger(__name__)

_MOST_RUNNING = 1_000
_SHOWN_CHARACTERS = 80


def log_exchanges(bus: Bus) -> None:
    """Write a line for every exchange that ends, for as long as the bus lives."""
    bus.subscribe(_ExchangeLog().note)


class _ExchangeLog:
    """Keeps what began until it ends."""

    def __init__(self) -> None:
        self._running: OrderedDict[str, ExchangeStarted] = OrderedDict()

    def note(self, event: Event) -> None:
        match event:
            case ServerStarted(address, engine, _):
                log.info("listening on %s, engine %s", address, engine)
            case ExchangeStarted():
                self._running[event.request_id] = event
                while len(self._running) > _MOST_RUNNING:
                    self._running.popitem(last=False)
            case ExchangeEnded():
                _write(self._running.pop(event.request_id, None), event)
            case _:
                pass


def _write(began: ExchangeStarted | None, ended: ExchangeEnded) -> None:
    first = "none" if ended.first_token_seconds is None else f"{ended.first_token_seconds:.2f} s"
    log.info(
        "%s %s app=%s model=%s served=%s stream=%s: %s (%s) in %.2f s, first token %s, tokens %d in %d out",
        ended.request_id,
        _short(began.path) if began else "?",
        _short(began.key_name) if began else "?",
        _short(began.model) if began else "?",
        _short(ended.served_model or "none"),
        "yes" if began and began.streaming else "no",
        ended.outcome.value,
        ended.detail,
        ended.duration_seconds,
        first,
        ended.input_tokens,
        ended.output_tokens,
    )


def _short(text: str) -> str:
    """What an app may choose freely, cut to a length that leaves the line readable."""
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
