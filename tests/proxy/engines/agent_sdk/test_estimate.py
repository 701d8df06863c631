"""How many tokens a turn is said to have where nobody can be asked."""

from __future__ import annotations

from app.proxy.engines.agent_sdk.estimate import estimated_tokens
from app.proxy.neutral.turn import (
    Document,
    Image,
    InlineData,
    Message,
    PlainText,
    RemoteData,
    ToolResult,
    ToolUse,
)
from tests.proxy.engines.agent_sdk.turns import model, tool, turn, user

MEGABYTES = "A" * 4_000_000
PICTURE = Image(InlineData("image/png", MEGABYTES))
PDF = Document(InlineData("application/pdf", MEGABYTES))


def tokens(*messages: Message) -> int:
    return estimated_tokens(turn(*messages))


def test_words_count_by_their_length() -> None:
    assert 1_000 < tokens(user("word " * 1_000)) < 1_500
    assert tokens(user("word " * 1_000), model("word " * 1_000)) > 2 * 1_000


def test_a_picture_counts_as_a_picture_and_not_as_its_bytes() -> None:
    assert 1_000 < tokens(user(PICTURE)) < 5_000
    assert tokens(user(PICTURE)) == tokens(user(Image(RemoteData("https://example.org/a.png"))))


def test_a_file_counts_more_the_longer_it_is_and_less_than_its_bytes() -> None:
    small = Document(InlineData("application/pdf", "A" * 40_000))
    assert tokens(user(small)) < tokens(user(PDF)) < len(MEGABYTES) // 40
    assert tokens(user(Document(PlainText("word " * 1_000)))) > 1_000


def test_what_a_tool_gave_back_and_what_is_offered_count_too() -> None:
    called = (user("look"), model(ToolUse("toolu_1", "look", {})))
    bare = tokens(*called)
    assert tokens(*called, user(ToolResult("toolu_1", (PICTURE,)))) - bare == tokens(user(PICTURE)) - tokens(user())
    assert estimated_tokens(turn(*called, tools=(tool("look", place={"type": "string"}),))) > bare
    assert estimated_tokens(turn(*called, system="Be kind. " * 100)) > bare + 200
