"""The messages of a chat as system texts and neutral messages, each in its place.

Ollama's calls have no ids, or had none for long: a result answers the first open call of the tool it names, and stands
right behind it. A last word of the user's with nothing in it is refused, since something else would be answered.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.proxy.dialects.attachments import IMAGES, from_url, image_type, inline
from app.proxy.dialects.functions import tool_name
from app.proxy.dialects.last_word import LastWord
from app.proxy.dialects.ollama.schema import AssistantMessage, ChatMessage, SystemMessage, ToolMessage, UserMessage
from app.proxy.neutral import turn
from app.proxy.neutral.fault import invalid


def conversation(messages: Sequence[ChatMessage]) -> tuple[tuple[turn.Text, ...], tuple[turn.Message, ...]]:
    """The system texts and the messages, both in the order they were sent; raises Refused naming the field."""
    system: list[turn.Text] = []
    history = _History()
    last_word = LastWord()
    for index, message in enumerate(messages):
        param = f"messages[{index}]"
        match message:
            case SystemMessage(content=content):
                system += _texts(content)
            case UserMessage(content=content, images=images):
                said = user_blocks(content, images, f"{param}.images")
                history.add_user(said)
                last_word.user(said, f"{param}.content")
            case AssistantMessage():
                last_word.assistant()
                history.add_assistant(message, param)
            case ToolMessage():
                history.add_result(message, param)
    if not history.messages:
        raise invalid("messages needs at least one user message with something in it", "messages", "invalid_messages")
    last_word.check(history.messages)
    return tuple(system), tuple(history.messages)


def user_blocks(text: str | None, images: Sequence[str] | None, param: str) -> tuple[turn.Text | turn.Image, ...]:
    """Pictures before the words about them; raises Refused for what is no picture."""
    pictures = [_picture(image, f"{param}[{index}]") for index, image in enumerate(images or ())]
    return (*pictures, *_texts(text))


class _History:
    """Puts messages together while they are read; lives as long as one request's decoding."""

    def __init__(self) -> None:
        self.messages: list[turn.Message] = []
        self._open: list[tuple[turn.ToolUse, str | None]] = []
        self._calls = 0

    def add_user(self, blocks: tuple[turn.UserBlock, ...]) -> None:
        if blocks:
            self.messages.append(turn.UserMessage(blocks))

    def add_assistant(self, message: AssistantMessage, param: str) -> None:
        self._open = []
        blocks: list[turn.AssistantBlock] = [*_texts(message.content)]
        for index, call in enumerate(message.tool_calls or ()):
            self._calls += 1
            name = tool_name(call.function.name, f"{param}.tool_calls[{index}].function.name")
            use = turn.ToolUse(f"call_{self._calls}", name, call.function.arguments or {})
            self._open.append((use, call.id))
            blocks.append(use)
        if blocks:
            self.messages.append(turn.AssistantMessage(tuple(blocks)))

    def add_result(self, message: ToolMessage, param: str) -> None:
        wanted, name = message.tool_call_id, message.tool_name or message.name
        for position, (use, id_) in enumerate(self._open):
            if (wanted and wanted == id_) or (not (wanted and id_) and name in (None, use.name)):
                del self._open[position]
                content = user_blocks(message.content, message.images, f"{param}.images")
                self._append(turn.ToolResult(use.id, content))
                return
        raise invalid(
            f"{param} must answer a tool call of the assistant message before it that has no result yet.",
            param,
            "unknown_tool_call",
        )

    def _append(self, result: turn.ToolResult) -> None:
        """Results of one message's calls belong together, in front of what the user said in between."""
        place = len(self.messages)
        while not isinstance(self.messages[place - 1], turn.AssistantMessage):
            place -= 1
        match self.messages[place : place + 1]:
            case [turn.UserMessage((*before, turn.ToolResult() as last))]:
                self.messages[place] = turn.UserMessage((*before, last, result))
            case _:
                self.messages.insert(place, turn.UserMessage((result,)))


def _texts(text: str | None) -> tuple[turn.Text, ...]:
    return (turn.Text(text),) if text and text.strip() else ()


def _picture(image: str, param: str) -> turn.Image:
    if image[:5].lower() == "data:":
        return turn.Image(from_url(image, param, IMAGES))
    found = image_type(image)
    if found is None:
        raise invalid(f"{param} must be a PNG, JPEG, GIF or WebP picture in base64.", param, "invalid_image")
    return turn.Image(inline(found, image, param, IMAGES))
