from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from app.core.bus import Bus
from app.core.conditions import Condition
from app.core.events import Event, ExchangeEnded, ExchangeStarted, Outcome
from app.proxy.engines.faults import fault_of
from app.proxy.models import Catalogue
from app.proxy.neutral.fault import Fault, FaultKind
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
    Usage,
    UsageReported,
)
from app.proxy.neutral.turn import Image, RemoteData, Text, ToolResult, Turn, UserMessage
from app.proxy.pipeline import Caller, Deadlines, Pipeline
from tests.fakes import SCRIPTED_MODEL, ScriptedEngine, Step

MODEL = SCRIPTED_MODEL.id
CALLER = Caller("request-1", "/v1/chat/completions", "Chatbox", streaming=True)
PATIENT = Deadlines(first_event=60, idle=60, total=60)
BEGUN: tuple[StreamEvent, ...] = (Accepted(("top_k",)), Started(MODEL), BlockStarted(TextBlock()), TextDelta("Hi"))
WHOLE: tuple[StreamEvent, ...] = (
    *BEGUN,
    BlockStopped(),
    UsageReported(Usage(input_tokens=5, output_tokens=2, cache_read_tokens=3, cost_usd=0.25)),
    Finished(StopReason.END_TURN),
)


class Watched:
    """A pipeline over a scripted engine, and all that was published."""

    def __init__(self, *steps: Step, deadlines: Deadlines = PATIENT, clock: Sequence[float] = (0.0,) * 9) -> None:
        self.engine = ScriptedEngine(steps)
        self.published: list[Event] = []
        bus = Bus()
        bus.subscribe(self.published.append)
        moments = iter(clock)
        self.pipeline = Pipeline(Catalogue([self.engine]), deadlines, bus, clock=lambda: next(moments))

    async def answer(self, **turn: Any) -> list[StreamEvent]:
        asked = Turn(**{"model": MODEL, "messages": (UserMessage((Text("Hello"),)),), **turn})
        async with aclosing(self.pipeline.answer(asked, CALLER)) as events:
            return [event async for event in events]


async def test_events_pass_as_they_are_with_all_that_was_ignored_named_once() -> None:
    watched = Watched(*WHOLE)

    assert await watched.answer(ignored=("seed", "top_k")) == [Accepted(("seed", "top_k")), *WHOLE[1:]]


async def test_the_engine_gets_the_id_it_serves() -> None:
    watched = Watched(*WHOLE)

    await watched.answer(model=f"openai/{MODEL}")

    assert [turn.model for turn in watched.engine.turns] == [MODEL]


async def test_an_unknown_model_fails_with_the_choices_and_asks_no_engine() -> None:
    watched = Watched(*WHOLE)

    (failed,) = await watched.answer(model="llama3")

    assert isinstance(failed, Failed)
    assert failed.fault.code == "model_not_found"
    assert MODEL in failed.fault.message
    assert watched.engine.turns == []


async def test_a_model_that_only_the_service_knew_to_be_missing_fails_with_the_choices_too() -> None:
    watched = Watched(Accepted(), Failed(fault_of(Condition.MODEL_UNAVAILABLE)))

    *_, failed = await watched.answer()

    assert isinstance(failed, Failed)
    assert f"Choose one of: {MODEL}" in failed.fault.message


async def test_an_engine_that_ends_without_an_end_has_failed() -> None:
    watched = Watched(*BEGUN)

    *events, end = await watched.answer()

    assert events == list(BEGUN)
    assert end == Failed(fault_of(Condition.STALLED))


async def test_an_engine_that_raises_has_failed_and_tells_nothing_of_it() -> None:
    watched = Watched(*BEGUN, RuntimeError("secret"))

    *_, end = await watched.answer()

    assert end == Failed(fault_of(Condition.INTERNAL_ERROR))


async def test_an_engine_that_never_begins_is_stopped_at_the_deadline() -> None:
    watched = Watched(asyncio.Event(), deadlines=Deadlines(first_event=0.01, idle=60, total=60))

    assert await watched.answer() == [Failed(fault_of(Condition.TIMED_OUT))]
    assert watched.engine.stopped.is_set()


async def test_an_engine_that_falls_silent_is_stopped_at_the_deadline() -> None:
    watched = Watched(*BEGUN, asyncio.Event(), deadlines=Deadlines(first_event=60, idle=0.01, total=60))

    assert (await watched.answer())[-1] == Failed(fault_of(Condition.STALLED))
    assert watched.engine.stopped.is_set()


async def test_an_answer_without_end_is_stopped_at_the_total_deadline() -> None:
    watched = Watched(*BEGUN, asyncio.Event(), deadlines=Deadlines(first_event=60, idle=60, total=0.01))

    assert (await watched.answer())[-1] == Failed(fault_of(Condition.STALLED))


async def test_nothing_follows_the_end() -> None:
    watched = Watched(*WHOLE, TextDelta("more"), Failed(Fault(FaultKind.INTERNAL, "late")))

    assert await watched.answer() == list(WHOLE)


async def test_a_good_answer_is_on_record_with_its_numbers() -> None:
    watched = Watched(*WHOLE, clock=(10.0, 10.5, 12.0))

    await watched.answer(session_key="s")

    assert watched.published == [
        ExchangeStarted("request-1", CALLER.path, "Chatbox", MODEL, "s", streaming=True, messages=1, images=0, tools=0),
        ExchangeEnded(
            request_id="request-1",
            outcome=Outcome.OK,
            detail="end_turn",
            status=200,
            served_model=MODEL,
            duration_seconds=2.0,
            first_token_seconds=0.5,
            input_tokens=8,
            output_tokens=2,
            cache_read_tokens=3,
            cache_creation_tokens=0,
            cost_usd=0.25,
        ),
    ]


async def test_an_answer_that_failed_after_its_first_words_is_on_record_as_failed() -> None:
    watched = Watched(*BEGUN, Failed(fault_of(Condition.SERVICE_BUSY)))

    await watched.answer()

    ended = watched.published[-1]
    assert isinstance(ended, ExchangeEnded)
    assert (ended.outcome, ended.detail, ended.status) == (Outcome.FAILED, "service_busy", 529)


async def test_a_reader_who_leaves_stops_the_engine_and_is_an_outcome_of_its_own() -> None:
    watched = Watched(*BEGUN, asyncio.Event())
    events = watched.pipeline.answer(Turn(MODEL, (UserMessage((Text("Hello"),)),)), CALLER)
    async for event in events:
        if event == TextDelta("Hi"):
            break

    await events.aclose()

    ended = watched.published[-1]
    assert isinstance(ended, ExchangeEnded)
    assert ended.outcome is Outcome.CLIENT_LEFT
    assert watched.engine.stopped.is_set()
    assert watched.pipeline.running == 0


async def test_images_are_counted_wherever_they_are() -> None:
    watched = Watched(*WHOLE)
    picture = Image(RemoteData("https://example.com/a.png"))

    await watched.answer(messages=(UserMessage((picture, ToolResult("t", (picture, Text("x"))), picture)),))

    started = watched.published[0]
    assert isinstance(started, ExchangeStarted)
    assert started.images == 3


async def test_a_closing_pipeline_refuses_new_turns_and_waits_for_the_running_one() -> None:
    go = asyncio.Event()
    watched = Watched(*BEGUN, go, *WHOLE[len(BEGUN) :])
    running = asyncio.create_task(watched.answer())
    await watched.engine.asked.wait()
    draining = asyncio.create_task(watched.pipeline.drain(60))
    await asyncio.sleep(0)

    (refused,) = await watched.answer()
    go.set()

    assert isinstance(refused, Failed)
    assert refused.fault.kind is FaultKind.UNAVAILABLE
    assert (await running)[-1] == Finished(StopReason.END_TURN)
    assert await draining


async def test_an_answer_that_outlasts_the_closing_is_told_so() -> None:
    watched = Watched(*BEGUN, asyncio.Event())
    running = asyncio.create_task(watched.answer())
    await watched.engine.asked.wait()

    assert not await watched.pipeline.drain(0.01)
    failed = (await running)[-1]
    assert isinstance(failed, Failed)
    assert failed.fault.code == Condition.SHUTTING_DOWN.code


async def test_a_listener_that_raises_costs_nobody_anything() -> None:
    bus = Bus()
    heard: list[Event] = []
    bus.subscribe(_breaking)
    stop = bus.subscribe(heard.append)
    pipeline = Pipeline(Catalogue([ScriptedEngine(WHOLE)]), PATIENT, bus)
    turn = Turn(MODEL, (UserMessage((Text("Hello"),)),))

    events = [event async for event in pipeline.answer(turn, CALLER)]
    stop()
    [event async for event in pipeline.answer(turn, CALLER)]

    assert events == list(WHOLE)
    assert len(heard) == 2


def _breaking(event: Event) -> None:
    raise RuntimeError("This listener is broken.")
