"""The messages of a request as system texts and neutral messages, each in its place.

The one thing moved is what a tool gave back: the service wants it right behind the call, so a user's words that
an app put between the two come after it. A message with nothing in it is left out, because the service refuses it;
a last word of the user's with nothing in it is refused, since something else would be answered instead.
"""

from __future__ import annotations

import re

import msgspec

from app.proxy.dialects.functions import arguments, tool_name
from app.proxy.dialects.last_word import LastWord
from app.proxy.dialects.openai_chat.content import assistant_blocks, result_blocks, system_texts, user_blocks
from app.proxy.dialects.openai_chat.schema import (
    AssistantMessage,
    ChatRequest,
    DeveloperMessage,
    FunctionMessage,
    SystemMessage,
    ToolMessage,
    UserMessage,
)
from app.proxy.neutral import turn
from app.proxy.neutral.fault import invalid

_UNFIT_FOR_AN_ID = re.compile(r"[^a-zA-Z0-9_-]")


def conversation(
    request: ChatRequest, *, continued: bool = False
) -> tuple[tuple[turn.Text, ...], tuple[turn.Message, ...]]:
    """The system texts and the messages, both in the order they were sent; raises Refused naming the field.

    `continued`: earlier messages may be known here under a session key, so that a tool's result may come first.
    """
    system: list[turn.Text] = []
    history = _History(continued=continued)
    last_word = LastWord()
    for index, message in enumerate(request.messages or ()):
        param = f"messages[{index}]"
        match message:
            case SystemMessage(content=content) | DeveloperMessage(content=content):
                system += system_texts(content, f"{param}.content")
            case UserMessage(content=content):
                said = user_blocks(content, f"{param}.content")
                history.add_user(said)
                last_word.user(said, f"{param}.content")
            case AssistantMessage():
                last_word.assistant()
                history.add_assistant(message, param)
            case ToolMessage(tool_call_id=call_id, content=content):
                history.add_result(call_id, result_blocks(content, f"{param}.content"), f"{param}.tool_call_id")
            case FunctionMessage(name=name, content=content):
                history.add_function_result(name, result_blocks(content, f"{param}.content"), f"{param}.name")
    messages = history.close()
    if not messages:
        raise invalid("messages needs at least one user message with something in it", "messages", "invalid_messages")
    last_word.check(messages)
    return tuple(system), messages


class _Call(msgspec.Struct, frozen=True):
    """A call whose result has not come yet."""

    id: str
    name: str
    param: str


class _History:
    """Puts messages together while they are read; lives as long as one request's decoding."""

    def __init__(self, *, continued: bool) -> None:
        self._continued = continued
        self._messages: list[turn.Message] = []
        self._users: list[turn.UserMessage] = []
        self._results: list[turn.ToolResult] = []
        self._open: dict[str, _Call] = {}
        self._ids: dict[str, int] = {}

    def add_user(self, blocks: tuple[turn.UserBlock, ...]) -> None:
        if blocks:
            self._users.append(turn.UserMessage(blocks))

    def add_assistant(self, message: AssistantMessage, param: str) -> None:
        if self._users or self._results:
            self._end_user_side()
        if message.audio is not None:
            at = f"{param}.audio"
            raise invalid(f"{at} is not supported: send its transcript as content.", at, "unsupported_value")
        blocks: list[turn.AssistantBlock] = [*assistant_blocks(message, f"{param}.content")]
        for index, call in enumerate(message.tool_calls or ()):
            at = f"{param}.tool_calls[{index}]"
            if call.type != "function" or call.function is None:
                raise invalid(f"{at} must be of type function.", f"{at}.type", "unsupported_value")
            blocks.append(self._call(call.id, call.function.name, call.function.arguments, f"{at}.function", at))
        if old := message.function_call:
            blocks.append(
                self._call(f"function_{len(self._ids) + 1}", old.name, old.arguments, f"{param}.function_call", param)
            )
        if blocks:
            self._messages.append(turn.AssistantMessage(tuple(blocks)))

    def add_result(self, call_id: str, content: tuple[turn.ToolResultContent, ...], param: str) -> None:
        call = self._open.pop(call_id, None)
        if call is None and self._continued and not self._messages:
            call = _Call(self._fresh_id(call_id), "", param)  # whether it was called is known where sessions are
        if call is None:
            raise invalid(
                f"{param} must answer a tool call of the assistant message before it that has no result yet; "
                f"there is none with the id {call_id[:80]!r}.",
                param,
                "unknown_tool_call",
            )
        self._results.append(turn.ToolResult(call.id, content))

    def add_function_result(self, name: str, content: tuple[turn.ToolResultContent, ...], param: str) -> None:
        """The older way: the result names the function, and there is one call at a time."""
        for key, call in self._open.items():
            if call.name == name:
                self.add_result(key, content, param)
                return
        raise invalid(
            f"{param} must be the function that the assistant message before it calls.", param, "unknown_tool_call"
        )

    def close(self) -> tuple[turn.Message, ...]:
        """All messages; raises Refused when a call has no result."""
        self._end_user_side()
        return tuple(self._messages)

    def _call(self, key: str, name: str, given: str | dict[str, object] | None, at: str, param: str) -> turn.ToolUse:
        if key in self._open:
            raise invalid(f"{param}.id is the id of another call too.", f"{param}.id", "invalid_value")
        use = turn.ToolUse(self._fresh_id(key), tool_name(name, f"{at}.name"), arguments(given, f"{at}.arguments"))
        self._open[key] = _Call(use.id, name, param)
        return use

    def _fresh_id(self, wished: str) -> str:
        """An id as the service wants it: some apps bring characters it refuses, or count from 0 in every message."""
        plain = _UNFIT_FOR_AN_ID.sub("_", wished) or "call"
        fresh, number = plain, self._ids.get(plain, 0)
        while fresh in self._ids:
            number += 1
            fresh = f"{plain}_{number}"
        self._ids[plain], self._ids[fresh] = number, 1
        return fresh

    def _end_user_side(self) -> None:
        for call in self._open.values():
            raise invalid(
                f"{call.param} calls {call.name}, but no message after it brings the result. "
                "Send a tool message with the same tool_call_id right after it.",
                call.param,
                "missing_tool_result",
            )
        if self._results:
            self._messages.append(turn.UserMessage(tuple(self._results)))
        self._messages += self._users
        self._users, self._results = [], []
