"""The model's answers as it gave them, for apps that send back only what they showed.

An app that speaks OpenAI's shape returns the text of an answer but not its thinking, and one text where the model
wrote two. The service wants them as they were. So each such answer is kept, found again by the conversation before
it and by what of it can be seen, and put back. Nothing is guessed: another chat, or an edited text, finds nothing.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

from app.proxy.engines.agent_sdk.history import likeness
from app.proxy.neutral.turn import (
    AssistantBlock,
    AssistantMessage,
    Message,
    RedactedThinking,
    Text,
    Thinking,
)

MOST_CAPTURES = 500
"""Long conversations have some fifty answers; ten of them is more than anyone keeps going at once."""


class Captures:
    """Kept in memory only, oldest out first; losing one costs the model its earlier thinking, nothing else."""

    def __init__(self, most: int = MOST_CAPTURES) -> None:
        self._most = most
        self._answers: OrderedDict[bytes, AssistantMessage] = OrderedDict()

    def remember(self, system: str, before: Sequence[Message], answer: AssistantMessage) -> None:
        """Keep an answer that an app might return in a plainer form; `before` as `restored` gave it."""
        seen = visible(answer)
        if seen == answer or not seen.content:
            return
        lineage = _lineage(system)
        for message in before:
            lineage = _follow(lineage, message)
        key = _follow(lineage, seen)
        self._answers[key] = answer
        self._answers.move_to_end(key)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)

    def restored(self, system: str, messages: Sequence[Message]) -> tuple[Message, ...]:
        """The messages, with each answer that is known put back as it was."""
        if not self._answers:
            return tuple(messages)
        lineage = _lineage(system)
        result: list[Message] = []
        for message in messages:
            whole: Message = message
            if isinstance(message, AssistantMessage):
                whole = self._answers.get(_follow(lineage, visible(message)), message)
            lineage = _follow(lineage, whole)
            result.append(whole)
        return tuple(result)


def visible(answer: AssistantMessage) -> AssistantMessage:
    """What a plain app keeps of an answer: no thinking, texts that follow each other as one, no empty ones."""
    blocks: list[AssistantBlock] = []
    for block in answer.content:
        if isinstance(block, Thinking | RedactedThinking):
            continue
        if isinstance(block, Text):
            if blocks and isinstance(last := blocks[-1], Text):
                blocks[-1] = Text(last.text + block.text)
            elif block.text:
                blocks.append(Text(block.text))
        else:
            blocks.append(block)
    return AssistantMessage(tuple(blocks))


def _lineage(system: str) -> bytes:
    return hashlib.blake2b(system.encode(), digest_size=16).digest()


def _follow(lineage: bytes, message: Message) -> bytes:
    return hashlib.blake2b(lineage + likeness(message), digest_size=16).digest()
