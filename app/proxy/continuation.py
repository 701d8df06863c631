"""What an app means by the messages it sends under a session key: the whole conversation, or only what is new.

    stored      what the app sends             so it is
    nothing     anything                       the whole conversation
    U1 A1 …     any assistant message          the whole conversation; replaces what is stored (edit, branch)
    U1 A1 …     U1 … (begins like stored)      the whole conversation; replaces what is stored (first answer anew)
    … R A       R, the same tool results       the last answer anew: a call has one result, so this is a repetition
    … U A       anything else of a user's      new; goes behind what is stored

Two cases look alike and are decided for the side that loses nothing. The same words again after their answer are new:
people say "go on" twice, and an app that sends only new messages and wants another answer gets one with the first
still in sight. For the same reason the first message alone, from an app whose last request was only a tail, is new
too. An app that resends everything heals a wrong guess with its next request, which holds an assistant's message.

Messages are compared by what they say: cache marks and thinking aside, an answer's texts joined. Where the app's plain
text of an answer equals the stored answer, the stored one goes to the model, with its thinking.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import takewhile

import msgspec
from msgspec.structs import replace

from app.proxy.neutral.cache_marks import unmarked_block
from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import (
    AssistantMessage,
    Message,
    RedactedThinking,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    Turn,
    UserMessage,
)
from app.proxy.session_store import StoredSession


class Continuation(msgspec.Struct, frozen=True):
    turn: Turn
    """With the whole conversation."""
    appended: bool
    """The app sent only its tail."""


def continued(turn: Turn, stored: StoredSession | None) -> Continuation:
    """The whole conversation that the turn goes on with; raises Refused for the result of a call nobody made."""
    system = turn.system or (stored.system if stored else ())
    if stored is None or not stored.messages or _is_whole(turn.messages, stored):
        _check_results(turn.messages, ())
        known = stored.messages if stored else ()
        return Continuation(replace(turn, system=system, messages=_with_thinking(turn.messages, known)), appended=False)
    kept = _before_repetition(turn.messages, stored.messages)
    _check_results(turn.messages, kept)
    return Continuation(replace(turn, system=system, messages=(*kept, *turn.messages)), appended=True)


def _is_whole(sent: Sequence[Message], stored: StoredSession) -> bool:
    if any(isinstance(message, AssistantMessage) for message in sent):
        return True
    begins_alike = _meaning(sent[0]) == _meaning(stored.messages[0])
    return begins_alike and not (stored.appended and len(sent) == 1)


def _before_repetition(sent: Sequence[Message], stored: Sequence[Message]) -> Sequence[Message]:
    """What is stored, without its end when that is a repetition of the same tool results and their answer."""
    if not any(isinstance(block, ToolResult) for message in sent for block in message.content):
        return stored
    end = len(stored)
    while end and isinstance(stored[end - 1], AssistantMessage):
        end -= 1
    begin = end - len(sent)
    if end < len(stored) and begin > 0 and list(map(_meaning, stored[begin:end])) == list(map(_meaning, sent)):
        return stored[:begin]
    return stored


def _check_results(sent: Sequence[Message], before: Sequence[Message]) -> None:
    """Results in front of the app's own assistant messages answer calls of the answer before them."""
    last_answer = takewhile(lambda message: isinstance(message, AssistantMessage), reversed(before))
    open_calls = {block.id for message in last_answer for block in message.content if isinstance(block, ToolUse)}
    for message in takewhile(lambda message: isinstance(message, UserMessage), sent):
        for block in message.content:
            if isinstance(block, ToolResult):
                if block.tool_use_id not in open_calls:
                    raise invalid(
                        f"messages: no tool call {block.tool_use_id[:80]!r} waits for a result in this session; "
                        "it may have ended. Send the whole conversation.",
                        "messages",
                        "unknown_tool_call",
                    )
                open_calls.discard(block.tool_use_id)


def _with_thinking(sent: tuple[Message, ...], stored: Sequence[Message]) -> tuple[Message, ...]:
    """The app's messages, with the stored answers in place of those that lack only the thinking."""
    same: list[Message] = []
    for new, old in zip(sent, stored, strict=False):
        if _meaning(new) != _meaning(old):
            break
        same.append(old if _thought(old) and not _thought(new) else new)
    return (*same, *sent[len(same) :])


def _thought(message: Message) -> bool:
    return any(isinstance(block, Thinking | RedactedThinking) for block in message.content)


def _meaning(message: Message) -> object:
    """Equal for two messages that say the same; apps join texts, trim them, and leave thinking out."""
    if isinstance(message, UserMessage):
        return ["user", *map(unmarked_block, message.content)]
    text = "".join(block.text for block in message.content if isinstance(block, Text)).strip()
    calls = [
        (block.id, block.name, json.dumps(block.input, sort_keys=True))
        for block in message.content
        if isinstance(block, ToolUse)
    ]
    return ["assistant", text, calls]
