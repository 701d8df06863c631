"""What the user says last: with nothing in it, something else would be answered."""

from __future__ import annotations

from collections.abc import Sequence

from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import AssistantMessage, Message


class LastWord:
    """Hears who speaks, message by message, where those with nothing in them are left out."""

    def __init__(self) -> None:
        self._unsaid: str | None = None

    def user(self, said: Sequence[object], param: str) -> None:
        """The user's message in the field `param`; `said`: its blocks."""
        self._unsaid = None if said else param

    def assistant(self) -> None:
        """The model's."""
        self._unsaid = None

    def check(self, messages: Sequence[Message]) -> None:
        """Raises Refused when the user's last one is not among these, and they end with what the model said before."""
        if self._unsaid and isinstance(messages[-1], AssistantMessage):
            raise invalid(f"{self._unsaid} is empty. Write something.", self._unsaid, "invalid_messages")
