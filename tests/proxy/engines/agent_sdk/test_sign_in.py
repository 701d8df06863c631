"""The sign-in: begun, watched, renewed once for everybody, and left alone when the service refuses it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from app.core.conditions import Condition
from app.core.events import SignInChecked
from app.proxy.engines.agent_sdk.auth_program import AuthProgram, AuthStatus, AuthUnavailable
from app.proxy.engines.agent_sdk.command import Command, auth_command
from app.proxy.engines.agent_sdk.desk import AgentSignInDesk
from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from app.proxy.engines.agent_sdk.login import Login
from app.proxy.engines.agent_sdk.renewal import RenewingEngine
from app.proxy.engines.agent_sdk.sign_in import SignIn
from app.proxy.engines.faults import fault_of
from app.proxy.engines.reach import AccountTrouble
from app.proxy.neutral.fault import Fault, FaultKind, Refused
from app.proxy.neutral.reply import Reply
from app.proxy.neutral.stream import Accepted, Failed, Finished, Started, StopReason, StreamEvent
from app.proxy.neutral.turn import Turn
from tests.fakes import ScriptedEngine, Step, accepted
from tests.proxy.engines.agent_sdk import fake_auth
from tests.proxy.engines.agent_sdk.turns import events_of, result_of, turn, user
from tests.stand_in import StandIn
from tests.stand_in.answer import Refusal
from tests.stand_in.environment import HERE_ONLY
from tests.stand_in.sign_in import signed_in
from tests.tidegate_process import ROOT

REFUSED = fault_of(Condition.SIGN_IN_EXPIRED)
ANSWERED = (Started("claude-opus-5-5"), Finished(StopReason.END_TURN))
HOUR = 3_600.0
NEEDED = {"PATH": os.defpath, "LANG": "C.UTF-8"} | {
    name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ
}


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Program:
    """Says what it is told to; holds its answer until it may give it."""

    def __init__(self, *, signed_in: bool = True, error: Exception | None = None, held: bool = False) -> None:
        self.signed_in = signed_in
        self.error = error
        self.calls = 0
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        if not held:
            self.may_answer.set()

    async def status(self) -> AuthStatus:
        self.calls += 1
        self.asked.set()
        await self.may_answer.wait()
        if self.error:
            raise self.error
        return AuthStatus(self.signed_in, "claude.ai")


class Refusing(ScriptedEngine):
    """Refuses the first so many answers with 401, and forgets its processes when told to."""

    def __init__(self, refusals: int, *, fault: Fault = REFUSED) -> None:
        super().__init__(accepted(*ANSWERED))
        self.refusals = refusals
        self.fault = fault
        self.second: tuple[Step, ...] = ANSWERED
        """What it says when it refuses no more."""
        self.tried = asyncio.Event()
        """Set when it is asked after its last refusal."""
        self.forgotten = 0

    async def answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        self._events = accepted(*self.second)
        if self.refusals:
            self.refusals -= 1
            self._events = accepted(Failed(self.fault))
        else:
            self.tried.set()
        async for event in super().answer(turn):
            yield event

    def forget_processes(self) -> None:
        self.forgotten += 1


def sign_in(
    folder: Path, program: Program, clock: Callable[[], float] | None = None
) -> tuple[SignIn, list[SignInChecked]]:
    heard: list[SignInChecked] = []
    made = SignIn(program, folder / "lock", heard.append, clock=clock or Clock(), jitter=lambda: 0.0)
    return made, heard


# One refresher


async def test_everybody_who_asks_at_once_gets_the_same_refresh(tmp_path: Path):
    program = Program(held=True)
    made, heard = sign_in(tmp_path, program)
    asking = [asyncio.create_task(made.refresh()) for _ in range(20)]
    await program.asked.wait()
    program.may_answer.set()
    answers = await asyncio.gather(*asking)
    assert (program.calls, len(heard), set(answers)) == (1, 1, {heard[0]})
    assert heard[0].signed_in


async def test_nothing_starts_while_the_sign_in_is_renewed(tmp_path: Path):
    program = Program(held=True)
    made, _ = sign_in(tmp_path, program)
    await made.may_start()
    refreshing = made.begin_refresh()
    starting = asyncio.create_task(made.may_start())
    await program.asked.wait()
    assert not starting.done()
    program.may_answer.set()
    await starting
    assert refreshing.done()


async def test_two_tidegates_never_ask_at_the_same_time(tmp_path: Path):
    first, second = Program(held=True), Program()
    here, _ = sign_in(tmp_path, first)
    there, _ = sign_in(tmp_path, second)
    one = asyncio.create_task(here.refresh())
    await first.asked.wait()
    two = there.begin_refresh()
    await asyncio.sleep(0.2)  # time enough to go wrong; going right takes none
    assert second.calls == 0
    first.may_answer.set()
    await one
    await two
    assert second.calls == 1


async def test_whoever_gives_up_waiting_for_another_tidegate_leaves_the_lock_alone(tmp_path: Path):
    first, second = Program(held=True), Program()
    here, _ = sign_in(tmp_path, first)
    there, _ = sign_in(tmp_path, second)
    one = here.begin_refresh()
    await first.asked.wait()
    waiting = there.begin_refresh()
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    first.may_answer.set()
    await one
    assert (await there.refresh()).signed_in
    assert second.calls == 1


async def test_a_place_where_nothing_can_be_locked_is_said(tmp_path: Path):
    (tmp_path / "lock").mkdir()
    program = Program()
    made, heard = sign_in(tmp_path, program)
    await made.refresh()
    assert [each.problem for each in heard] == ["The sign-in's lock can't be used."]
    assert program.calls == 0


async def test_closing_lets_a_renewal_under_way_come_to_its_end(folder: Path):
    put(folder, signed_in=True, takes=0.5)
    heard: list[SignInChecked] = []
    made = SignIn(fake(folder), folder / "lock", heard.append)
    made.begin_refresh()
    while not (folder / "calls").exists():  # noqa: ASYNC110  another process makes it
        await asyncio.sleep(0.01)
    await made.close()
    assert [each.signed_in for each in heard] == [True]


HOLD_THE_LOCK = """
import asyncio, sys
from pathlib import Path
from app.proxy.engines.agent_sdk.sign_in import _alone

async def hold():
    async with _alone(Path(sys.argv[1])):
        print("held", flush=True)
        sys.stdin.readline()

asyncio.run(hold())
"""


async def test_a_tidegate_in_another_process_is_waited_for_and_a_killed_one_is_not(tmp_path: Path):
    program = Program()
    made, _ = sign_in(tmp_path, program)
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD_THE_LOCK, str(tmp_path / "lock"), cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert other.stdout
    assert await other.stdout.readline() == b"held\n"
    refreshing = made.begin_refresh()
    await asyncio.wait([refreshing], timeout=0.3)  # time enough to go wrong; going right takes none
    assert program.calls == 0
    other.kill()
    await other.wait()
    assert (await refreshing).signed_in


async def test_a_program_that_fails_is_told_as_that_and_not_as_signed_out(tmp_path: Path):
    made, heard = sign_in(tmp_path, Program(error=AuthUnavailable("It is missing.")))
    await made.refresh()
    assert [(each.ok, each.signed_in, each.problem) for each in heard] == [(False, False, "It is missing.")]


# After a 401


async def test_an_answer_refused_before_its_first_word_is_asked_for_once_more(tmp_path: Path):
    program, engine = Program(), Refusing(1)
    made, _ = sign_in(tmp_path, program)
    assert await events_of(RenewingEngine(engine, made, clock=made._clock), turn(user("hi"))) == [
        Accepted(), Accepted(), *ANSWERED,
    ]  # fmt: skip
    assert (program.calls, engine.forgotten, len(engine.turns)) == (1, 1, 2)


async def test_what_has_sent_something_is_not_asked_again(tmp_path: Path):
    program = Program()
    engine = Refusing(0)
    engine.answer = ScriptedEngine(accepted(Started("m"), Failed(REFUSED))).answer  # type: ignore[method-assign]
    made, _ = sign_in(tmp_path, program)
    events = await events_of(RenewingEngine(engine, made), turn(user("hi")))
    assert (events, program.calls) == ([Accepted(), Started("m"), Failed(REFUSED)], 0)


async def test_other_failures_renew_nothing(tmp_path: Path):
    program, fault = Program(), fault_of(Condition.SERVICE_BUSY)
    made, _ = sign_in(tmp_path, program)
    events = await events_of(RenewingEngine(Refusing(1, fault=fault), made), turn(user("hi")))
    assert (events, program.calls) == ([Accepted(), Failed(fault)], 0)


async def test_someone_who_is_signed_out_is_not_asked_for_again(tmp_path: Path):
    engine = Refusing(9)
    made, _ = sign_in(tmp_path, Program(signed_in=False))
    assert await events_of(RenewingEngine(engine, made), turn(user("hi"))) == [Accepted(), Failed(REFUSED)]
    assert len(engine.turns) == 1


async def test_the_breaker_stays_open_longer_each_time_up_to_a_quarter_of_an_hour(tmp_path: Path):
    clock = Clock()
    made, _ = sign_in(tmp_path, Program(), clock)
    pauses = []
    for _ in range(8):
        made.refused_again(REFUSED)
        made.refused_again(REFUSED)  # of the same moment: counts once
        with pytest.raises(Refused) as refused:
            await made.may_start()
        pauses.append(refused.value.fault.retry_after_seconds)
        assert (refused.value.fault.message, refused.value.fault.kind) == (REFUSED.message, FaultKind.AUTHENTICATION)
        clock.now += pauses[-1] or 0
        await made.may_start()
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]


async def test_someone_who_signs_in_elsewhere_is_let_in_at_the_next_look(tmp_path: Path):
    program = Program(signed_in=False)
    made, _ = sign_in(tmp_path, program)
    assert (await events_of(RenewingEngine(Refusing(9), made), turn(user("hi"))))[-1] == Failed(REFUSED)
    with pytest.raises(Refused):
        await made.may_start()
    program.signed_in = True
    await made.refresh()
    await made.may_start()


async def test_a_real_answer_closes_the_breaker(tmp_path: Path):
    clock, engine = Clock(), Refusing(2)
    made, _ = sign_in(tmp_path, Program(), clock)
    renewing = RenewingEngine(engine, made, clock=clock)
    assert (await events_of(renewing, turn(user("hi"))))[-1] == Failed(REFUSED)
    with pytest.raises(Refused):
        await made.may_start()
    clock.now += 30
    assert (await events_of(renewing, turn(user("hi"))))[-1] == ANSWERED[-1]
    made.refused_again(REFUSED)
    with pytest.raises(Refused) as refused:
        await made.may_start()
    assert refused.value.fault.retry_after_seconds == 30


async def test_fifty_requests_against_a_401_cost_one_refresh_and_are_all_answered_soon(
    stand_in: StandIn, command: Command, tmp_path: Path
):
    """With the real CLI; the service refuses everything, although the program says that someone is signed in."""
    stand_in.answer_next(*[Refusal(401, "OAuth token has expired")] * 200)
    program = Program()
    made, _ = sign_in(tmp_path, program, time.monotonic)
    agent = AgentEngine(lambda: command, tmp_path, AgentLimits(pool=PoolLimits(spares=0)), may_start=made.may_start)
    engine = RenewingEngine(agent, made)
    await engine.start()
    await engine.models()
    begun = time.monotonic()
    results = await asyncio.gather(*(result_of(engine, turn(user(f"{number}"))) for number in range(50)))
    took = time.monotonic() - begun
    await engine.close()
    assert {result.kind for result in results if isinstance(result, Fault)} == {FaultKind.AUTHENTICATION}
    assert len([result for result in results if isinstance(result, Fault)]) == 50
    assert program.calls <= 2  # one at the start, at most one for all the refusals
    assert len(stand_in.asked) <= AgentLimits().turns_at_once  # the others were not even sent
    assert took < 5 or os.getloadavg()[0] > (os.cpu_count() or 1)  # on a machine with nothing else to do


async def test_while_the_sign_in_is_renewed_no_process_and_no_question_is_started(
    stand_in: StandIn, command: Command, tmp_path: Path
):
    """With the real CLI: neither the first turn's process, nor a spare, nor a turn of a process that is there."""
    program = Program()
    made, _ = sign_in(tmp_path, program, time.monotonic)
    agent = AgentEngine(lambda: command, tmp_path, AgentLimits(pool=PoolLimits(spares=1)), may_start=made.may_start)
    await agent.start()
    await agent.models()
    while not agent._pool._spares:  # noqa: ASYNC110  it is started in the background
        await asyncio.sleep(0.01)
    program.may_answer.clear()
    program.asked.clear()
    made.begin_refresh()
    await program.asked.wait()
    agent.forget_processes()  # so that a spare is wanted too
    asking = [asyncio.create_task(result_of(agent, turn(user(name)))) for name in ("one", "two")]
    await asyncio.wait(asking, timeout=1)  # time enough to go wrong; going right takes none
    assert stand_in.asked == []
    assert [process for process in agent._pool._everyone if process.alive and process.system is None] == []
    program.may_answer.set()
    assert all(isinstance(result, Reply) for result in await asyncio.gather(*asking))
    await agent.close()


async def test_after_a_renewal_one_answer_is_tried_and_the_others_wait_for_it(tmp_path: Path):
    clock, go_on = Clock(), asyncio.Event()
    engine = Refusing(3)
    made, _ = sign_in(tmp_path, Program(), clock)
    renewing = RenewingEngine(engine, made, clock=clock)
    engine.second = (go_on, *ANSWERED)
    asking = [asyncio.create_task(events_of(renewing, turn(user(str(number))))) for number in range(3)]
    await engine.tried.wait()
    assert len(engine.turns) == 4  # each of the three once, and one of them again
    go_on.set()
    answers = await asyncio.gather(*asking)
    assert [answer[-1] for answer in answers] == [ANSWERED[-1]] * 3
    assert engine.forgotten == 1


# The program itself


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "fake"
    made.mkdir()
    put(made, signed_in=False)
    return made


def put(folder: Path, *, signed_in: bool, told: dict[str, object] | None = None, **more: object) -> None:
    (folder / "state.json").write_text(json.dumps({"in": signed_in, "told": told or {}, **more}))


def flows(folder: Path) -> list[int]:
    """Programs that wait for a person now."""
    calls = [line.split() for line in (folder / "calls").read_text().splitlines()]
    return [int(pid) for asked, *_, pid in calls if asked == "login" and psutil.pid_exists(int(pid))]


def fake(folder: Path) -> AuthProgram:
    return AuthProgram(lambda *asked: fake_command(folder, *asked), limit_seconds=20)


def fake_command(folder: Path, *asked: str) -> Command:
    return Command((sys.executable, fake_auth.__file__, "auth", *asked), NEEDED, folder)


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[AgentSignInDesk]:
    program = fake(folder)
    made = AgentSignInDesk(
        program,
        Login(lambda *asked: fake_command(folder, *asked)),
        SignIn(program, folder / "lock", lambda _: None),
    )
    yield made
    await made.close()


async def test_the_status_is_read_as_the_program_tells_it(folder: Path):
    told: dict[str, object] = {
        "email": "me@example.org",
        "orgName": "Home",
        "subscriptionType": "max",
        "loginExpiresAt": "2026-11-21T12:00:00Z",
    }
    put(folder, signed_in=True, told=told)
    assert await fake(folder).status() == AuthStatus(True, "claude.ai", "me@example.org", "Home", "max", 1795262400.0)


@pytest.mark.parametrize("said", ["", "not json", "[]", '{"loggedIn": "yes"}'])
async def test_an_answer_nobody_understands_is_no_sign_in(folder: Path, said: str):
    put(folder, signed_in=True, says=said or " ")
    try:
        assert not (await fake(folder).status()).signed_in
    except AuthUnavailable as error:
        assert "no readable answer" in str(error)  # noqa: PT017  either is right


async def test_a_program_that_hangs_is_ended_in_time(folder: Path):
    put(folder, signed_in=True, takes=60)
    program = AuthProgram(lambda *asked: fake_command(folder, *asked), limit_seconds=0.5, grace_seconds=0.1)
    with pytest.raises(AuthUnavailable, match="in time"):
        await program.status()


async def test_a_timer_that_counted_the_computers_sleep_does_not_cut_a_renewal(folder: Path):
    put(folder, signed_in=True, takes=0.3)
    program = AuthProgram(lambda *asked: fake_command(folder, *asked), limit_seconds=0.0)
    assert (await program.status()).signed_in


async def test_a_missing_program_is_said_in_the_sentence_of_the_catalogue(tmp_path: Path):
    missing = tmp_path / "none"

    def command(*asked: str) -> Command:
        return auth_command(NEEDED, tmp_path, *asked, cli=missing)

    program, heard = AuthProgram(command), list[SignInChecked]()
    made = SignIn(program, tmp_path / "lock", heard.append)
    desk = AgentSignInDesk(program, Login(command), made)
    await desk.refresh()
    with pytest.raises(AccountTrouble) as trouble:
        await desk.begin(lambda: None)
    await desk.close()
    assert [(each.ok, each.problem, each.code) for each in heard] == [
        (False, Condition.ENGINE_MISSING.sentence, Condition.ENGINE_MISSING.code)
    ]
    assert str(trouble.value) == Condition.ENGINE_MISSING.sentence


async def test_signing_in_gives_the_page_takes_the_code_and_says_when_someone_is_in(
    desk: AgentSignInDesk, folder: Path
):
    told: list[str] = []
    forgotten: list[str] = []
    desk.forget = lambda: forgotten.append("forgotten")
    assert await desk.begin(lambda: told.append("in")) == fake_auth.PAGE
    await desk.submit(fake_auth.GOOD_CODE)
    assert (told, forgotten, desk.told()["loggedIn"]) == (["in"], ["forgotten"], True)
    with pytest.raises(AccountTrouble, match="No sign-in is under way"):
        await desk.submit(fake_auth.GOOD_CODE)
    assert desk._login._flow is None  # nothing of what the program said is kept
    await desk.sign_out(lambda: told.append(f"out, while the program said {desk.told()['loggedIn']}"))
    assert (desk.told()["loggedIn"], len(forgotten)) == (False, 2)
    assert told == ["in", "out, while the program said True"]


async def test_a_sign_in_that_was_begun_can_be_given_up(desk: AgentSignInDesk):
    assert not await desk.cancel()
    await desk.begin(lambda: None)
    process = desk._login._flow._process if desk._login._flow else None
    assert await desk.cancel()
    assert process
    assert process.returncode is not None
    with pytest.raises(AccountTrouble, match="No sign-in is under way"):
        await desk.submit(fake_auth.GOOD_CODE)


async def test_a_wrong_code_is_said_and_signs_nobody_in(desk: AgentSignInDesk):
    told: list[str] = []
    await desk.begin(lambda: told.append("in"))
    with pytest.raises(AccountTrouble, match="did not work"):
        await desk.submit("wrong")
    assert told == []


async def test_beginning_anew_ends_the_flow_before(desk: AgentSignInDesk, folder: Path):
    await desk.begin(lambda: None)
    await desk.begin(lambda: None)
    await desk.submit(fake_auth.GOOD_CODE)
    assert [line.split()[0] for line in (folder / "calls").read_text().splitlines()] == ["login", "login", "status"]


async def test_of_flows_begun_at_once_from_several_places_one_goes_on(desk: AgentSignInDesk, folder: Path):
    """The tray, the dashboard and a terminal may all have been clicked."""
    await asyncio.gather(*(desk.begin(lambda: None) for _ in range(3)))
    assert len(flows(folder)) == 1
    await desk.submit(fake_auth.GOOD_CODE)
    assert desk.told()["loggedIn"]


async def test_signing_out_waits_for_a_renewal_that_would_write_the_sign_in_anew(desk: AgentSignInDesk, folder: Path):
    put(folder, signed_in=True, takes=0.3, renews=True)
    renewal = asyncio.create_task(desk.refresh())
    while not (folder / "calls").exists():  # noqa: ASYNC110  another process makes it
        await asyncio.sleep(0)
    await desk.sign_out(lambda: None)
    await renewal
    assert not desk.told()["loggedIn"]
    assert [line.split()[0] for line in (folder / "calls").read_text().splitlines()] == ["status", "logout", "status"]


async def test_a_flow_that_names_no_page_is_said(desk: AgentSignInDesk, folder: Path):
    put(folder, signed_in=False, no_page=True)
    with pytest.raises(AccountTrouble, match="named no sign-in page"):
        await desk.begin(lambda: None)


async def test_a_flow_nobody_finishes_is_ended(folder: Path):
    login = Login(lambda *asked: fake_command(folder, *asked), flow_seconds=0.3)
    await login.begin()
    assert not await login.finished()
    assert not login.under_way


# The real one, in an empty home


def real_command(home: Path, *asked: str) -> Command:
    environment = {
        "HOME": str(home),
        "USERPROFILE": str(home),
        **NEEDED,
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        **HERE_ONLY,
    }
    return auth_command(environment, home, *asked)


async def test_the_real_program_says_that_nobody_is_signed_in_and_signs_out_all_the_same(tmp_path: Path):
    program = AuthProgram(lambda *asked: real_command(tmp_path, *asked))
    assert await program.status() == AuthStatus(False, "none")
    await program.sign_out()


async def test_the_real_program_knows_a_sign_in_that_stands_in_for_one(tmp_path: Path):
    signed_in(tmp_path)
    heard: list[SignInChecked] = []
    program = AuthProgram(lambda *asked: real_command(tmp_path, *asked))
    made = SignIn(program, tmp_path / "lock", heard.append)
    await made.refresh()
    assert [(each.ok, each.signed_in) for each in heard] == [(True, True)]
    assert made.status
    assert made.status.method == "claude.ai"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it would open a browser")
async def test_the_real_program_names_the_page_of_the_service(tmp_path: Path):
    login = Login(lambda *asked: real_command(tmp_path, *asked))
    page = await login.begin()
    assert page.startswith("https://claude")
    assert "code_challenge=" in page
    await login.close()
    assert not login.under_way
