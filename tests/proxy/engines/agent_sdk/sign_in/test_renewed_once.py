"""The sign-in is renewed once for everybody, by one Tidegate at a time."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from app.core.events import SignInChecked
from app.proxy.engines.agent_sdk.auth_program import AuthUnavailable
from app.proxy.engines.agent_sdk.sign_in import SignIn
from tests.proxy.engines.agent_sdk.sign_in.accounts import Program, fake, put, sign_in
from tests.tidegate_process import ROOT


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
