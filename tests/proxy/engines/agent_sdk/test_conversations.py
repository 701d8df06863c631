from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from app.proxy.neutral.stream import TextDelta
from app.proxy.neutral.turn import Image, InlineData, Message, Parameters, Text, ToolResult, ToolUse, Turn
from tests.proxy.engines.agent_sdk.turns import PNG, model, reply_to, said, tool, turn, user
from tests.stand_in import StandIn
from tests.stand_in.request import Request


def conversation(request: Request) -> list[tuple[str, str]]:
    """Who said what, as the stand-in received it."""
    return [(message["role"], "".join(block["text"] for block in message["content"])) for message in request.messages]


async def test_what_the_model_receives_is_the_same_whichever_process_serves(
    command: Command, stand_in: StandIn, tmp_path: Path
) -> None:
    chat: tuple[Message, ...] = (user("one"), model("Echo: one"), user("two"), model("Echo: two"), user("three"))
    engine = AgentEngine(lambda: command, tmp_path, AgentLimits(pool=PoolLimits(spares=1)))
    await engine.start()
    try:
        await reply_to(engine, turn(*chat[:1]))
        await reply_to(engine, turn(*chat[:3]))
        await reply_to(engine, turn(*chat))  # the live process
        await reply_to(engine, turn(user("one"), model("Echo: one"), user("elsewhere")))
        await reply_to(engine, turn(*chat))  # the same process, after a rewind
        await reply_to(engine, turn(user("another chat")))
        await reply_to(engine, turn(*chat))  # an emptied process with the same system prompt
        engine.forget_processes()
        await reply_to(engine, turn(*chat))  # a new one
    finally:
        await engine.close()

    served = [request for request in stand_in.asked if conversation(request)[-1] == ("user", "three")]
    assert len(served) == 4
    assert [_essence(request) for request in served] == [_essence(served[0])] * 4


async def test_editing_regenerating_and_branching_give_exactly_the_history_the_app_sent(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    for question in ("a", "a", "b"):  # asked, regenerated, edited
        await reply_to(engine, turn(user(question)))
    await reply_to(engine, turn(user("a"), model("Echo: a"), user("deeper")))
    await reply_to(engine, turn(user("a"), model("an edited answer"), user("deeper")))
    await reply_to(engine, turn(user("a"), model("Echo: a"), user("deeper"), model("Echo: deeper"), user("on")))
    await reply_to(engine, turn(user("x"), user("y"), user("z")))

    a, b = ("user", "a"), ("user", "b")
    assert [conversation(request) for request in stand_in.asked[:-1]] == [
        [a],
        [a],
        [b],
        [a, ("assistant", "Echo: a"), ("user", "deeper")],
        [a, ("assistant", "an edited answer"), ("user", "deeper")],
        [a, ("assistant", "Echo: a"), ("user", "deeper"), ("assistant", "Echo: deeper"), ("user", "on")],
    ]
    assert "".join(text for _, text in conversation(stand_in.asked[-1])) == "xyz"


async def test_another_picture_in_the_same_place_reaches_the_model(engine: AgentEngine, stand_in: StandIn) -> None:
    pictures = [Image(InlineData("image/png", PNG[:-4] + ending)) for ending in (PNG[-4:], "5EI=", PNG[-4:])]
    call = model(ToolUse("toolu_1", "look", {}))
    for picture in pictures:
        await reply_to(engine, turn(user("look", picture), model("Echo: look"), user("so?")))
    for picture in pictures:
        result = ToolResult("toolu_1", (Text("seen"), picture))
        await reply_to(
            engine, turn(user("look"), call, user(result), model("Echo"), user("so?"), tools=(tool("look"),))
        )

    sent = [picture.source.base64 for picture in pictures if isinstance(picture.source, InlineData)]
    asked = [request.messages for request in stand_in.asked]
    assert [messages[0]["content"][1]["source"]["data"] for messages in asked[:3]] == sent
    assert [messages[2]["content"][0]["content"][1]["source"]["data"] for messages in asked[3:]] == sent


async def test_a_chat_that_begins_with_the_models_own_words_leaves_nothing_for_the_next(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    greeting = (model("I am a pirate."), user("Hello"))
    await reply_to(engine, turn(*greeting))
    await reply_to(engine, turn(*greeting, model("Echo: Hello"), user("More")))
    await reply_to(engine, turn(user("Another chat")))
    await reply_to(engine, turn(model("I am a parrot."), user("Hello")))

    assert [conversation(request) for request in stand_in.asked] == [
        [("assistant", "I am a pirate."), ("user", "Hello")],
        [("assistant", "I am a pirate."), ("user", "Hello"), ("assistant", "Echo: Hello"), ("user", "More")],
        [("user", "Another chat")],
        [("assistant", "I am a parrot."), ("user", "Hello")],
    ]


async def test_an_answer_to_what_a_tool_gave_back_can_be_asked_for_again_edited_and_broken_off(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    tools = (tool("add", a={"type": "number"}),)
    call = (user("1+2?"), model(ToolUse("toolu_1", "add", {"a": 1})))

    def with_result(text: str, *later: Message) -> Turn:
        return turn(*call, user(ToolResult("toolu_1", (Text(text),))), *later, tools=tools)

    await reply_to(engine, with_result("3"))
    await reply_to(engine, with_result("3"))
    await reply_to(engine, with_result("4"))
    async for event in (broken_off := engine.answer(with_result("5"))):
        if isinstance(event, TextDelta):
            break
    await broken_off.aclose()
    await reply_to(engine, with_result("6", model("Echo: 6"), user("Sure?")))
    await reply_to(engine, turn(user("Another chat")))

    *results, last, other = [request.messages for request in stand_in.asked]
    assert [messages[2]["content"][0]["content"][0]["text"] for messages in (*results, last)] == list("33456")
    assert [len(messages) for messages in (*results, last, other)] == [3, 3, 3, 3, 5, 1]


async def test_a_chat_broken_off_while_its_history_is_told_leaves_nothing_for_the_next(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    long: list[Message] = [part for number in range(12) for part in (user(f"q{number}"), model(f"a{number}"))]
    await reply_to(engine, turn(user("first")))

    for milliseconds in (1, 5, 15, 30, 60):  # anywhere in it
        with suppress(TimeoutError):
            async with asyncio.timeout(milliseconds / 1_000):
                await reply_to(engine, turn(*long, user("secret")))
        for kept in (0, 2):
            await reply_to(engine, turn(*long[:kept], user(f"kept {kept}")))
            expected = [
                (role, f"{letter}{number}")
                for number in range(kept // 2)
                for role, letter in (("user", "q"), ("assistant", "a"))
            ]
            assert conversation(stand_in.asked[-1]) == [*expected, ("user", f"kept {kept}")]


async def test_a_turn_that_nobody_waits_for_leaves_nothing_behind(engine: AgentEngine, stand_in: StandIn) -> None:
    events = engine.answer(turn(user("never mind")))
    async for event in events:
        if isinstance(event, TextDelta):
            break
    await events.aclose()

    answer = await reply_to(engine, turn(user("something else")))

    assert said(answer) == "Echo: something else"
    assert conversation(stand_in.asked[-1]) == [("user", "something else")]


@pytest.mark.timeout(900)  # half a minute on a machine that has nothing else to do
async def test_hundreds_of_chats_over_few_processes_never_mix(
    command: Command, stand_in: StandIn, tmp_path: Path
) -> None:
    limits = AgentLimits(
        pool=PoolLimits(spares=1, idle=4, turns=60), turns_at_once=4, turns_waiting=600, wait_seconds=900
    )
    engine = AgentEngine(lambda: command, tmp_path, limits)
    await engine.start()

    async def chat(number: int) -> list[str]:
        history: list[Message] = []
        heard = []
        for step in range(5):
            question = f"chat {number} step {step}"
            answer = await reply_to(
                engine, turn(*history, user(question), system=f"System {number % 3}", parameters=_any(number))
            )
            heard.append(said(answer))
            history += [user(question), model(said(answer))]
        return heard

    try:
        heard = await asyncio.gather(*map(chat, range(100)))
    finally:
        await engine.close()

    assert heard == [[f"Echo: chat {number} step {step}" for step in range(5)] for number in range(100)]
    assert len(stand_in.asked) == 500
    for request in stand_in.asked:
        _, number, _, step = conversation(request)[-1][1].split()
        expected = [
            turn_
            for earlier in range(int(step))
            for turn_ in (
                ("user", f"chat {number} step {earlier}"),
                ("assistant", f"Echo: chat {number} step {earlier}"),
            )
        ]
        assert conversation(request)[:-1] == expected
        assert request.body["system"][-1]["text"] == f"System {int(number) % 3}"
        assert request.body.get("stop_sequences") == (["§"] if int(number) % 2 else None)


def _any(number: int) -> Parameters:
    return Parameters(stop=("§",)) if number % 2 else Parameters()


def _essence(request: Request) -> dict[str, Any]:
    """All that decides the answer: the CLI's own notes and cache marks aside."""
    body = {key: request.body.get(key) for key in ("model", "max_tokens", "thinking", "tools", "temperature")}
    return {**body, "system": request.body["system"][-1]["text"], "messages": conversation(request)}
