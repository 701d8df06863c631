"""Events of an answer as the event stream of a response; each event has its number, and each block is an item.

response.created, response.in_progress
( output_item.added  …part.added  …delta*  …done  …part.done  output_item.done )*
response.completed | response.incomplete | response.failed and error
"""

from __future__ import annotations

import json
from typing import Any

from app.proxy.dialects.openai_responses.decode import ResponsesAsked
from app.proxy.dialects.openai_responses.faults import error_object, response_error
from app.proxy.dialects.openai_responses.output import call_item, ending, head, item, summary_part, text_part
from app.proxy.dialects.openai_responses.reasoning import item_id
from app.proxy.dialects.sse import HEARTBEAT, event
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.json_text import json_bytes
from app.proxy.neutral.stream import (
    BlockKind,
    BlockStarted,
    BlockStopped,
    Failed,
    Finished,
    RedactedThinkingBlock,
    SignatureDelta,
    Started,
    StopReason,
    StreamEvent,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageReported,
)
from app.proxy.neutral.turn import RedactedThinking, Text, Thinking, ToolUse

_TEXT = "response.output_text"
_SUMMARY = "response.reasoning_summary_text"
_ARGUMENTS = "response.function_call_arguments"


class ResponseStream:
    """Encodes one answer; lives as long as it."""

    heartbeat = HEARTBEAT

    def __init__(self, asked: ResponsesAsked, request_id: str) -> None:
        self._asked = asked
        self._request_id = request_id
        self._number = 0
        self._output: list[dict[str, Any]] = []
        self._block: BlockKind | None = None
        self._place: dict[str, Any] = {}
        self._pieces: list[str] = []
        self._signature = ""
        self._delta_start = b""
        self._usage = Usage()

    def opening(self) -> bytes:
        """The response has begun; the headers leave with this."""
        begun = head(self._asked, self._request_id)
        return self._event("response.created", response=begun) + self._event("response.in_progress", response=begun)

    def encode(self, said: StreamEvent) -> bytes:  # noqa: PLR0911 - a line for each kind of event reads best
        """The events for one of the engine's; the most frequent come first."""
        match said:
            case TextDelta(piece) | ToolInputDelta(piece):
                return self._delta(piece)
            case ThinkingDelta(piece):
                return self._thought(piece)
            case SignatureDelta(signature):
                self._signature += signature
            case BlockStarted(block):
                return self._stop() + self._start(block)
            case BlockStopped():
                return self._stop()
            case Started(_, usage) | UsageReported(usage):
                self._usage = usage
            case Finished(reason):
                return self._stop() + self._finish(reason)
            case Failed(fault):
                return self._fail(fault)
            case _:  # Accepted has no place in this shape
                pass
        return b""

    def _start(self, block: BlockKind) -> bytes:
        index = len(self._output)
        self._block, self._pieces, self._signature = block, [], ""
        id_ = item_id(_PREFIXES[type(block)], self._request_id, index)
        self._place = {"item_id": id_, "output_index": index}
        match block:
            case TextBlock():
                self._open_deltas(_TEXT, content_index=0)
                return self._added(Text("")) + self._part("response.content_part.added", text_part(""))
            case ToolUseBlock(call_id, name):
                self._open_deltas(_ARGUMENTS)
                return self._added(ToolUse(call_id, name, {}))
            case ThinkingBlock():
                self._open_deltas(_SUMMARY, summary_index=0)
                return self._added(Thinking("", ""))
            case RedactedThinkingBlock(data):
                return self._added(RedactedThinking(data))

    def _thought(self, piece: str) -> bytes:
        if not piece or self._pieces:
            return self._delta(piece)
        return self._event("response.reasoning_summary_part.added", **self._place, part=summary_part("")) + self._delta(
            piece
        )

    def _delta(self, piece: str) -> bytes:
        if not piece:
            return b""
        self._pieces.append(piece)
        number = self._number
        self._number += 1
        return self._delta_start + json_bytes(piece) + b',"sequence_number":%d}\n\n' % number

    def _stop(self) -> bytes:
        block, self._block = self._block, None
        if block is None:
            return b""
        match block:
            case TextBlock():
                return self._stop_text("".join(self._pieces))
            case ThinkingBlock():
                return self._stop_thinking("".join(self._pieces))
            case RedactedThinkingBlock(data):
                return self._done(item(self._asked, RedactedThinking(data), self._request_id, len(self._output)))
            case ToolUseBlock(call_id, name):
                return self._stop_call(call_id, name)

    def _stop_text(self, text: str) -> bytes:
        said = self._event(f"{_TEXT}.done", **self._place, text=text, logprobs=[])
        part = self._part("response.content_part.done", text_part(text))
        return said + part + self._done(item(self._asked, Text(text), self._request_id, len(self._output)))

    def _stop_thinking(self, text: str) -> bytes:
        shown = b""
        if text:  # a model may think and show nothing of it
            shown = self._event(f"{_SUMMARY}.done", **self._place, text=text)
            shown += self._part("response.reasoning_summary_part.done", summary_part(text))
        thought = Thinking(text, self._signature)
        return shown + self._done(item(self._asked, thought, self._request_id, len(self._output)))

    def _stop_call(self, call_id: str, name: str) -> bytes:
        """A call without arguments gets an empty object: clients parse them as JSON, and "" is none."""
        silent = b"" if self._pieces else self._delta("{}")
        arguments = "".join(self._pieces)
        done = self._event(f"{_ARGUMENTS}.done", **self._place, name=name, arguments=arguments)
        status = "completed" if _is_object(arguments) else "incomplete"
        whole = call_item(self._place["item_id"], call_id, name, arguments, status)
        return silent + done + self._done(whole)

    def _finish(self, reason: StopReason) -> bytes:
        ended = ending(reason, self._usage)
        response = {**head(self._asked, self._request_id), **ended, "output": self._output}
        return self._event(f"response.{ended['status']}", response=response)

    def _fail(self, fault: Fault) -> bytes:
        """Two events: one that holds the failed response, one that every client takes for an error."""
        failed = {"status": "failed", "error": response_error(fault), "output": self._output}
        error = error_object(fault)
        flat = {name: error[name] for name in ("code", "message", "param")}
        return self._event("response.failed", response={**head(self._asked, self._request_id), **failed}) + self._event(
            "error", **flat, error=error
        )

    def _added(self, block: Text | ToolUse | Thinking | RedactedThinking) -> bytes:
        index = len(self._output)
        begun = item(self._asked, block, self._request_id, index, "in_progress")
        return self._event("response.output_item.added", output_index=index, item=begun)

    def _done(self, whole: dict[str, Any]) -> bytes:
        index = len(self._output)
        self._output.append(whole)
        return self._event("response.output_item.done", output_index=index, item=whole)

    def _part(self, kind: str, part: dict[str, Any]) -> bytes:
        return self._event(kind, **self._place, part=part)

    def _open_deltas(self, kind: str, **place: int) -> None:
        """All of a delta's event up to its piece; made once a block, because deltas are the hot path."""
        self._place |= place
        logprobs: dict[str, list[str]] = {"logprobs": []} if kind == _TEXT else {}
        start = json_bytes({"type": f"{kind}.delta", **self._place, **logprobs})[:-1]
        self._delta_start = f"event: {kind}.delta\ndata: ".encode() + start + b',"delta":'

    def _event(self, kind: str, **members: object) -> bytes:
        number = self._number
        self._number += 1
        return event(kind.encode(), json_bytes({"type": kind, **members, "sequence_number": number}))


def _is_object(arguments: str) -> bool:
    """False for a call that the token limit cut off in the middle."""
    try:
        return isinstance(json.loads(arguments), dict)
    except ValueError:
        return False


_PREFIXES = {TextBlock: "msg", ThinkingBlock: "rs", RedactedThinkingBlock: "rs", ToolUseBlock: "fc"}
