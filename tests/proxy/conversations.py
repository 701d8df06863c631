"""Conversations and answers that the tests of sessions share."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from app.proxy.neutral.stream import (
    Accepted,
    BlockStarted,
    BlockStopped,
    Finished,
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
)
from app.proxy.neutral.turn import (
    AssistantMessage,
    Message,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    Turn,
    UserMessage,
)


def user(*texts: str) -> UserMessage:
    return UserMessage(tuple(map(Text, texts)))


def said(text: str) -> AssistantMessage:
    return AssistantMessage((Text(text),))


def thought(text: str) -> AssistantMessage:
    """An answer as the service gave it: with thinking in front."""
    return AssistantMessage((Thinking("Hm.", "c2ln"), Text(text)))


def called(id_: str) -> AssistantMessage:
    return AssistantMessage((ToolUse(id_, "look", {"kind": "Text", "at": [1]}),))


def result(id_: str, text: str = "found") -> UserMessage:
    return UserMessage((ToolResult(id_, (Text(text),)),))


def turn(*messages: Message, key: str | None = "chat-1", system: str = "") -> Turn:
    return Turn("claude-scripted-1", messages, system=(Text(system),) if system else (), session_key=key)


def events_of(*blocks: Text | Thinking | ToolUse, reason: StopReason = StopReason.END_TURN) -> list[StreamEvent]:
    """The stream of an answer of these blocks."""
    events: list[StreamEvent] = [Accepted(), Started("claude-scripted-1")]
    for block in blocks:
        match block:
            case Text(text):
                events += [BlockStarted(TextBlock()), TextDelta(text), BlockStopped()]
            case Thinking(text, signature):
                events += [
                    BlockStarted(ThinkingBlock()),
                    ThinkingDelta(text),
                    SignatureDelta(signature),
                    BlockStopped(),
                ]
            case ToolUse(id_, name):
                events += [
                    BlockStarted(ToolUseBlock(id_, name)),
                    ToolInputDelta('{"kind":"Text","at":[1]}'),
                    BlockStopped(),
                ]
    return [*events, Finished(reason)]


class Answers:
    """Asks like the pipeline does; answers with the scripts in turn and remembers what it was asked."""

    def __init__(self, *scripts: Sequence[StreamEvent]) -> None:
        self._scripts = list(scripts)
        self.turns: list[Turn] = []

    async def ask(self, asked: Turn) -> AsyncGenerator[StreamEvent, None]:
        self.turns.append(asked)
        for event in self._scripts.pop(0):
            yield event
