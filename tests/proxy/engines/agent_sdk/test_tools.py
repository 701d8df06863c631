from __future__ import annotations

from typing import Any

from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.stream import (
    Accepted,
    BlockStarted,
    Finished,
    StopReason,
    TextDelta,
    ToolInputDelta,
    ToolUseBlock,
)
from app.proxy.neutral.turn import AnyTool, Message, NamedTool, NoTool, Parameters, Text, Tool, ToolResult, ToolUse
from tests.proxy.engines.agent_sdk.program import children
from tests.proxy.engines.agent_sdk.turns import PICTURE, events_of, model, reply_to, result_of, said, tool, turn, user
from tests.stand_in import StandIn
from tests.stand_in.answer import Answer, CallTool, Say, Think, say

WEATHER = tool("get_weather", city={"type": "string"})
ADD = tool("add", a={"type": "number"}, b={"type": "number"})
TWO_CALLS = Answer(
    (
        Say(("Let me", " look.")),
        CallTool("toolu_1", "get_weather", ('{"ci', 'ty":', '"Oslo"}')),
        CallTool("toolu_2", "add", ('{"a":1', ',"b":2}')),
    )
)


async def test_calls_stream_piece_by_piece_and_the_turn_ends_with_all_of_them(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    stand_in.answer_next(TWO_CALLS)

    events = await events_of(engine, turn(user("Weather?"), tools=(WEATHER, ADD)))

    assert [event for event in events if isinstance(event, BlockStarted | ToolInputDelta)][1:] == [
        BlockStarted(ToolUseBlock("toolu_1", "get_weather")),
        ToolInputDelta('{"ci'),
        ToolInputDelta('ty":'),
        ToolInputDelta('"Oslo"}'),
        BlockStarted(ToolUseBlock("toolu_2", "add")),
        ToolInputDelta('{"a":1'),
        ToolInputDelta(',"b":2}'),
    ]
    assert events[-1] == Finished(StopReason.TOOL_USE)
    assert len(stand_in.asked) == 1


async def test_names_descriptions_and_schemas_reach_the_model_as_declared(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    await reply_to(engine, turn(user("Hi"), tools=(WEATHER, ADD)))

    assert sorted(stand_in.asked[-1].body["tools"], key=lambda offered: offered["name"]) == [
        {"name": "add", "description": "What add does.", "input_schema": dict(ADD.input_schema)},
        {"name": "get_weather", "description": "What get_weather does.", "input_schema": dict(WEATHER.input_schema)},
    ]


async def test_results_go_back_to_the_process_that_asked_and_the_model_goes_on(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    stand_in.answer_next(TWO_CALLS, say("Sunny, and three."))
    calls = await reply_to(engine, turn(user("Weather?"), tools=(WEATHER, ADD)))

    results = user(ToolResult("toolu_1", (Text("sunny"), PICTURE)), ToolResult("toolu_2", (Text("3"),), is_error=True))
    answer = await reply_to(engine, turn(user("Weather?"), model(*calls.content), results, tools=(WEATHER, ADD)))

    assert said(answer) == "Sunny, and three."
    first, second = stand_in.asked[-1].messages[-1]["content"]
    assert (first["tool_use_id"], [part["type"] for part in first["content"]]) == ("toolu_1", ["text", "image"])
    assert (second["tool_use_id"], second["is_error"]) == ("toolu_2", True)


async def test_calls_that_another_program_made_are_replayed_with_their_results(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    call = ToolUse("call_from_elsewhere", "add", {"a": 1, "b": 2})

    await reply_to(
        engine, turn(user("1+2?"), model(call), user(ToolResult("call_from_elsewhere", (Text("3"),))), tools=(ADD,))
    )

    question, called, result = stand_in.asked[-1].messages
    assert question["content"][0]["text"] == "1+2?"
    assert called["content"] == [
        {"type": "tool_use", "id": "call_from_elsewhere", "name": "add", "input": {"a": 1, "b": 2}}
    ]
    assert result["content"][0]["tool_use_id"] == "call_from_elsewhere"


async def test_a_name_the_cli_would_drop_is_seen_by_the_model_under_another_and_restored(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    search = tool("ToolSearch", words={"type": "string"})
    stand_in.answer_next(Answer((CallTool("toolu_1", "app_ToolSearch", ("{}",)),)))
    called = await reply_to(engine, turn(user("Find"), tools=(search,)))

    await reply_to(
        engine, turn(user("Find"), model(*called.content), user(ToolResult("toolu_1", (Text("x"),))), tools=(search,))
    )

    assert called.content == (ToolUse("toolu_1", "ToolSearch", {}),)
    assert [offered["name"] for offered in stand_in.asked[-1].body["tools"]] == ["app_ToolSearch"]
    assert stand_in.asked[-1].messages[1]["content"][0]["name"] == "app_ToolSearch"


async def test_names_the_cli_knows_as_its_own_are_the_apps_all_the_same(engine: AgentEngine, stand_in: StandIn) -> None:
    tools = tuple(tool(name) for name in ("Agent", "Bash", "Task", "WebSearch"))
    calls = tuple(ToolUse(f"toolu_{number}", each.name, {}) for number, each in enumerate(tools))
    stand_in.answer_next(Answer(tuple(CallTool(call.id, call.name) for call in calls)))

    called = await reply_to(engine, turn(user("Hi"), tools=tools))
    results = user(*(ToolResult(call.id, (Text(call.name),)) for call in calls))
    await reply_to(engine, turn(user("Hi"), model(*called.content), results, tools=tools))

    assert called.content == calls
    _, calling, given = stand_in.asked[-1].messages
    assert [block["name"] for block in calling["content"]] == [each.name for each in tools]
    assert [block["tool_use_id"] for block in given["content"]] == [call.id for call in calls]
    assert len(stand_in.asked) == 2


async def test_a_tool_the_app_never_declared_does_not_reach_it_nor_do_the_words_after_it(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    stand_in.answer_next(Answer((Say(("Hm.",)), CallTool("toolu_1", "Bash", ('{"command":"ls"}',)))))

    answer = await reply_to(engine, turn(user("Hi"), tools=(ADD,)))
    after = await reply_to(engine, turn(user("And now?"), tools=(ADD,)))

    assert (answer.content, answer.reason) == ((Text("Hm."),), StopReason.END_TURN)
    assert said(after) == "Echo: And now?"
    # What the program asks by itself about that tool may come in after it, from the process that is being stopped.
    (asked,) = [request for request in stand_in.asked if "And now?" in str(request.messages)]
    assert [message["role"] for message in asked.messages] == ["user"]


async def test_what_the_program_asks_by_itself_after_a_tool_nobody_declared_reaches_no_client(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    stand_in.respond = lambda request: say("Hidden words") if "tool_result" in str(request.messages[-1]) else None
    stand_in.answer_next(Answer((CallTool("toolu_1", "Bash", ('{"command":"ls"}',)),)))

    events = await events_of(engine, turn(user("Hi"), tools=(ADD,)))
    after = await reply_to(engine, turn(user("And now?"), tools=(ADD,)))

    assert [event for event in events if isinstance(event, BlockStarted | TextDelta)] == []
    assert events[-1] == Finished(StopReason.END_TURN)
    assert said(after) == "Echo: And now?"
    assert len(stand_in.asked[-1].messages) == 1


async def test_half_of_a_surrogate_pair_in_what_the_model_says_costs_nothing(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    arguments = '{"a": "\\ud83d", "\\udc00": 18446744073709551616}'
    stand_in.answer_next(Answer((CallTool("toolu_1", "add", (arguments,)),)))
    await engine.models()
    before = {child.pid for child in children()}

    answer = await reply_to(engine, turn(user("1+2?"), tools=(ADD,)))

    call = ToolUse("toolu_1", "add", {"a": "\ud83d", "\udc00": 2**64})
    assert answer.content == (call,)
    kept = (user("1+2?"), model(call), user(ToolResult("toolu_1", (Text("3"),))))
    assert said(await reply_to(engine, turn(*kept, tools=(ADD,)))) == "Echo: 3"
    assert said(await reply_to(engine, turn(user("Hi"), tools=(ADD,)))) == "Echo: Hi"
    assert {child.pid for child in children()} == before


async def test_arguments_an_app_sends_back_in_another_order_reach_the_model_in_that_order(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    stand_in.answer_next(Answer((CallTool("toolu_1", "add", ('{"b":2,"a":1}',)),)))
    await reply_to(engine, turn(user("1+2?"), tools=(ADD,)))

    other = model(ToolUse("toolu_1", "add", {"a": 1, "b": 2}))
    await reply_to(engine, turn(user("1+2?"), other, user(ToolResult("toolu_1", (Text("3"),))), tools=(ADD,)))

    assert list(stand_in.asked[-1].messages[1]["content"][0]["input"]) == ["a", "b"]


async def test_several_rounds_go_on_whether_the_process_that_asked_is_still_there_or_not(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    history: list[Message] = [user("Count")]
    for number in range(4):
        stand_in.answer_next(Answer((Think(("Hm.",)), CallTool(f"toolu_{number}", "add", (f'{{"a":{number}}}',)))))
        called = await reply_to(engine, turn(*history, tools=(ADD,)))
        history += [model(*called.content), user(ToolResult(f"toolu_{number}", (Text(str(number)),)))]
        if number % 2:
            engine.forget_processes()
    answer = await reply_to(engine, turn(*history, tools=(ADD,)))

    assert said(answer) == "Echo: 3"
    assert len(stand_in.asked) == 5
    asked = [message["content"] for message in stand_in.asked[-1].messages]
    assert [[block["type"] for block in content] for content in asked] == [
        ["text"],
        *[["thinking", "tool_use"], ["tool_result"]] * 4,
    ]


async def test_a_description_of_any_length_reaches_the_model_whole(engine: AgentEngine, stand_in: StandIn) -> None:
    novel = Tool("novel", "Long. " * 2_000, {"type": "object", "properties": {"b": {}, "a": {}}})
    stand_in.answer_next(Answer((CallTool("toolu_1", "novel", ("{}",)),)))

    called = await reply_to(engine, turn(user("Hi"), tools=(novel, ADD)))
    await reply_to(engine, turn(user("Hi again"), tools=(ADD,)))
    await reply_to(engine, turn(user("And without")))

    with_it, without_it, none = [request.body["tools"] for request in stand_in.asked]
    assert called.content == (ToolUse("toolu_1", "novel", {}),)
    assert {offered["name"]: offered["description"] for offered in with_it} == {
        "novel": novel.description,
        "add": ADD.description,
    }
    assert [[offered["name"] for offered in tools] for tools in (without_it, none)] == [["add"], []]


async def test_a_schema_that_costs_every_tool_is_a_failure_that_says_so(engine: AgentEngine, stand_in: StandIn) -> None:
    odd = Tool("odd", None, {"type": ["object", "null"]})

    result = await result_of(engine, turn(user("Hi"), tools=(ADD, odd)))

    assert isinstance(result, Fault)
    assert (result.code, "schema" in result.message) == ("request_refused", True)
    assert said(await reply_to(engine, turn(user("Hi"), tools=(ADD,)))) == "Echo: Hi"


async def test_how_tools_may_be_chosen_reaches_the_model(engine: AgentEngine, stand_in: StandIn) -> None:
    older: dict[str, Any] = {"model": "claude-opus-4-6", "tools": (ADD,)}

    await reply_to(engine, turn(user("1"), tool_choice=NoTool(), **older))
    await reply_to(engine, turn(user("2"), parameters=Parameters(parallel_tool_calls=False), **older))
    await reply_to(engine, turn(user("3"), tool_choice=AnyTool(), **older))
    await reply_to(engine, turn(user("4"), tool_choice=NamedTool("add"), **older))
    await reply_to(engine, turn(user("5"), **older))

    assert [request.body.get("tool_choice") for request in stand_in.asked] == [
        {"type": "none"},
        {"type": "auto", "disable_parallel_tool_use": True},
        {"type": "any"},
        {"type": "tool", "name": "add"},
        None,
    ]


async def test_the_tools_of_one_request_are_gone_in_the_next(engine: AgentEngine, stand_in: StandIn) -> None:
    await reply_to(engine, turn(user("with"), tools=(ADD, WEATHER)))
    await reply_to(engine, turn(user("with another"), tools=(WEATHER,)))
    await reply_to(engine, turn(user("without")))

    assert [[offered["name"] for offered in request.body["tools"]] for request in stand_in.asked] == [
        ["add", "get_weather"],
        ["get_weather"],
        [],
    ]


async def test_a_model_that_always_thinks_is_asked_in_words_for_the_tool_it_must_call(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    await engine.models()

    events = await events_of(engine, turn(user("1"), system="Be brief.", tools=(ADD,), tool_choice=NamedTool("add")))

    assert events[0] == Accepted(("tool_choice",))
    assert stand_in.asked[-1].body["system"][-1]["text"] == "Be brief.\n\nAnswer by calling the tool add."
