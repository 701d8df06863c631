"""Recognises what apps ask of their own accord, to name a chat, tag it or propose what to ask next.

A person who sees two requests for one question should see why. Nothing is decided by it but what the record says, so
that a text which happens to begin the same costs nobody anything. Sources: the prompts these apps come with; one that a
person has rewritten is not recognised.
"""

from __future__ import annotations

from app.proxy.neutral.turn import Text, Turn, UserMessage

_BEGINNINGS = (
    "### Task:\n",  # Open WebUI: titles, tags, follow-ups, searches, completion while typing
    "Provide a concise, 5-word-or-less title",  # LibreChat
    "Please generate a concise, 5-word-or-less title",
    "Analyze this conversation and provide:\n1. The detected language",
    "Based on the chat history, give this conversation a name",  # Chatbox
)


def is_errand(turn: Turn) -> bool:
    """Whether the app asks this for itself: the only message, and it begins as such prompts do."""
    match turn.messages:
        case (UserMessage((Text(text), *_)),):
            return text.lstrip().startswith(_BEGINNINGS)
        case _:
            return False
