from __future__ import annotations

import asyncio
import threading

import pytest

from app.proxy.engines.late import LateEngine, Loaded
from app.proxy.engines.reach import EngineFacts
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.stream import Failed, Finished, StopReason, TextDelta
from app.proxy.neutral.turn import Text, Turn, UserMessage
from tests.fakes import SCRIPTED_MODEL, ScriptedEngine, accepted

TURN = Turn(SCRIPTED_MODEL.id, (UserMessage((Text("hello"),)),))
SAID = accepted(TextDelta("yes"), Finished(StopReason.END_TURN))


class Heavy(ScriptedEngine):
    """Stands for an engine whose library takes long to load, for as long as the test wants."""

    def __init__(self) -> None:
        super().__init__(SAID)
        self.may_load = threading.Event()
        self.calls: list[str] = []

    def load(self) -> Loaded:
        self.may_load.wait(30)
        self.calls.append("load")
        return Loaded(self, lambda: EngineFacts(cli_version="9.9"), self.notices)

    async def start(self) -> None:
        self.calls.append("start")

    async def close(self) -> None:
        self.calls.append("close")


async def test_it_starts_at_once_and_answers_when_it_is_loaded():
    heavy = Heavy()
    engine = LateEngine("agent", heavy.load)
    await engine.start()
    assert (engine.name, engine.notices(), engine.facts()) == ("agent", (), EngineFacts())
    assert heavy.calls == []
    heavy.may_load.set()
    assert [event async for event in engine.answer(TURN)] == list(SAID)
    assert heavy.calls == ["load", "start"]
    assert engine.facts() == EngineFacts(cli_version="9.9")
    assert await engine.models() == (SCRIPTED_MODEL,)
    await engine.close()
    assert heavy.calls == ["load", "start", "close"]


async def test_one_that_is_closed_before_it_is_loaded_is_closed_all_the_same():
    heavy = Heavy()
    engine = LateEngine("agent", heavy.load)
    await engine.start()
    heavy.may_load.set()
    await engine.close()
    assert heavy.calls == ["load", "start", "close"]


async def test_whoever_goes_away_while_it_loads_leaves_it_loading_for_the_others():
    heavy = Heavy()
    engine = LateEngine("agent", heavy.load)
    asking = asyncio.ensure_future(anext(engine.answer(TURN)))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    heavy.may_load.set()
    assert [event async for event in engine.answer(TURN)] == list(SAID)
    assert heavy.calls == ["load", "start"]
    await engine.close()


@pytest.mark.parametrize("missing", [ModuleNotFoundError("no such module"), PermissionError("blocked")])
async def test_missing_files_are_said_in_every_answer(missing: Exception):
    def load() -> Loaded:
        raise missing

    engine = LateEngine("agent", load)
    await engine.start()
    (failed,) = [event async for event in engine.answer(TURN)]
    assert isinstance(failed, Failed)
    assert failed.fault.code == "engine_missing"
    with pytest.raises(Refused):
        await engine.models()
    with pytest.raises(Refused):
        await engine.count_tokens(TURN)
    await engine.close()


async def test_what_could_not_be_loaded_is_tried_again_for_whoever_asks_next():
    heavy = Heavy()
    heavy.may_load.set()
    missing = [OSError("blocked")]

    def load() -> Loaded:
        if missing:
            raise missing.pop()
        return heavy.load()

    engine = LateEngine("agent", load)
    with pytest.raises(Refused):
        await engine.models()
    assert await engine.models() == (SCRIPTED_MODEL,)
    await engine.close()
    assert heavy.calls == ["load", "start", "close"]
