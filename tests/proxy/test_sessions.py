"""Sessions with a real store and scripted answers: what is asked, what is kept, what watchers hear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.bus import Bus
from app.core.events import Event, SessionCreated, SessionExpired, SessionUpdated
from app.proxy.models import Catalogue
from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.neutral.stream import Accepted, Failed, Finished, Started, StopReason, StreamEvent
from app.proxy.neutral.turn import AssistantMessage, Message, Text, Thinking, ToolUse, Turn
from app.proxy.pipeline import Caller, Deadlines, Pipeline
from app.proxy.session_file import StoreUnavailable
from app.proxy.session_store import SessionStore
from app.proxy.sessions import SWEEP_SECONDS, Sessions
from tests.fakes import ScriptedEngine
from tests.proxy.conversations import Answers, called, events_of, result, said, thought, turn, user

APP = "Chatbox"
BROKEN = Failed(Fault(FaultKind.OVERLOADED, "Busy."))


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class World:
    """Sessions with everything a test looks at."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.heard: list[Event] = []
        bus = Bus()
        bus.subscribe(self.heard.append)
        self.store = SessionStore(path)
        self.sessions = Sessions(self.store, bus, ttl_seconds=3_600, wait_seconds=0.05, clock=self.clock)

    async def answer(self, asked: Turn, answers: Answers) -> list[StreamEvent]:
        return [event async for event in self.sessions.answer(APP, asked, answers.ask)]

    async def asked(self, *exchanges: tuple[tuple[Message, ...], list[StreamEvent]]) -> list[tuple[Message, ...]]:
        """What the engine got for each of these requests."""
        answers = Answers(*(script for _, script in exchanges))
        for sent, script in exchanges:
            assert await self.answer(turn(*sent), answers) == script
        return [asked.messages for asked in answers.turns]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path / "conversations.db")
    yield world
    await world.sessions.close()


async def test_an_app_that_sends_only_what_is_new_is_answered_with_everything_in_sight(world: World) -> None:
    seen = await world.asked(
        ((user("one"),), events_of(Thinking("Hm.", "c2ln"), Text("1"))),
        ((user("two"),), events_of(ToolUse("toolu_1", "look", {}))),
        ((result("toolu_1"),), events_of(Text("3"))),
        ((user("four"),), events_of(Text("4"))),
    )
    whole = (user("one"), thought("1"), user("two"), called("toolu_1"), result("toolu_1"), said("3"), user("four"))
    assert seen == [whole[:1], whole[:3], whole[:5], whole]
    assert world.heard == [
        SessionCreated(APP, "chat-1", "claude-scripted-1"),
        SessionUpdated(APP, "chat-1", 4),
        SessionUpdated(APP, "chat-1", 6),
        SessionUpdated(APP, "chat-1", 8),
    ]


async def test_an_app_that_resends_everything_doubles_nothing_and_gets_its_thinking_back(world: World) -> None:
    seen = await world.asked(
        ((user("one"),), events_of(Thinking("Hm.", "c2ln"), Text("1"))),
        ((user("one"), said("1"), user("two")), events_of(Text("2"))),
        ((user("one"), said("1"), user("two")), events_of(Text("2b"))),
        ((user("one"), said("1"), user("edited")), events_of(Text("3"))),
        ((user("one"),), events_of(Text("1b"))),
    )
    assert seen == [
        (user("one"),),
        (user("one"), thought("1"), user("two")),
        (user("one"), thought("1"), user("two")),
        (user("one"), thought("1"), user("edited")),
        (user("one"),),
    ]
    (summary,) = await world.sessions.listed()
    assert summary.message_count == 2


async def test_keys_know_nothing_of_each_other(world: World) -> None:
    answers = Answers(*[events_of(Text("ok"))] * 3)
    for key in ("a", "b", "a"):
        await world.answer(turn(user(key), key=key), answers)
    assert [asked.messages for asked in answers.turns] == [
        (user("a"),),
        (user("b"),),
        (user("a"),),  # the first message alone is that answer anew
    ]


async def test_apps_that_use_the_same_key_have_a_conversation_each(world: World) -> None:
    answers = Answers(*[events_of(Text("ok"))] * 4)
    for app, text in (("Chatbox", "one"), ("Obsidian", "uno"), ("Chatbox", "two"), ("Obsidian", "due")):
        assert [event async for event in world.sessions.answer(app, turn(user(text)), answers.ask)]
    assert [asked.messages for asked in answers.turns[2:]] == [
        (user("one"), said("ok"), user("two")),
        (user("uno"), said("ok"), user("due")),
    ]
    assert [summary.app for summary in await world.sessions.listed()] == ["Chatbox", "Obsidian"]
    assert await world.sessions.end_all("Obsidian") == 1
    assert [summary.app for summary in await world.sessions.listed()] == ["Chatbox"]


async def test_apps_that_use_the_same_key_do_not_wait_for_each_other(world: World) -> None:
    answers = Answers(events_of(Text("1")), events_of(Text("2")))
    events = world.sessions.answer("Chatbox", turn(user("one")), answers.ask)
    await anext(events)
    other = [event async for event in world.sessions.answer("Obsidian", turn(user("uno")), answers.ask)]
    assert other[-1] == Finished(StopReason.END_TURN)
    await events.aclose()


@pytest.mark.parametrize(
    "script",
    [
        [Accepted(), BROKEN],
        [*events_of(Text("half"))[:-1], BROKEN],
        events_of(Text("no"), reason=StopReason.REFUSAL),
    ],
    ids=["failed first", "failed midway", "refused"],
)
async def test_what_has_no_answer_is_not_kept(world: World, script: list[StreamEvent]) -> None:
    seen = await world.asked(
        ((user("one"),), events_of(Text("1"))),
        ((user("two"),), script),
        ((user("two"),), events_of(Text("2"))),
    )
    assert seen[1:] == [(user("one"), said("1"), user("two"))] * 2


async def test_what_a_client_left_is_not_kept(world: World) -> None:
    answers = Answers(events_of(Text("1")), events_of(Text("2")), events_of(Text("3")))
    await world.answer(turn(user("one")), answers)
    events = world.sessions.answer(APP, turn(user("two")), answers.ask)
    async for event in events:
        if isinstance(event, Started):
            break
    await events.aclose()
    await world.answer(turn(user("three")), answers)
    assert answers.turns[-1].messages == (user("one"), said("1"), user("three"))


async def test_an_answer_is_stored_before_its_end_is_told(world: World) -> None:
    events = world.sessions.answer(APP, turn(user("one")), Answers(events_of(Text("1"))).ask)
    async for event in events:
        if isinstance(event, Finished):
            stored = await world.store.session(APP, "chat-1")
            assert stored
            assert stored.messages == (user("one"), said("1"))
    await events.aclose()


async def test_a_second_turn_waits_for_the_first(world: World) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    sessions = Sessions(world.store, Bus(), ttl_seconds=3_600, wait_seconds=30, clock=world.clock)
    first, second = Answers(events_of(Text("1"))), Answers(events_of(Text("2")))

    async def slowly(asked: Turn):
        async for event in first.ask(asked):
            begun.set()
            await go_on.wait()
            yield event

    async def run(asked: Turn, ask) -> None:
        async for _ in sessions.answer(APP, asked, ask):
            pass

    async with asyncio.TaskGroup() as group:
        group.create_task(run(turn(user("one")), slowly))
        group.create_task(run(turn(user("two")), second.ask))
        await begun.wait()
        assert second.turns == []
        go_on.set()
    assert second.turns[0].messages == (user("one"), said("1"), user("two"))
    assert sessions._open == {}


async def test_a_turn_that_waits_too_long_is_told_that_the_session_is_busy(world: World) -> None:
    answers = Answers(events_of(Text("1")), events_of(Text("2")))
    events = world.sessions.answer(APP, turn(user("one")), answers.ask)
    await anext(events)
    (failed,) = await world.answer(turn(user("two")), answers)
    assert isinstance(failed, Failed)
    assert (failed.fault.kind.status, failed.fault.code, failed.fault.retryable) == (409, "session_busy", True)
    await world.answer(turn(user("elsewhere"), key="chat-2"), answers)
    await events.aclose()


async def test_a_closing_program_fails_also_the_turn_that_waits(world: World) -> None:
    engine = ScriptedEngine([*events_of(Text("half"))[:-1], asyncio.Event()])
    sessions = Sessions(world.store, Bus(), ttl_seconds=3_600, wait_seconds=30)
    pipeline = Pipeline(Catalogue([engine]), Deadlines(30, 30, 60), Bus(), sessions=sessions)
    caller = Caller("id", "/", "test", streaming=True)

    async def last_event(text: str) -> StreamEvent:
        return [event async for event in pipeline.answer(turn(user(text)), caller)][-1]

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        ends = [group.create_task(last_event(text)) for text in ("one", "two")]
        await engine.asked.wait()
        assert await pipeline.drain(0) is False
    codes = [end.fault.code for end in (task.result() for task in ends) if isinstance(end, Failed)]
    assert codes == ["shutting_down"] * 2
    assert await sessions.listed() == ()


async def test_the_result_of_an_unknown_call_fails_before_anything_is_asked(world: World) -> None:
    answers = Answers()
    (failed,) = await world.answer(turn(result("toolu_9")), answers)
    assert isinstance(failed, Failed)
    assert (failed.fault.kind, failed.fault.param) == (FaultKind.INVALID_REQUEST, "messages")
    assert answers.turns == []


async def test_a_session_nobody_continued_is_forgotten(world: World) -> None:
    answers = Answers(*[events_of(Text("ok"))] * 3)
    await world.answer(turn(user("one")), answers)
    world.clock.now += 3_600
    await world.answer(turn(user("two")), answers)
    world.clock.now += 3_601
    assert await world.sessions.listed() == ()
    await world.answer(turn(user("three")), answers)
    assert [len(asked.messages) for asked in answers.turns] == [1, 3, 1]
    assert world.heard == [
        SessionCreated(APP, "chat-1", "claude-scripted-1"),
        SessionUpdated(APP, "chat-1", 4),
        SessionExpired(APP, "chat-1", "ttl"),
        SessionCreated(APP, "chat-1", "claude-scripted-1"),
    ]


async def test_expired_sessions_are_swept_although_nobody_asks_for_it(world: World) -> None:
    answers = Answers(*[events_of(Text("ok"))] * 2)
    await world.answer(turn(user("one"), key="old"), answers)
    world.clock.now += 3_600 + SWEEP_SECONDS
    await world.answer(turn(user("one"), key="new"), answers)
    assert world.heard[1:] == [SessionExpired(APP, "old", "ttl"), SessionCreated(APP, "new", "claude-scripted-1")]
    assert [summary.key for summary in await world.store.sessions()] == ["new"]


async def test_a_session_in_use_is_not_swept(world: World) -> None:
    answers = Answers(*[events_of(Text("ok"))] * 2)
    await world.answer(turn(user("one")), answers)
    events = world.sessions.answer(APP, turn(user("two")), answers.ask)
    await anext(events)
    world.clock.now += 4_000
    await world.sessions.sweep()
    assert [event async for event in events][-1] == Finished(StopReason.END_TURN)
    assert [summary.message_count for summary in await world.sessions.listed()] == [4]


async def test_a_session_that_is_ended_stays_ended_although_an_answer_was_under_way(world: World) -> None:
    answers = Answers(*[events_of(Text("ok"))] * 4)
    await world.answer(turn(user("one")), answers)
    events = world.sessions.answer(APP, turn(user("two")), answers.ask)
    await anext(events)
    assert await world.sessions.end(APP, "chat-1") is True
    assert await world.sessions.end(APP, "chat-1") is False
    assert [event async for event in events][-1] == Finished(StopReason.END_TURN)
    assert await world.sessions.listed() == ()
    for key in ("a", "b"):
        await world.answer(turn(user("one"), key=key), answers)
    assert await world.sessions.end_all() == 2
    assert [event for event in world.heard if isinstance(event, SessionExpired)] == [
        SessionExpired(APP, "chat-1", "manual"),
        SessionExpired(APP, "a", "manual_all"),
        SessionExpired(APP, "b", "manual_all"),
    ]


async def test_an_empty_answer_leaves_no_empty_message(world: World) -> None:
    seen = await world.asked(((user("one"),), events_of()), ((user("two"),), events_of(Text("2"))))
    assert seen[1] == (user("one"), user("two"))


async def test_counting_looks_at_everything_and_changes_nothing(world: World) -> None:
    await world.asked(((user("one"),), events_of(Text("1"))))
    counted = await world.sessions.whole(APP, turn(user("two")))
    assert counted.messages == (user("one"), said("1"), user("two"))
    assert [summary.message_count for summary in await world.sessions.listed()] == [2]
    assert await world.sessions.whole(APP, turn(user("two"), key=None)) == turn(user("two"), key=None)


async def test_an_answer_goes_on_when_it_can_not_be_stored(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def full(_: object) -> bool:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(world.store, "save_session", full)
    assert await world.asked(((user("one"),), events_of(Text("1")))) == [(user("one"),)]
    assert "could not be stored" in caplog.text


async def test_a_store_that_can_not_be_read_fails_the_turn(tmp_path: Path) -> None:
    world = World(tmp_path / "not" / "there" / "conversations.db")
    answers = Answers()
    (failed,) = await world.answer(turn(user("one")), answers)
    assert isinstance(failed, Failed)
    assert (failed.fault.kind, answers.turns) == (FaultKind.INTERNAL, [])
    await world.sessions.sweep()
    await world.sessions.close()


def test_an_answer_as_the_service_gave_it_has_its_thinking() -> None:
    assert thought("1") == AssistantMessage((Thinking("Hm.", "c2ln"), Text("1")))
