"""The real program, in an empty home."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from app.core.events import SignInChecked
from app.proxy.engines.agent_sdk.auth_program import AuthProgram, AuthStatus, AuthUnavailable
from app.proxy.engines.agent_sdk.command import Command, auth_command
from app.proxy.engines.agent_sdk.login import Login
from app.proxy.engines.agent_sdk.sign_in import SignIn
from tests.proxy.engines.agent_sdk.sign_in.accounts import NEEDED
from tests.stand_in.environment import HERE_ONLY
from tests.stand_in.sign_in import signed_in


def real_command(home: Path, *asked: str, **more: str) -> Command:
    environment = {
        "HOME": str(home),
        "USERPROFILE": str(home),
        **NEEDED,
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        **HERE_ONLY,
        **more,
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


@pytest.mark.skipif(sys.platform == "win32", reason="what stands in for the browser is a script with a first line")
async def test_the_real_program_names_the_page_of_the_service_and_leaves_it_to_us_to_open_it(tmp_path: Path):
    opened = tmp_path / "opened"
    for name in ("xdg-open", "open"):
        browser = tmp_path / name
        browser.write_text(f'#!/bin/sh\necho "$@" >> {opened}\n')
        browser.chmod(0o755)
    with_a_screen = {"PATH": f"{tmp_path}{os.pathsep}{os.defpath}", "DISPLAY": ":0"}
    login = Login(lambda *asked: real_command(tmp_path, *asked, **with_a_screen))
    page = await login.begin()
    assert page.startswith("https://claude")
    assert "code_challenge=" in page
    with pytest.raises(AuthUnavailable):
        await login.submit("a-code#a-state")  # by then it has long tried to open the page
    assert not opened.exists()
    await login.close()
    assert not login.under_way
