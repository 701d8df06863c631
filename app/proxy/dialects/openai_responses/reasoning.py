"""The model's thinking on its way through an app and back: sealed in `encrypted_content`, or found by the item's id.

What is sealed is not secret from the app; it is whole, because the service takes thinking back only with its
signature and unchanged, and apps drop summaries.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping

from app.proxy.neutral.turn import AssistantBlock, AssistantMessage, RedactedThinking, Thinking
from app.proxy.session_store import StoredResponse

_MARK = "tg1."
_ITEM_ID = re.compile(r"(?:rs|msg|fc)_([A-Za-z0-9]{1,64})_([0-9]{1,6})")


def sealed(block: Thinking | RedactedThinking) -> str:
    """The block as one opaque word."""
    match block:
        case Thinking(text, signature):
            members = [text, signature]
        case RedactedThinking(data):
            members = [data]
    return _MARK + base64.urlsafe_b64encode(json.dumps(members).encode()).decode()


def unsealed(word: str) -> Thinking | RedactedThinking | None:
    """The block; None for what another program sealed."""
    if not word.startswith(_MARK):
        return None
    try:
        match json.loads(base64.urlsafe_b64decode(word[len(_MARK) :])):
            case [str(text), str(signature)]:
                return Thinking(text, signature)
            case [str(data)]:
                return RedactedThinking(data)
            case _:
                return None
    except (ValueError, RecursionError):
        return None


def item_id(prefix: str, request_id: str, index: int) -> str:
    """The id of an output item; from it alone the response and the place in it can be told."""
    return f"{prefix}_{request_id}_{index}"


def response_id_of(item: str | None) -> str | None:
    """The response that an item came with; None for an id that is not one of ours."""
    found = _ITEM_ID.fullmatch(item or "")
    return f"resp_{found[1]}" if found else None


def known_block(item: str | None, known: Mapping[str, StoredResponse]) -> AssistantBlock | None:
    """The block an item's id stands for, out of the stored responses."""
    found = _ITEM_ID.fullmatch(item or "")
    response = known.get(f"resp_{found[1]}") if found else None
    if found is None or response is None or not response.messages:
        return None
    last, index = response.messages[-1], int(found[2])
    if not isinstance(last, AssistantMessage) or index >= len(last.content):
        return None
    return last.content[index]
