"""What a turn needs of a process, worked out once for all that are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

from app.proxy.engines.agent_sdk.history import digest, resumable
from app.proxy.neutral.turn import Message, UserMessage


class Wanted:
    """A prompt, a history and a model; lives as long as its turn takes to find a process."""

    def __init__(self, system: str, messages: Sequence[Message], model: str) -> None:
        self.system = system
        self.messages = messages
        """The history: without what is asked now."""
        self.model = model
        self.digests = [digest(message) for message in messages]
        self._questions = [0, *accumulate(isinstance(message, UserMessage) for message in messages)]

    @cached_property
    def resumable(self) -> Sequence[Message]:
        """The part of the history that a process can read at its start."""
        return resumable(self.messages)

    def questions_after(self, stays: int) -> int:
        """How many messages of the user come after the first `stays` of all: being told them is what takes time."""
        return self._questions[-1] - self._questions[stays]
