"""What an app means by what it sends under a key: pure, message by message."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from app.proxy.continuation import continued
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import (
    AssistantMessage,
    CacheMark,
    Image,
    InlineData,
    Message,
    RemoteData,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    UserMessage,
)
from app.proxy.session_store import StoredSession
from tests.proxy.conversations import called, result, said, thought, turn, user


def stored(*messages: Message, appended: bool = False, system: str = "") -> StoredSession:
    texts = (Text(system),) if system else ()
    return StoredSession("test", "chat-1", "claude-scripted-1", messages, texts, appended, 1.0, 1.0)


TWO = (user("one"), said("1"), user("two"), said("2"))
CASES: dict[str, tuple[StoredSession | None, tuple[Message, ...], tuple[Message, ...], bool]] = {
    "nothing is stored": (None, (user("one"),), (user("one"),), False),
    "only the new message": (stored(*TWO), (user("three"),), (*TWO, user("three")), True),
    "two new messages": (stored(*TWO), (user("3"), user("4")), (*TWO, user("3"), user("4")), True),
    "everything and a new message": (stored(*TWO), (*TWO, user("three")), (*TWO, user("three")), False),
    "everything but the last answer": (stored(*TWO), TWO[:3], TWO[:3], False),
    "the first message again": (stored(*TWO), TWO[:1], TWO[:1], False),
    "an edited second message": (stored(*TWO), (*TWO[:2], user("2b")), (*TWO[:2], user("2b")), False),
    "an edited first message with what followed": (
        stored(*TWO),
        (user("1b"), said("1"), user("two")),
        (user("1b"), said("1"), user("two")),
        False,
    ),
    "another branch": (stored(*TWO), (user("x"), said("y"), user("z")), (user("x"), said("y"), user("z")), False),
    "a cut-off beginning": (stored(*TWO), (said("1"), user("two")), (said("1"), user("two")), False),
    "the last message again": (stored(*TWO), (user("two"),), (*TWO, user("two")), True),
    "the first message again from an app that sends tails": (
        stored(*TWO, appended=True),
        (user("one"),),
        (*TWO, user("one")),
        True,
    ),
    "a tool's result": (
        stored(user("one"), called("toolu_1")),
        (result("toolu_1"),),
        (user("one"), called("toolu_1"), result("toolu_1")),
        True,
    ),
    "a tool's result again": (
        stored(user("one"), called("toolu_1"), result("toolu_1"), said("1")),
        (result("toolu_1"),),
        (user("one"), called("toolu_1"), result("toolu_1")),
        True,
    ),
    "words instead of a tool's result": (
        stored(user("one"), called("toolu_1")),
        (user("stop"),),
        (user("one"), called("toolu_1"), user("stop")),
        True,
    ),
    "everything, without the thinking": (
        stored(user("one"), thought("1")),
        (user("one"), said("1"), user("two")),
        (user("one"), thought("1"), user("two")),
        False,
    ),
    "everything, trimmed and joined": (
        stored(user("one"), AssistantMessage((Thinking("Hm.", "s"), Text("1"), Text("2\n")))),
        (user("one"), said("12"), user("two")),
        (user("one"), AssistantMessage((Thinking("Hm.", "s"), Text("1"), Text("2\n"))), user("two")),
        False,
    ),
    "an edited answer": (
        stored(user("one"), thought("1")),
        (user("one"), said("1!"), user("two")),
        (user("one"), said("1!"), user("two")),
        False,
    ),
    "an answer with other calls": (
        stored(user("one"), AssistantMessage((Thinking("Hm.", "s"), ToolUse("toolu_1", "look", {})))),
        (user("one"), AssistantMessage((ToolUse("toolu_1", "look", {"a": 1}),)), result("toolu_1")),
        (user("one"), AssistantMessage((ToolUse("toolu_1", "look", {"a": 1}),)), result("toolu_1")),
        False,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_an_app_sends_goes_on_with_what_is_stored(name: str) -> None:
    before, sent, whole, appended = CASES[name]
    found = continued(turn(*sent), before)
    assert (found.turn, found.appended) == (turn(*whole), appended)


def test_cache_marks_make_no_message_another() -> None:
    mark = CacheMark("1h")
    marked = UserMessage((Text("one", mark), ToolResult("t", (Text("x", mark),), cache=mark)))
    plain = UserMessage((Text("one"), ToolResult("t", (Text("x"),))))
    before = stored(user("zero"), called("t"), plain, thought("1"))
    sent = (user("zero"), called("t"), marked, said("1"), user("two"))
    assert continued(turn(*sent), before).turn.messages == (*sent[:3], thought("1"), user("two"))


def test_another_picture_is_another_message() -> None:
    first, other = (UserMessage((Image(InlineData("image/png", data)),)) for data in ("aaaa", "bbbb"))
    remote = UserMessage((Image(RemoteData("https://example.org/a.png")),))
    before = stored(first, said("a cat"))
    assert continued(turn(first), before).appended is False
    assert continued(turn(other), before).appended is True
    assert continued(turn(remote), before).appended is True


def test_the_system_prompt_that_came_last_counts() -> None:
    before = stored(*TWO, system="old")
    assert continued(turn(user("x")), before).turn.system == (Text("old"),)
    assert continued(turn(user("x"), system="new"), before).turn.system == (Text("new"),)
    assert continued(turn(*TWO, user("x")), before).turn.system == (Text("old"),)


@pytest.mark.parametrize(
    ("before", "sent"),
    [
        (None, (result("toolu_1"),)),
        (stored(*TWO), (result("toolu_1"),)),
        (stored(user("one"), called("toolu_1")), (result("toolu_2"),)),
        (stored(user("one"), called("toolu_1")), (result("toolu_1"), result("toolu_1"))),
        (stored(user("one"), called("toolu_1"), result("toolu_1"), said("1")), (result("toolu_1", "other"),)),
        (stored(user("one"), called("toolu_1")), (result("toolu_1"), said("1"), user("two"))),
    ],
)
def test_the_result_of_a_call_that_does_not_wait_is_refused(
    before: StoredSession | None, sent: tuple[Message, ...]
) -> None:
    with pytest.raises(Refused) as raised:
        continued(turn(*sent), before)
    fault = raised.value.fault
    assert (fault.kind.status, fault.param, fault.code) == (400, "messages", "unknown_tool_call")
    assert "toolu_" in fault.message


def test_nothing_but_messages_and_system_is_changed() -> None:
    asked = replace(turn(user("x")), ignored=("seed",))
    whole = continued(asked, stored(*TWO)).turn
    assert replace(whole, messages=asked.messages) == asked
