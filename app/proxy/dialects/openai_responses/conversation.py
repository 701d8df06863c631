"""The items of a request as system texts and neutral messages, behind those of the response it goes on from.

Items of the model that follow one another are one message. What a function gave back is moved right behind the call,
where the service wants it. A last word of the user's with nothing in it is refused, since something else would be
answered instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile

import msgspec

from app.proxy.dialects.functions import arguments, tool_name
from app.proxy.dialects.last_word import LastWord
from app.proxy.dialects.openai_responses.content import assistant_texts, system_texts, user_blocks
from app.proxy.dialects.openai_responses.reasoning import known_block, unsealed
from app.proxy.dialects.openai_responses.schema import Item, ResponsesRequest
from app.proxy.neutral import turn
from app.proxy.neutral.fault import Refused, invalid
from app.proxy.session_store import StoredResponse

SERVED = ("message", "function_call", "function_call_output", "reasoning", "item_reference")
"""The types of item that can be part of a conversation here."""
_UNFIT_FOR_AN_ID = re.compile(r"[^a-zA-Z0-9_-]")


class Conversation(msgspec.Struct, frozen=True):
    system: tuple[turn.Text, ...]
    """Of items, earlier ones first; instructions are not among them, because they hold for one request only."""
    messages: tuple[turn.Message, ...]
    lost_reasoning: bool
    """Reasoning items came without anything the service could take back."""


def conversation(
    request: ResponsesRequest, known: Mapping[str, StoredResponse], *, continued: bool = False
) -> Conversation:
    """Translate; raises Refused naming the field.

    `known`: the stored responses that the request refers to. `continued`: earlier messages may be known under a
    session key, so that a function's output may come first.
    """
    earlier = _earlier(request.previous_response_id, known)
    history = _History(earlier.messages if earlier else (), continued=continued)
    system = list(earlier.system) if earlier else []
    lost = False
    items = [Item(role="user", content=request.input)] if isinstance(request.input, str) else request.input or []
    for index, item in enumerate(items):
        param = f"input[{index}]" if isinstance(request.input, list) else "input"
        match item.type or "message":
            case "message" if item.role in ("system", "developer"):
                system += system_texts(item.content, f"{param}.content")
            case "message":
                history.add_message(item, param)
            case "function_call":
                history.add_call(item, param)
            case "function_call_output":
                history.add_output(item, param)
            case "reasoning":
                found = unsealed(item.encrypted_content or "") or known_block(item.id, known)
                lost = lost or found is None
                history.add_said(*([found] if found else []))
            case "item_reference":
                history.add_known(item, known, param)
            case kind:
                raise unserved(kind, param)
    messages = history.close()
    if not history.grown:
        raise invalid("input needs at least one item with something in it.", "input", "missing_required_parameter")
    return Conversation(tuple(system), messages, lost)


def _earlier(id_: str | None, known: Mapping[str, StoredResponse]) -> StoredResponse | None:
    if not id_:
        return None
    if id_ not in known:
        raise invalid(
            f"previous_response_id: there is no response {id_[:80]!r} here (any more). Send the whole conversation.",
            "previous_response_id",
            "previous_response_not_found",
        )
    return known[id_]


def unserved(kind: str, param: str) -> Refused:
    """The refusal of an item that stands for something the service itself did."""
    said = f"{param}.type: {kind[:60]!r} is not served by Tidegate. Served are: {', '.join(SERVED)}."
    return invalid(said, f"{param}.type", "unsupported_value")


class _Call(msgspec.Struct, frozen=True):
    """A call whose output has not come yet."""

    id: str
    name: str
    param: str


class _History:
    """Puts messages together while they are read; lives as long as one request's decoding."""

    def __init__(self, earlier: Sequence[turn.Message], *, continued: bool) -> None:
        self._messages = list(earlier)
        self._continued = continued and not earlier
        self._said: list[turn.AssistantBlock] = []
        self._users: list[turn.UserMessage] = []
        self._results: list[turn.ToolResult] = []
        last = takewhile(lambda message: isinstance(message, turn.AssistantMessage), reversed(earlier))
        calls = [block for message in last for block in message.content if isinstance(block, turn.ToolUse)]
        self._open = {call.id: _Call(call.id, call.name, "input") for call in calls}
        uses = (block for message in earlier for block in message.content if isinstance(block, turn.ToolUse))
        self._ids = dict.fromkeys((use.id for use in uses), 0)
        self._last_word = LastWord()
        self.grown = False
        """Something was added to what was there before."""

    def add_message(self, item: Item, param: str) -> None:
        if item.role == "assistant":
            self._last_word.assistant()
            self.add_said(*assistant_texts(item.content, f"{param}.content"))
        elif item.role == "user":
            self._end_answer()
            blocks = user_blocks(item.content, f"{param}.content")
            self._last_word.user(blocks, f"{param}.content")
            if blocks:
                self._users.append(turn.UserMessage(blocks))
        else:
            at = f"{param}.role"
            raise invalid(f"{at} must be user, assistant, system or developer.", at, "invalid_value")

    def add_said(self, *blocks: turn.AssistantBlock) -> None:
        """What the model said or thought."""
        if blocks and (self._users or self._results):
            self._end_user_side()
        self._said += blocks

    def add_call(self, item: Item, param: str) -> None:
        if item.call_id is None or item.name is None:
            at = f"{param}.{'call_id' if item.call_id is None else 'name'}"
            raise invalid(f"{at} is missing.", at, "missing_required_parameter")
        self._call(
            item.call_id, tool_name(item.name, f"{param}.name"), arguments(item.arguments, f"{param}.arguments"), param
        )

    def add_known(self, item: Item, known: Mapping[str, StoredResponse], param: str) -> None:
        """An item given only by its id."""
        match known_block(item.id, known):
            case None:
                at = f"{param}.id"
                said = f"{at}: there is no item {(item.id or '')[:80]!r} here (any more). Send the item itself."
                raise invalid(said, at, "item_not_found")
            case turn.ToolUse(id_, name, given):
                self._call(id_, name, given, param)
            case block:
                self.add_said(block)

    def add_output(self, item: Item, param: str) -> None:
        at, call_id = f"{param}.call_id", item.call_id or ""
        self._end_answer()
        call = self._open.pop(call_id, None)
        if call is None and self._continued and not self._messages:
            call = _Call(self._fresh_id(call_id), "", param)  # whether it was called is known where sessions are
        if call is None:
            raise invalid(
                f"{at} must answer a function_call before it that has no output yet; there is none with the id "
                f"{call_id[:80]!r}.",
                at,
                "unknown_tool_call",
            )
        self._results.append(turn.ToolResult(call.id, user_blocks(item.output, f"{param}.output")))

    def close(self) -> tuple[turn.Message, ...]:
        """All messages; raises Refused when a call has no output, or the user's last word nothing in it."""
        self._end_answer()
        self._end_user_side()
        if self.grown:
            self._last_word.check(self._messages)
        return tuple(self._messages)

    def _call(self, call_id: str, name: str, given: turn.JsonObject, param: str) -> None:
        if self._users or self._results:
            self._end_user_side()
        if call_id in self._open:
            raise invalid(f"{param}.call_id is the id of another call too.", f"{param}.call_id", "invalid_value")
        use = turn.ToolUse(self._fresh_id(call_id), name, given)
        self._open[call_id] = _Call(use.id, name, param)
        self._said.append(use)

    def _fresh_id(self, wished: str) -> str:
        """An id as the service wants it: without characters it refuses, and not there twice."""
        plain = _UNFIT_FOR_AN_ID.sub("_", wished) or "call"
        fresh, number = plain, self._ids.get(plain, 0)
        while fresh in self._ids:
            number += 1
            fresh = f"{plain}_{number}"
        self._ids[fresh], self._ids[plain] = 0, number
        return fresh

    def _end_answer(self) -> None:
        """Thinking that nothing was said after is no answer; the service refuses it."""
        if any(not isinstance(block, turn.Thinking | turn.RedactedThinking) for block in self._said):
            self._add(turn.AssistantMessage(tuple(self._said)))
        self._said = []

    def _end_user_side(self) -> None:
        for call in self._open.values():
            raise invalid(
                f"{call.param}: {call.name} was called, but no item after it brings the output. "
                "Send a function_call_output with the same call_id.",
                call.param,
                "missing_tool_result",
            )
        if self._results:
            self._add(turn.UserMessage(tuple(self._results)))
        for message in self._users:
            self._add(message)
        self._users, self._results = [], []

    def _add(self, message: turn.Message) -> None:
        self._messages.append(message)
        self.grown = True
