from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import pytest

from app.core.conditions import Condition
from app.proxy.engines.faults import fault_of
from app.proxy.engines.insistence import insisting
from app.proxy.neutral.stream import (
    Accepted,
    BlockStarted,
    BlockStopped,
    Failed,
    Finished,
    Started,
    StopReason,
    StreamEvent,
    TextBlock,
    TextDelta,
    ToolUseBlock,
    Usage,
    UsageReported,
)
from app.proxy.neutral.turn import AnyTool, AutoTool, NamedTool, ToolChoice

UNFORCED = Accepted(("tool_choice",))
WORDS: tuple[StreamEvent, ...] = (
    UNFORCED,
    Started("m"),
    BlockStarted(TextBlock()),
    TextDelta("No."),
    BlockStopped(),
    UsageReported(Usage(input_tokens=3, output_tokens=2, cost_usd=0.5)),
    Finished(StopReason.END_TURN),
)
CALL: tuple[StreamEvent, ...] = (
    UNFORCED,
    Started("m"),
    BlockStarted(TextBlock()),
    TextDelta("Let me."),
    BlockStopped(),
    BlockStarted(ToolUseBlock("t", "add")),
    BlockStopped(),
    UsageReported(Usage(input_tokens=4, output_tokens=3, cost_usd=0.25)),
    Finished(StopReason.TOOL_USE),
)
BOTH = UsageReported(Usage(input_tokens=7, output_tokens=5, cost_usd=0.75))


async def heard(wanted: ToolChoice | None, *tries: Sequence[StreamEvent]) -> tuple[list[StreamEvent], int]:
    """What comes of these tries, signs of life aside, and how many of them were made."""
    events, made = await all_heard(wanted, *tries)
    return [event for number, event in enumerate(events) if not number or event != events[number - 1]], made


async def all_heard(wanted: ToolChoice | None, *tries: Sequence[StreamEvent]) -> tuple[list[StreamEvent], int]:
    left = list(tries)

    async def ask() -> AsyncGenerator[StreamEvent, None]:
        for event in left.pop(0):
            yield event

    events = [event async for event in insisting(ask, wanted)]
    return events, len(tries) - len(left)


@pytest.mark.parametrize("wanted", [NamedTool("add"), AnyTool()])
async def test_an_answer_in_words_is_thrown_away_and_asked_for_once_more(wanted: ToolChoice) -> None:
    events, tries = await heard(wanted, WORDS, CALL)

    assert tries == 2
    assert events == [*CALL[:-2], BOTH, CALL[-1]]


async def test_while_an_answer_is_held_back_it_can_be_heard_that_the_model_works() -> None:
    thinking: tuple[StreamEvent, ...] = (UNFORCED, Started("m"), *[TextDelta("Hm.")] * 50, *CALL[2:])

    events, _ = await all_heard(AnyTool(), thinking)

    assert events[:52] == [UNFORCED] * 52
    assert [event for event in events if event != UNFORCED] == list(thinking[1:])


async def test_the_second_answer_is_passed_on_whatever_it_is() -> None:
    events, tries = await heard(NamedTool("add"), WORDS, WORDS, CALL)

    assert tries == 2
    assert TextDelta("No.") in events
    assert events[-1] == Finished(StopReason.END_TURN)


@pytest.mark.parametrize("wanted", [NamedTool("add"), AnyTool()])
async def test_a_call_at_the_first_try_is_passed_on_whole(wanted: ToolChoice) -> None:
    assert await heard(wanted, CALL) == (list(CALL), 1)


async def test_a_call_of_another_tool_than_the_named_one_is_not_enough() -> None:
    _, tries = await heard(NamedTool("subtract"), (*CALL[:-1], Finished(StopReason.END_TURN)), CALL)

    assert tries == 2


@pytest.mark.parametrize(
    "end", [Failed(fault_of(Condition.SERVICE_BUSY)), Finished(StopReason.MAX_TOKENS), Finished(StopReason.REFUSAL)]
)
async def test_an_answer_that_ended_for_another_reason_is_not_asked_for_again(end: StreamEvent) -> None:
    assert await heard(AnyTool(), (*WORDS[:-1], end)) == ([*WORDS[:-1], end], 1)


@pytest.mark.parametrize("wanted", [None, AutoTool()])
async def test_without_a_forced_tool_nothing_is_held_back(wanted: ToolChoice | None) -> None:
    assert await heard(wanted, WORDS) == (list(WORDS), 1)


async def test_a_model_that_was_really_forced_is_not_checked() -> None:
    forced = (Accepted(), *WORDS[1:])

    assert await heard(AnyTool(), forced) == (list(forced), 1)
