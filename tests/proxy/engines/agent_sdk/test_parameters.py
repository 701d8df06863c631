from __future__ import annotations

from typing import Any

import msgspec
import pytest

from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.parameters import settings_of
from app.proxy.engines.agent_sdk.tools import toolbox
from app.proxy.neutral.stream import Accepted, Failed
from app.proxy.neutral.turn import AnyTool, Parameters, ThinkingAdaptive, ThinkingBudget, ThinkingOff
from tests.proxy.engines.agent_sdk.turns import events_of, reply_to, said, tool, turn, user
from tests.stand_in import Refusal, StandIn

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
OLDER = "claude-sonnet-4-5"
"""Takes every parameter there is."""


async def test_every_parameter_reaches_a_model_that_takes_it(engine: AgentEngine, stand_in: StandIn) -> None:
    given = Parameters(
        max_output_tokens=333,
        temperature=0.3,
        top_k=20,
        stop=("END", "STOP"),
        user_id="user-7",
        json_schema=SCHEMA,
    )

    events = await events_of(engine, turn(user("Hi"), model=OLDER, parameters=given))

    assert events[0] == Accepted()
    body = stand_in.asked[-1].body
    assert {name: body.get(name) for name in ("max_tokens", "temperature", "top_k", "stop_sequences")} == {
        "max_tokens": 333,
        "temperature": 0.3,
        "top_k": 20,
        "stop_sequences": ["END", "STOP"],
    }
    assert body["metadata"] == {"user_id": "user-7"}
    assert body["output_config"]["format"] == {"type": "json_schema", "schema": SCHEMA}


def test_nothing_but_parameters_can_enter_the_request_this_way() -> None:
    """The channel could replace the conversation too; whatever an app asks for, it never does."""
    everything = Parameters(
        max_output_tokens=333,
        temperature=0.3,
        top_p=0.5,
        top_k=20,
        stop=("END",),
        effort="low",
        thinking=ThinkingAdaptive(),
        json_schema=SCHEMA,
        parallel_tool_calls=False,
        user_id="user-7",
    )
    offered = (tool("look", place={"type": "string"}),)
    asked = turn(user("Hi"), system="Be kind.", parameters=everything, tools=offered, tool_choice=AnyTool())

    entering = msgspec.json.decode(settings_of(asked, toolbox(offered)).extra_body)

    assert set(entering) == {
        "temperature", "top_p", "top_k", "stop_sequences", "tool_choice", "metadata", "output_config",
    }  # fmt: skip


async def test_a_parameter_of_one_request_never_reaches_the_next(engine: AgentEngine, stand_in: StandIn) -> None:
    given = Parameters(
        max_output_tokens=3_333,
        temperature=0.3,
        stop=("END",),
        user_id="user-7",
        json_schema=SCHEMA,
        thinking=ThinkingBudget(2_000),
        effort="low",
    )
    plain = Parameters(max_output_tokens=5_000)

    await reply_to(engine, turn(user("before"), model=OLDER, parameters=plain))
    await reply_to(engine, turn(user("with"), model=OLDER, parameters=given))
    await reply_to(engine, turn(user("after"), model=OLDER, parameters=plain))

    before, _, after = (_parameters(request.body) for request in stand_in.asked)
    assert after == before


@pytest.mark.parametrize(
    ("model", "thinking", "sent"),
    [
        ("claude-opus-5-5", None, "adaptive"),
        ("claude-opus-5-5", ThinkingOff(), "adaptive"),
        ("claude-opus-5-5", ThinkingBudget(5_000), "adaptive"),
        ("claude-opus-4-6", None, "disabled"),
        ("claude-opus-4-6", ThinkingAdaptive(), "adaptive"),
        ("claude-sonnet-4-5", None, "disabled"),
        ("claude-sonnet-4-5", ThinkingBudget(5_000), "enabled"),
    ],
)
async def test_thinking_is_what_was_asked_where_the_model_lets_itself_be_asked(
    engine: AgentEngine, stand_in: StandIn, model: str, thinking: Any, sent: str
) -> None:
    await engine.models()

    await reply_to(engine, turn(user("Hi"), model=model, parameters=Parameters(thinking=thinking)))

    assert stand_in.asked[-1].body.get("thinking", {"type": "disabled"})["type"] == sent


@pytest.mark.parametrize("effort", ["low", "medium", "high", "xhigh", "max"])
async def test_the_effort_reaches_the_model(engine: AgentEngine, stand_in: StandIn, effort: str) -> None:
    await reply_to(engine, turn(user("Hi"), parameters=Parameters(effort=effort)))

    assert stand_in.asked[-1].body["output_config"]["effort"] == effort


async def test_an_app_that_always_sends_temperature_and_a_small_limit_is_answered_by_every_model(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    habits = Parameters(temperature=0.7, top_p=0.9, max_output_tokens=1_024, limit_counts_thinking=False)
    models = [*(entry.id for entry in await engine.models()), "claude-opus-4-6", "claude-sonnet-4-5"]

    answers = [await reply_to(engine, turn(user("Hi"), model=model, parameters=habits)) for model in models]

    assert [said(answer).split()[-1] for answer in answers] == ["Hi"] * 6
    assert [request.body["max_tokens"] for request in stand_in.asked] == [9_216, 9_216, 9_216, 9_216, 1_024, 1_024]


async def test_choosing_a_model_costs_no_request_of_its_own(engine: AgentEngine, stand_in: StandIn) -> None:
    for model in ("claude-haiku-5-5", "claude-opus-4-6", "claude-sonnet-5-5"):
        await reply_to(engine, turn(user("Hi"), model=model))

    assert [request.body["model"] for request in stand_in.requests if request.method == "POST"] == [
        "claude-haiku-5-5",
        "claude-opus-4-6",
        "claude-sonnet-5-5",
    ]


def _parameters(body: dict[str, Any]) -> dict[str, Any]:
    aside = {"messages", "system", "metadata"}
    named = {name: value for name, value in body.items() if name not in aside}
    return named | {"has_user": "user-7" in str(body.get("metadata"))}


async def test_a_refusal_that_names_a_parameter_is_learned_from_and_the_answer_comes_all_the_same(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    refusal = Refusal(400, "`stop_sequences` is not supported for this model.")
    stand_in.answer_next(*[refusal] * 3)  # the CLI itself asks twice more, without its own extras
    asked = turn(user("Hi"), parameters=Parameters(stop=("END",)))

    first = await events_of(engine, asked)
    second = await events_of(engine, asked)

    assert [event for event in first if isinstance(event, Accepted | Failed)][-1] == Accepted(("stop",))
    assert second[0] == Accepted(("stop",))
    assert "stop_sequences" not in stand_in.asked[-1].body
    assert len(stand_in.asked) == 5
