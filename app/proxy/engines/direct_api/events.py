"""The bytes of one streamed answer as neutral events, however the network cut them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from app.core.conditions import Condition
from app.proxy.engines.api_stream import ApiStream
from app.proxy.engines.direct_api.faults import fault_of_event
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.stream import Failed, Finished, StreamEvent

_DATA = b"data:"
_decode = msgspec.json.Decoder().decode


class AnswerReader:
    """Reads one answer; lives as long as its response. After `ended` is True nothing more is read."""

    def __init__(self) -> None:
        self.ended = False
        self._rest = b""
        self._stream = ApiStream()

    def read(self, chunk: bytes) -> list[StreamEvent]:
        """The events that this piece completes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        events: list[StreamEvent] = []
        try:
            for line in lines:
                if line.startswith(_DATA) and not self.ended:  # the event's name is in its data too
                    events += self._event(line[len(_DATA) :])
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
            events.append(Failed(fault_of(Condition.SERVICE_ERROR, detail="an event that can't be read")))
            self.ended = True
        return events

    def close(self) -> list[StreamEvent]:
        """The last event when the bytes end; a stream without its end is a failure, however cleanly it stopped."""
        return [] if self.ended else [Failed(fault_of(Condition.STALLED))]

    def _event(self, data: bytes) -> Iterable[StreamEvent]:
        event = _decode(data)
        match event["type"]:
            case "message_stop":
                self.ended = True
                ends = self._stream.end()
                return ends if ends and isinstance(ends[-1], Finished) else [Failed(fault_of(Condition.STALLED))]
            case "error":
                self.ended = True
                return [Failed(fault_of_event(event["error"]))]
            case _:
                return self._stream.translate(event)
