"""What every chat app sends and current models refuse: it works all the same, and is said."""

from __future__ import annotations

from typing import Any

import pytest

from app.proxy.engines.direct_api import DirectEngine
from app.proxy.neutral.stream import Accepted, Finished
from app.proxy.neutral.turn import (
    AnyTool,
    AssistantMessage,
    NamedTool,
    Text,
    ThinkingAdaptive,
    ThinkingBudget,
    ThinkingOff,
    Tool,
    ToolUse,
    UserMessage,
)
from tests.proxy.engines.direct_api.turns import MODEL, OLDER, answered, fault, ignored, said, turn
from tests.stand_in import Refusal, StandIn, say
from tests.stand_in.models import MODELS

EVERY_MODEL = [model.id for model in MODELS]
TOOL = Tool("search", None, {"type": "object"})
HI = UserMessage((Text("Hi"),))
CUT_OFF = (HI, AssistantMessage((ToolUse("toolu_1", "search", {}),)), HI)
HABITS: dict[str, dict[str, Any]] = {
    "default sampling": {"temperature": 1.0, "top_p": 1.0},
    "all sampling": {"temperature": 0.7, "top_p": 0.9, "top_k": 40},
    "thinking off": {"thinking": ThinkingOff()},
    "thinking at a temperature": {"thinking": ThinkingAdaptive(), "temperature": 0.2},
    "a thinking budget": {"thinking": ThinkingBudget(2048), "top_p": 0.5, "max_output_tokens": 4096},
    "much effort without thinking": {"thinking": ThinkingOff(), "effort": "max"},
    "minimal effort": {"effort": "minimal"},
    "unusual effort": {"effort": "xhigh"},
    "some tool": {"tools": (TOOL,), "tool_choice": AnyTool()},
    "one tool and thinking": {"tools": (TOOL,), "tool_choice": NamedTool("search"), "thinking": ThinkingAdaptive()},
    "a prefilled answer": {"messages": (HI, AssistantMessage((Text("Sure: "),)))},
    "empty texts": {"messages": (UserMessage((Text("Hi"), Text(""))), AssistantMessage((Text(" "),)), HI)},
    "a tool call without its result": {"tools": (TOOL,), "messages": CUT_OFF},
}


@pytest.mark.parametrize("model", EVERY_MODEL)
@pytest.mark.parametrize("listed", [True, False], ids=["listed", "by rule"])
async def test_an_app_that_always_sends_temperature_and_a_small_limit_works(
    engine: DirectEngine, stand_in: StandIn, model: str, listed: bool
):
    if listed:
        await engine.models()
    asked = turn(model=model, temperature=0.7, max_output_tokens=1024, limit_counts_thinking=False)
    events = await answered(engine, asked)
    assert said(events) == "Echo: Hi"
    current = model not in ("claude-opus-4-6", OLDER)
    assert ignored(events) == (("temperature",) if current else ())
    assert len(stand_in.asked) == 1
    assert stand_in.asked[0].body["max_tokens"] == (9_216 if current else 1_024)


@pytest.mark.parametrize("model", EVERY_MODEL)
@pytest.mark.parametrize("habit", HABITS)
async def test_no_habit_of_an_app_is_refused_by_any_model(
    engine: DirectEngine, stand_in: StandIn, model: str, habit: str
):
    await engine.models()
    events = await answered(engine, turn(model=model, **HABITS[habit]))
    assert isinstance(events[-1], Finished), events[-1]
    asked_in_words = isinstance(events[0], Accepted) and "tool_choice" in events[0].ignored
    assert len(stand_in.asked) == (2 if asked_in_words else 1)  # an echo calls no tool


async def test_a_forced_tool_becomes_a_wish_where_nothing_else_helps(engine: DirectEngine, stand_in: StandIn):
    asked = turn(tools=(TOOL,), tool_choice=NamedTool("search"), system=(Text("Be kind."),))
    events = await answered(engine, asked)
    body = stand_in.asked[0].body
    assert ignored(events) == ("tool_choice",)
    assert body["tool_choice"] == {"type": "auto"}
    assert [block["text"] for block in body["system"]] == ["Be kind.", "Answer by calling the tool search."]


async def test_a_forced_tool_goes_before_thinking_where_thinking_can_be_off(engine: DirectEngine, stand_in: StandIn):
    events = await answered(engine, turn(model="claude-haiku-5-5", tools=(TOOL,), tool_choice=AnyTool()))
    body = stand_in.asked[0].body
    assert ignored(events) == ("thinking",)
    assert (body["tool_choice"], body["thinking"], "system" in body) == ({"type": "any"}, {"type": "disabled"}, False)


async def test_a_refused_parameter_is_left_out_once_and_from_then_on(engine: DirectEngine, stand_in: StandIn):
    stand_in.answer_next(Refusal(400, "`stop_sequences` is not supported for this model."), say("first"), say("second"))
    first = await answered(engine, turn(stop=("END",)))
    second = await answered(engine, turn(stop=("END",)))
    assert [event for event in first if isinstance(event, Accepted)] == [Accepted(), Accepted(("stop",))]
    assert (said(first), said(second), ignored(second)) == ("first", "second", ("stop",))
    assert ["stop_sequences" in request.body for request in stand_in.asked] == [True, False, False]


async def test_what_one_model_refuses_another_still_gets(engine: DirectEngine, stand_in: StandIn):
    stand_in.answer_next(Refusal(400, "`top_k` is deprecated for this model."), say("one"), say("two"))
    await answered(engine, turn(model=OLDER, top_k=5))
    await answered(engine, turn(model="claude-opus-4-6", top_k=5))
    assert [request.body.get("top_k") for request in stand_in.asked] == [5, None, 5]


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(400, "stop_sequences.0: each sequence must contain non-whitespace"),
        Refusal(400, "messages.0: something else is not supported"),
        Refusal(500, "`stop_sequences` is not supported for this model."),
    ],
)
async def test_a_refusal_of_a_value_is_the_apps_to_mend(engine: DirectEngine, stand_in: StandIn, refusal: Refusal):
    stand_in.answer_next(refusal)
    assert refusal.message in (await fault(engine, turn(stop=(" ",)))).message
    assert len(stand_in.asked) == 1


async def test_a_second_refusal_ends_the_answer(engine: DirectEngine, stand_in: StandIn):
    lesson = Refusal(400, "`stop_sequences` is not supported for this model.")
    stand_in.answer_next(lesson, Refusal(400, "`metadata` is not supported for this model."))
    assert (await fault(engine, turn(MODEL, stop=("a",), user_id="u"))).code == "request_refused"
    assert len(stand_in.asked) == 2
