"""Chats with more behind them than a process can be told quickly: one is started that reads it, and then goes on."""

from __future__ import annotations

import errno
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from PIL import Image as DrawnImage

from app.proxy.engines.agent_sdk.command import Command, scratch
from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from app.proxy.engines.agent_sdk.self_test import Mechanisms
from app.proxy.neutral.turn import Image, InlineData, Message, Text, ToolResult, ToolUse
from tests.proxy.engines.agent_sdk.program import children
from tests.proxy.engines.agent_sdk.turns import PICTURE, PNG, model, reply_to, said, tool, turn, user
from tests.stand_in import StandIn
from tests.stand_in.request import Request

LONG: list[Message] = [part for number in range(6) for part in (user(f"q{number}"), model(f"a{number}"))]


class Starting:
    """An engine that tells a process at most three earlier questions, and how often it started one."""

    def __init__(self, command: Command, folder: Path) -> None:
        self.starts: list[Command] = []
        self._command = command
        limits = AgentLimits(pool=PoolLimits(spares=0, told=3))
        self.engine = AgentEngine(self._start, folder, limits)

    def _start(self) -> Command:
        self.starts.append(self._command)
        return self._command


@pytest.fixture
async def starting(command: Command, tmp_path: Path) -> AsyncIterator[Starting]:
    made = Starting(command, tmp_path)
    await made.engine.start()
    await made.engine.models()
    try:
        yield made
    finally:
        await made.engine.close()


def conversation(request: Request) -> list[str]:
    return ["".join(block["text"] for block in message["content"]) for message in request.messages]


def wide_picture() -> Image:
    """More pixels in a row than the CLI lets pass."""
    file = BytesIO()
    DrawnImage.new("RGB", (2_100, 10)).save(file, "PNG")
    return Image(InlineData("image/png", b64encode(file.getvalue()).decode()))


def words(*messages: Message) -> list[str]:
    return ["".join(block.text for block in message.content if isinstance(block, Text)) for message in messages]


async def test_it_is_read_once_and_then_goes_on_branches_and_ends_like_any_other(
    starting: Starting, stand_in: StandIn
) -> None:
    chats: list[list[Message]] = [
        [*LONG, user("and?")],
        [*LONG, user("and?"), model("Echo: and?"), user("more")],
        [*LONG, user("and?"), model("Echo: and?"), user("something else")],  # regenerated
        [*LONG[:8], user("elsewhere")],  # a branch within what was read
        [*LONG[:2], model("as an editor wrote it"), user("so?")],
        [user("a new chat")],
    ]
    before = len(starting.starts)
    for chat in chats:
        await reply_to(starting.engine, turn(*chat, system="Be brief."))

    asked = [conversation(request) for request in stand_in.asked]
    assert asked[:4] == [words(*chat) for chat in chats[:4]]
    assert asked[4] == ["q0", "a0as an editor wrote it", "so?"]
    assert asked[5] == ["a new chat"]
    assert len(starting.starts) - before == 1


async def test_a_process_that_holds_most_of_it_is_told_the_rest(starting: Starting, stand_in: StandIn) -> None:
    await reply_to(starting.engine, turn(*LONG, user("and?")))
    before = len(starting.starts)
    rest: list[Message] = [model("as edited"), user("x"), model("y"), user("and now?")]
    await reply_to(starting.engine, turn(*LONG, user("and?"), *rest))

    assert conversation(stand_in.asked[-1]) == words(*LONG, user("and?"), *rest)
    assert len(starting.starts) == before


async def test_what_a_tool_gave_back_is_told_and_not_read(starting: Starting, stand_in: StandIn) -> None:
    call = ToolUse("toolu_1", "add", {"a": 1})
    result = ToolResult("toolu_1", (Text("three"),))
    chat = [*LONG, user("1+2?"), model("Well.", call), user(result)]
    answer = await reply_to(starting.engine, turn(*chat, tools=(tool("add", a={"type": "number"}),)))

    assert said(answer) == "Echo: three"
    *before, calling, given = stand_in.asked[-1].messages
    assert [message["content"][0]["text"] for message in before] == [*words(*LONG), "1+2?"]
    assert calling["content"][-1] == {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
    assert given["content"][0]["content"] == [{"type": "text", "text": "three"}]


async def test_what_tools_gave_back_long_ago_is_read_whole(starting: Starting, stand_in: StandIn) -> None:
    results = [f"{number} " + "x" * 20_000 for number in range(12)]
    rounds: list[Message] = []
    for number, text in enumerate(results):
        rounds += [
            user(f"q{number}"),
            model(ToolUse(f"t{number}", "look", {})),
            user(ToolResult(f"t{number}", (Text(text), PICTURE))),
            model(f"a{number}"),
        ]
    await reply_to(starting.engine, turn(*rounds, user("and?"), tools=(tool("look"),)))

    asked = stand_in.asked[-1].messages
    given = [message["content"][0]["content"] for message in asked[2::4]]
    assert [(words["text"], picture["source"]["data"]) for words, picture in given] == [(text, PNG) for text in results]


async def test_a_picture_is_told_and_not_read_because_only_then_it_is_made_smaller(
    starting: Starting, stand_in: StandIn
) -> None:
    chat = [*LONG[:4], user("look", wide_picture()), model("Wide."), *LONG[4:], user("and?")]
    for _ in range(2):  # from a new process, and from one that holds it
        await reply_to(starting.engine, turn(*chat))
    await reply_to(starting.engine, turn(*chat[:4], user("look", wide_picture())))

    new, kept, asked = [request.images() for request in stand_in.asked]
    assert new == kept == asked
    assert "displayed at" in stand_in.asked[0].messages[4]["content"][-1]["text"]  # the CLI's own note of it


async def test_one_with_nothing_but_calls_is_told_all_the_same(starting: Starting, stand_in: StandIn) -> None:
    rounds: list[Message] = []
    for number in range(5):
        rounds += [
            user(f"q{number}") if not number else user(ToolResult(f"t{number - 1}", (Text("on"),))),
            model(ToolUse(f"t{number}", "add", {})),
        ]
    chat = [*rounds, user(ToolResult("t4", (Text("done"),)))]
    answer = await reply_to(starting.engine, turn(*chat, tools=(tool("add"),)))

    assert said(answer) == "Echo: done"
    assert len(stand_in.asked[-1].messages) == len(chat)


async def test_what_is_read_lies_in_a_folder_of_tidegates_own_and_is_gone_when_it_was_read(
    starting: Starting, command: Command
) -> None:
    await reply_to(starting.engine, turn(*LONG, user("and?")))

    (resuming,) = {_resumed(child) for child in children()} - {None}
    assert resuming is not None
    assert resuming.parent == scratch(command.folder)
    assert not resuming.exists()


def _resumed(process: psutil.Process) -> Path | None:
    arguments = process.cmdline()
    return Path(arguments[arguments.index("--resume") + 1]) if "--resume" in arguments else None


async def test_on_a_full_disk_it_is_told(
    starting: Starting, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(**_: object) -> None:  # a real one would stop the CLI too, at one moment or another
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    await reply_to(starting.engine, turn(*LONG, user("and?")))

    assert conversation(stand_in.asked[-1]) == words(*LONG, user("and?"))
    assert "a long chat can't be written down to be read and is told: no space left" in caplog.text


async def test_a_cli_that_can_not_read_is_told_everything(starting: Starting, stand_in: StandIn) -> None:
    starting.engine._pool.mechanisms = Mechanisms(resume=False)
    before = len(starting.starts)
    await reply_to(starting.engine, turn(*LONG, user("and?")))

    assert conversation(stand_in.asked[-1]) == words(*LONG, user("and?"))
    assert len(starting.starts) == before


async def test_many_of_them_in_turn_never_mix(starting: Starting, stand_in: StandIn) -> None:
    chats = [
        [
            part
            for step in range(2 + number % 5)
            for part in (user(f"chat {number} q{step}"), model(f"chat {number} a{step}"))
        ]
        for number in range(24)
    ]
    for chat in chats:
        await reply_to(starting.engine, turn(*chat, user("and?"), system="Be brief."))

    assert [conversation(request) for request in stand_in.asked] == [words(*chat, user("and?")) for chat in chats]
