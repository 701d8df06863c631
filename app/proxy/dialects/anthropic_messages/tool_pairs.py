"""Each tool call has its own id and is answered once, by the user messages right after it; each result answers one.

The service demands the same, and without it an app could put words into the mouth of a tool that never ran.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.proxy.dialects.anthropic_messages import schema
from app.proxy.neutral.fault import invalid


def check_tool_pairs(messages: Sequence[tuple[int, schema.Message]], *, continued: bool) -> None:
    """Raise Refused naming the first tool_use or tool_result that stands alone.

    `messages`: those of user and assistant with their index in the request; neighbours of one role count as one
    message. `continued`: results before the first assistant message answer calls of a stored conversation.
    """
    unanswered: dict[str, str] = {}
    known: set[str] = set()
    used: set[str] = set()
    role = ""
    for index, message in messages:
        if message.role != role and message.role == "assistant":
            _refuse_unanswered(unanswered)
            known = set()
            continued = False
        role = message.role
        for block, param in _blocks(message, index):
            match block:
                case schema.ToolUseBlock(id=id_):
                    if id_ in used:
                        raise invalid(f"{param}.id: {id_[:80]!r} names two tool calls.", f"{param}.id", _CODE)
                    used.add(id_)
                    known.add(id_)
                    unanswered[id_] = param
                case schema.ToolResultBlock(tool_use_id=id_) if not continued:
                    _check_result(id_, f"{param}.tool_use_id", known, unanswered)
                    del unanswered[id_]
                case _:
                    pass
    _refuse_unanswered(unanswered)


_CODE = "invalid_tool_use"


def _blocks(message: schema.Message, index: int) -> Iterator[tuple[schema.Block, str]]:
    if isinstance(message.content, list):
        for position, block in enumerate(message.content):
            yield block, f"messages[{index}].content[{position}]"


def _check_result(id_: str, param: str, known: set[str], unanswered: dict[str, str]) -> None:
    if id_ not in known:
        raise invalid(f"{param}: there is no tool_use {id_[:80]!r} in the message before.", param, _CODE)
    if id_ not in unanswered:
        raise invalid(f"{param}: {id_[:80]!r} has a tool_result already.", param, _CODE)


def _refuse_unanswered(unanswered: dict[str, str]) -> None:
    for id_, param in unanswered.items():
        raise invalid(f"{param}: tool_use {id_[:80]!r} needs a tool_result in the next message.", param, _CODE)
