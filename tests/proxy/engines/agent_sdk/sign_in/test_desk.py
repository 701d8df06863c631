"""Signing in and out with the program's own flow; a script plays the program."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from app.core.conditions import Condition
from app.core.events import SignInChecked
from app.proxy.engines.agent_sdk.auth_program import AuthProgram, AuthStatus, AuthUnavailable
from app.proxy.engines.agent_sdk.command import Command, auth_command
from app.proxy.engines.agent_sdk.desk import AgentSignInDesk
from app.proxy.engines.agent_sdk.login import Login
from app.proxy.engines.agent_sdk.sign_in import SignIn
from app.proxy.engines.reach import AccountTrouble
from tests.e2e.desktop.session import eventually
from tests.proxy.engines.agent_sdk import fake_auth
from tests.proxy.engines.agent_sdk.sign_in.accounts import NEEDED, fake, fake_command, flows, put


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


async def test_what_the_program_leaves_running_is_not_waited_for(desk: AgentSignInDesk, folder: Path):
    """It holds the same output open, and would hold up every answer with that."""
    put(folder, signed_in=False, leaves_behind=True)
    in_time = AuthProgram(lambda *asked: fake_command(folder, *asked), limit_seconds=20, grace_seconds=0)
    try:
        async with asyncio.timeout(60):
            assert not (await in_time.status()).signed_in
            await desk.begin(lambda: None)
            await desk.submit(fake_auth.GOOD_CODE)
    finally:
        for left in (folder / "left").read_text().split():
            os.kill(int(left), signal.SIGTERM)


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


async def test_a_flow_whose_page_nobody_waits_for_any_more_is_ended(desk: AgentSignInDesk, folder: Path):
    put(folder, signed_in=False, takes=60)
    begun = asyncio.create_task(desk.begin(lambda: None))
    await asyncio.to_thread(eventually, lambda: (folder / "calls").exists() and flows(folder))
    begun.cancel()
    await asyncio.wait([begun])
    assert flows(folder) == []
    with pytest.raises(AccountTrouble, match="No sign-in is under way"):
        await desk.submit(fake_auth.GOOD_CODE)


async def test_a_flow_that_names_no_page_is_said(desk: AgentSignInDesk, folder: Path):
    put(folder, signed_in=False, no_page=True)
    with pytest.raises(AccountTrouble, match="named no sign-in page"):
        await desk.begin(lambda: None)


async def test_a_flow_nobody_finishes_is_ended(folder: Path):
    login = Login(lambda *asked: fake_command(folder, *asked), flow_seconds=0.3)
    await login.begin()
    assert not await login.finished()
    assert not login.under_way
