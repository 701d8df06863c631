"""The API key: checked once, kept, in use at once without losing an answer, and forgotten."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from app.controller import Way
from app.core.account_watch import AccountWatch
from app.core.bus import Bus
from app.core.conditions import Condition
from app.core.environment import Method
from app.core.history import History
from app.core.redaction import Redaction
from app.core.secrets import SecretName, Secrets
from app.credentials import Credentials
from app.engine_choice import check_key
from app.proxy.engines.faults import fault_of
from app.proxy.engines.reach import Reach, SwitchableEngine
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.stream import Finished, Started, StopReason, StreamEvent
from app.proxy.neutral.turn import Turn
from tests.core.test_secrets import Drawer
from tests.fakes import ScriptedEngine, accepted
from tests.stand_in import StandIn
from tests.stand_in.answer import Refusal
from tests.stand_in.environment import KEY

GOOD = "sk-ant-good-key-1234"
ENDS = (Started("one"), Finished(StopReason.END_TURN))


class Engine(ScriptedEngine):
    """Knows whether it was started and closed."""

    def __init__(self, name: str, *steps: Any) -> None:
        super().__init__(accepted(*(steps or ENDS)))
        self.name = name
        self.life: list[str] = []

    async def start(self) -> None:
        self.life.append("started")

    async def close(self) -> None:
        self.life.append("closed")


async def read(events: AsyncGenerator[StreamEvent, None]) -> list[StreamEvent]:
    return [event async for event in events]


TURN = Turn("one", ())


async def test_an_answer_under_way_keeps_its_engine_and_the_next_one_gets_the_new():
    go_on = asyncio.Event()
    old, new = Engine("old", ENDS[0], go_on, ENDS[1]), Engine("new")
    engine = SwitchableEngine(old)
    await engine.start()
    running = asyncio.create_task(read(engine.answer(TURN)))
    await old.asked.wait()
    await engine.change_to(new)
    assert (engine.name, old.life, new.life) == ("new", ["started"], ["started"])
    assert (await read(engine.answer(TURN)))[-1] == ENDS[1]
    assert (len(old.turns), len(new.turns)) == (1, 1)
    go_on.set()
    assert (await running)[-1] == ENDS[1]
    assert old.life == ["started", "closed"]
    await engine.close()
    assert new.life == ["started", "closed"]


async def test_an_engine_that_is_still_starting_when_all_end_ends_too():
    may_start = asyncio.Event()
    old, new = Engine("old"), Engine("new")
    started = new.start

    async def start() -> None:
        await may_start.wait()
        await started()

    new.start = start  # type: ignore[method-assign]
    engine = SwitchableEngine(old)
    await engine.start()
    changing = asyncio.create_task(engine.change_to(new))
    await asyncio.sleep(0)
    await engine.close()
    may_start.set()
    await changing
    assert (old.life, new.life) == (["started", "closed"], ["started", "closed"])


async def test_an_engine_without_answers_is_closed_at_once_and_one_with_some_at_the_end():
    idle, busy, last = Engine("idle"), Engine("busy", ENDS[0], asyncio.Event()), Engine("last")
    engine = SwitchableEngine(idle)
    await engine.start()
    await engine.change_to(busy)
    assert idle.life == ["started", "closed"]
    running = asyncio.create_task(read(engine.answer(TURN)))
    await busy.asked.wait()
    await engine.change_to(last)
    await engine.close()
    assert (busy.life, last.life) == (["started", "closed"], ["started", "closed"])
    running.cancel()
    await asyncio.wait([running])


class Loop:
    """Runs what is asked for, as the program's loop would."""

    def call(self, work: Callable[[], Awaitable[Any]], *, limit_seconds: float) -> Any:
        async def bounded() -> Any:
            async with asyncio.timeout(limit_seconds):
                return await work()

        return asyncio.run(bounded())

    def stop(self) -> None: ...

    def restart(self) -> None: ...


class House:
    def __init__(self, folder: Path, *, drawer: Drawer | None = None, fixed: Method | None = None) -> None:
        self.redaction = Redaction()
        self.bus = Bus()
        self.history = History(folder / "history.db", self.bus)
        self.account = AccountWatch(self.bus, self.history)
        self.way = Way(Reach(Method.ACCOUNT, Engine("agent"), "ACCOUNT", renewable=True))
        self.engine = SwitchableEngine(self.way.reach.engine)
        self.secrets = Secrets(drawer or Drawer())
        self.checked: list[str] = []
        self.refused: Condition | None = None
        self.fixed = fixed
        self.credentials = Credentials(
            secrets=self.secrets, redaction=self.redaction, way=self.way, engine=self.engine, choose=self.choose,
            check=self.check, account=self.account, desk=lambda: None, lifetime=Loop,
        )  # fmt: skip

    def choose(self, key: str | None) -> Reach:
        method = self.fixed or (Method.KEPT_KEY if key else Method.ACCOUNT)
        return Reach(method, Engine("direct" if key else "agent"), f"{method.name} {key or ''}".strip())

    async def check(self, key: str) -> None:
        self.checked.append(key)
        if self.refused:
            raise Refused(fault_of(self.refused))


def test_of_two_changes_at_once_the_later_one_holds_for_what_is_kept_and_what_answers(house: House):
    chosen = house.credentials._choose
    forgetting = threading.Thread(target=house.credentials.forget_api_key)

    def choose(key: str | None) -> Reach:
        if key:  # somebody forgets it while the engine for it is made
            forgetting.start()
            forgetting.join(0.3)  # it may have to wait for this one
        return chosen(key)

    house.credentials._choose = choose
    house.credentials.use_api_key(GOOD)
    forgetting.join()
    assert house.secrets.read(SecretName.ANTHROPIC_KEY) is None
    assert (house.engine.name, house.way.reach.method) == ("agent", Method.ACCOUNT)
    house.history.close()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_good_key_is_kept_hidden_and_in_use_at_once(house: House):
    outcome = house.credentials.use_api_key(GOOD)
    assert (outcome.ok, outcome.last_four) == (True, "1234")
    assert outcome.sentence == f"It is kept in the system's keyring. Now in use: {Method.KEPT_KEY.sentence}"
    assert GOOD not in outcome.sentence
    assert house.checked == [GOOD]
    assert house.secrets.read(SecretName.ANTHROPIC_KEY) == GOOD
    assert house.redaction.clean(f"x {GOOD}") == "x [hidden]"
    assert (house.engine.name, house.way.reach.method) == ("direct", Method.KEPT_KEY)
    assert house.account.state.kind.value == "configured"
    house.history.close()


@pytest.mark.parametrize("condition", [Condition.KEY_INVALID, Condition.NO_CONNECTION])
def test_a_key_the_service_does_not_know_is_not_kept(house: House, condition: Condition):
    house.refused = condition
    outcome = house.credentials.use_api_key(GOOD)
    assert (outcome.ok, outcome.last_four, outcome.sentence) == (False, None, condition.sentence)
    assert house.secrets.read(SecretName.ANTHROPIC_KEY) is None
    assert house.engine.name == "agent"
    house.history.close()


@pytest.mark.parametrize("key", ["", "short", "two words here", "ключ-ключ-ключ", "line\nbreak-key", "x" * 400])
def test_what_can_be_no_key_is_not_even_sent(house: House, key: str):
    assert not house.credentials.use_api_key(key).ok
    assert house.checked == []
    house.history.close()


def test_a_credential_of_the_environment_goes_on_winning_and_that_is_said(tmp_path: Path):
    house = House(tmp_path, fixed=Method.ACCOUNT)
    house.way.reach = house.choose(None)
    house.credentials._choose = lambda _: house.way.reach
    outcome = house.credentials.use_api_key(GOOD)
    assert outcome.sentence.endswith(f"Still in use: {Method.ACCOUNT.sentence}")
    house.history.close()


def test_a_forgotten_key_brings_the_way_before_it_back(house: House):
    house.credentials.use_api_key(GOOD)
    outcome = house.credentials.forget_api_key()
    assert outcome.ok
    assert outcome.sentence == f"The API key is forgotten. Now in use: {Method.ACCOUNT.sentence}"
    assert house.secrets.read(SecretName.ANTHROPIC_KEY) is None
    assert house.engine.name == "agent"
    house.history.close()


async def test_a_key_is_checked_with_one_question_that_costs_nothing(stand_in: StandIn):
    environ = {"ANTHROPIC_BASE_URL": stand_in.url}
    await check_key(KEY, environ)
    assert [(request.method, request.path) for request in stand_in.requests] == [("GET", "/v1/models")]
    assert stand_in.asked == []
    stand_in.answer_next(Refusal(401, "invalid x-api-key"))
    with pytest.raises(Refused) as refused:
        await check_key(GOOD, environ)
    assert refused.value.fault.code == Condition.KEY_INVALID.code
