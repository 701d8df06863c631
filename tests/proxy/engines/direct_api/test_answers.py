"""What comes out of the engine for what the service streams."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from app.proxy.engines.direct_api import DirectEngine
from app.proxy.neutral.reply import Reply, ReplyBuilder
from app.proxy.neutral.stream import (
    Accepted,
    BlockStarted,
    BlockStopped,
    Finished,
    RedactedThinkingBlock,
    SignatureDelta,
    Started,
    StopReason,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageReported,
)
from app.proxy.neutral.turn import Text, Thinking, ToolUse
from tests.proxy.engines.direct_api.turns import MODEL, answered, turn
from tests.stand_in import Answer, CallTool, Counts, Redact, Say, StandIn, Think, say, wanting


async def test_every_delta_arrives_on_its_own_and_in_order(engine: DirectEngine):
    events = await answered(engine, turn(wanting(say("Good ", "mor", "ning."))))
    assert events == [
        Accepted(),
        Started(MODEL, Usage(12, 1)),
        BlockStarted(TextBlock()),
        TextDelta("Good "),
        TextDelta("mor"),
        TextDelta("ning."),
        BlockStopped(),
        UsageReported(Usage(12, 7)),
        Finished(StopReason.END_TURN),
    ]


async def test_thinking_redacted_thinking_and_tool_calls_stay_apart(engine: DirectEngine):
    blocks = (
        Think(("Hm, ", "well."), "c2ln"),
        Redact("b3BhcXVl"),
        Say(("Let me look.",)),
        CallTool("toolu_1", "search", ('{"q": ', '"tides"}')),
        CallTool("toolu_2", "now", ()),
    )
    events = await answered(engine, turn(wanting(Answer(blocks, usage=Counts(thinking=5)))))
    assert events[2:] == [
        BlockStarted(ThinkingBlock()),
        ThinkingDelta("Hm, "),
        ThinkingDelta("well."),
        SignatureDelta("c2ln"),
        BlockStopped(),
        BlockStarted(RedactedThinkingBlock("b3BhcXVl")),
        BlockStopped(),
        BlockStarted(TextBlock()),
        TextDelta("Let me look."),
        BlockStopped(),
        BlockStarted(ToolUseBlock("toolu_1", "search")),
        ToolInputDelta('{"q": '),
        ToolInputDelta('"tides"}'),
        BlockStopped(),
        BlockStarted(ToolUseBlock("toolu_2", "now")),
        BlockStopped(),
        UsageReported(Usage(12, 7, thinking_tokens=5)),
        Finished(StopReason.TOOL_USE),
    ]


async def test_a_whole_answer_is_its_stream_folded(engine: DirectEngine):
    builder = ReplyBuilder()
    script = Answer((Think(("Hm.",), "c2ln"), Say(("A", "B")), CallTool("toolu_1", "f", ('{"a"', ": 1}"))))
    for event in await answered(engine, turn(wanting(script))):
        builder.add(event)
    reply = builder.result()
    assert isinstance(reply, Reply)
    assert reply.content == (Thinking("Hm.", "c2ln"), Text("AB"), ToolUse("toolu_1", "f", {"a": 1}))


@pytest.mark.parametrize("reason", list(StopReason))
async def test_stop_reasons_are_passed_on_as_they_are(engine: DirectEngine, reason: StopReason):
    script = say("x", stop_reason=reason.value, stop_sequence="END" if reason is StopReason.STOP_SEQUENCE else None)
    events = await answered(engine, turn(wanting(script)))
    assert events[-1] == Finished(reason, "END" if reason is StopReason.STOP_SEQUENCE else None)


async def test_cached_and_thinking_tokens_are_counted(engine: DirectEngine):
    script = say("x", usage=Counts(3, 40, cache_creation=100, cache_read=2000, thinking=30))
    events = await answered(engine, turn(wanting(script)))
    assert events[-2] == UsageReported(Usage(3, 40, 100, 2000, 30))


async def test_how_much_of_the_keys_limits_is_used_is_learned_in_passing(engine: DirectEngine, stand_in: StandIn):
    assert engine.facts().windows == ()
    told = {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "40",
        "anthropic-ratelimit-requests-reset": "2026-09-21T14:13:25Z",
        "anthropic-ratelimit-output-tokens-limit": "8000",
        "anthropic-ratelimit-output-tokens-remaining": "0",
        "anthropic-ratelimit-output-tokens-reset": "2026-09-21T14:13:50Z",
        "anthropic-ratelimit-tokens-limit": "many",
    }
    stand_in.answer_next(say("x", headers=tuple(told.items())))

    await answered(engine, turn())

    requests, output = engine.facts().windows
    assert (requests.name, requests.status, requests.resets_at) == ("requests", "allowed", 1_790_000_005.0)
    assert round(requests.used_share or 0, 3) == 0.2
    assert (output.name, output.label, output.used_share) == ("output_tokens", "Output tokens", 1.0)
    assert output.status == "rejected"


async def test_a_finished_answers_connection_serves_the_next(engine: DirectEngine, stand_in: StandIn):
    for _ in range(3):
        async with aclosing(engine.answer(turn())) as events:  # as the pipeline leaves it: at its last event
            async for event in events:
                if isinstance(event, Finished):
                    break
    assert len(stand_in.connections) == 1


async def test_a_closed_generator_hangs_up_on_the_service(engine: DirectEngine, stand_in: StandIn):
    events = engine.answer(turn(wanting(say(*"abcdefgh", pause=30.0))))
    async for event in events:
        if isinstance(event, Started):
            break
    await events.aclose()
    request = await stand_in.until_asked()
    await request.ended.wait()
    assert request.hung_up
