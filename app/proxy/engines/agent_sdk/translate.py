"""The CLI's messages of one turn as neutral events."""

from __future__ import annotations

import logging
from collections.abc import Callable

from msgspec.structs import replace

from app.core.conditions import Condition
from app.proxy.engines.agent_sdk.tools import Toolbox
from app.proxy.engines.agent_sdk.transport import Frame
from app.proxy.engines.api_stream import ApiEvent, ApiStream, merged_usage
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.stream import BlockStarted, Failed, Finished, StopReason, StreamEvent, TextDelta, ToolUseBlock

log = logging.getLogger(__name__)

_GOES_ON_BY_ITSELF = {StopReason.MAX_TOKENS, StopReason.CONTEXT_WINDOW_EXCEEDED, StopReason.PAUSE_TURN}
"""After these the CLI asks the service for more; the answer ends here all the same."""


class TurnStream:
    """Translates the frames of one turn; lives as long as that turn.

    Synthetic assistant messages and everything else the CLI says beside the service's own stream are passed over.
    """

    def __init__(self, toolbox: Toolbox, fault_of_result: Callable[[Frame], Fault]) -> None:
        self._toolbox = toolbox
        self._fault_of_result = fault_of_result
        self._stream = ApiStream()
        self._begun = False
        self._offered = toolbox.names
        self._unknown_tool = False
        self._left_out = False
        self._tool_called = False
        self._said_something = False
        self.over = False
        """True once a Finished or Failed was given."""

    def translate(self, frame: Frame) -> tuple[StreamEvent, ...]:
        """The neutral events for one frame, often one or none."""
        match frame["type"]:
            case "stream_event" if not frame.get("parent_tool_use_id"):
                return self._on_api_event(frame["event"])
            case "system" if frame.get("subtype") == "init":
                self._offered = _offered(frame)  # of this turn, once its answer begins
                return ()
            case "result":
                return self._on_result(frame)
            case _:
                return ()

    def _on_api_event(self, event: ApiEvent) -> tuple[StreamEvent, ...]:
        kind = event["type"]
        if kind == "message_start":
            if self._begun:  # the CLI began anew behind an answer that broke off: its words would come twice
                return self._failed(Condition.STALLED)
            if not self._toolbox.names <= self._offered:  # a schema the CLI can't read costs it all tools, silently
                log.warning("the engine's program does not offer the app's tools")
                return self._failed(Condition.REQUEST_REFUSED, "a tool can't be offered with the schema it has")
            self._begun = True
        elif kind == "content_block_start" and event["content_block"]["type"] == "tool_use":
            return self._on_tool_use(event)
        elif self._unknown_tool and kind.startswith("content_block"):
            self._unknown_tool = kind != "content_block_stop"
            return ()
        events = self._stream.translate(event)
        self._said_something = self._said_something or any(map(_is_seen, events))
        if kind == "message_delta" and (end := self._stream.finished) and self._ends_here(end):
            return (*events, *self._end(end))
        return events

    def _on_tool_use(self, event: ApiEvent) -> tuple[StreamEvent, ...]:
        if event["content_block"]["name"] not in self._toolbox.names:
            # Only what the app declared may reach it; no hook ends such a turn, so it is ended here.
            log.info("the model called a tool that was not offered; the call is left out")
            self._unknown_tool = self._left_out = True
            return ()
        self._tool_called = True
        return tuple(
            replace(started, block=ToolUseBlock(started.block.id, self._toolbox.original(started.block.name)))
            if isinstance(started, BlockStarted) and isinstance(started.block, ToolUseBlock)
            else started
            for started in self._stream.translate(event)
        )

    def _ends_here(self, end: Finished) -> bool:
        """Whether to end without waiting for the CLI's result, which carries the cost but comes too late or never."""
        asks_again = not self._said_something and not self._tool_called  # the CLI takes no silence for an answer
        return end.reason in _GOES_ON_BY_ITSELF or self._left_out or asks_again

    def _on_result(self, result: Frame) -> tuple[StreamEvent, ...]:
        end = self._stream.finished
        if end is None:
            if result.get("is_error"):
                self.over = True
                return (Failed(self._fault_of_result(result)),)
            return self._failed(Condition.STALLED)  # a success without an answer is none
        usage = merged_usage(self._stream.usage, result.get("usage") or {})
        self._stream.usage = replace(usage, cost_usd=_cost(result))
        return self._end(end)

    def _end(self, end: Finished) -> tuple[StreamEvent, ...]:
        if end.reason is StopReason.TOOL_USE and not self._tool_called:
            self._stream.finished = Finished(StopReason.END_TURN)
        self.over = True
        return self._stream.end()

    def _failed(self, condition: Condition, detail: str | None = None) -> tuple[StreamEvent, ...]:
        self.over = True
        return (Failed(fault_of(condition, detail=detail)),)


def _offered(init: Frame) -> frozenset[str]:
    """The names that were offered to the model; the CLI reports one of them by the name it had before."""
    names = frozenset(init.get("tools") or ())
    return names | {"Agent"} if "Task" in names else names


def _is_seen(event: StreamEvent) -> bool:
    return isinstance(event, TextDelta) and bool(event.text.strip())


def _cost(result: Frame) -> float | None:
    """What this turn cost; the result's own total counts all turns of its process."""
    models = (result.get("model_usage_since_last_result") or {}).values()
    costs = [usage["costUSD"] for usage in models if usage.get("costUSD") is not None]
    return sum(costs) if costs else None
