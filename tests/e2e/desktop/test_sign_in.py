"""Signing in and out by clicks in the tray: the real CLI does it, on a sign-in that stands in for one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import pytest

from tests.e2e.desktop.session import Session, browsed, eventually, words_in_the_window
from tests.e2e.desktop.tray_client import Icon, Panel, until
from tests.stand_in.sign_in import account_environment, signed_in

SIGN_IN = ".claude/.credentials.json"
ASKED_FIRST = "This signs out Claude Code on this computer too, everywhere it is used. Click once more to do it."
SIGNED_IN = "Claude Code says that you are signed in."
SIGNED_OUT = "You are signed out of Claude Code on this computer."
PASTE = "Sign in on the page that has opened. If it shows a code, paste that in Tidegate's window."
OFFERED = {"Refresh sign-in now", "Sign in…", "Sign out…", "Yes, sign out of Claude Code"}


@pytest.fixture
async def icon(session: Session, panel: Panel, model_api: str) -> AsyncIterator[Icon]:
    """Of a Tidegate that serves where somebody is signed in, and whose end leaves nothing."""
    session.environ |= account_environment(model_api)
    signed_in(session.home)
    await panel.show_notifications()
    program = session.tidegate("--hidden")
    shown = await panel.icon()
    await shown.shows("Copy address  http")
    yield shown
    await shown.click("Quit")
    _, err = await asyncio.to_thread(program.communicate, timeout=30)
    assert (program.returncode, "Traceback" in err) == (0, False)
    assert flows(session) == []


def is_signed_in(session: Session) -> bool:
    """As the real CLI keeps it."""
    return (session.home / SIGN_IN).exists()


def flows(session: Session) -> list[int]:
    """Sign-ins of the real CLI that wait for a person; by the session's home, for they get little else of it."""
    home = str(session.home)
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[-2:] == ["auth", "login"] and process.environ().get("HOME") == home:
                found += [process.pid] if "TIDEGATE_HOME" not in process.environ() else []
        except psutil.Error:
            continue
    return found


async def offered(icon: Icon) -> list[str]:
    return [label for label in await icon.labels() if label in OFFERED]


async def told(panel: Panel, *texts: str) -> None:
    """These notifications were shown, in this order, and no others."""
    await until(lambda: len(panel.notified) >= len(texts))
    assert [text for _, text in panel.notified] == list(texts)


async def test_refresh_and_sign_out_do_what_they_say_and_the_menu_offers_what_fits(
    session: Session, panel: Panel, icon: Icon
):
    await icon.shows("Signed in to Claude; the next answer will prove it.")
    assert await offered(icon) == ["Refresh sign-in now", "Sign out…"]
    await icon.click("Refresh sign-in now")
    await told(panel, SIGNED_IN)
    await icon.shows(f"✓ {SIGNED_IN}")

    await icon.click("Sign out…")
    await icon.shows("Yes, sign out of Claude Code")
    await told(panel, SIGNED_IN, ASKED_FIRST)
    assert is_signed_in(session)
    await icon.click("Yes, sign out of Claude Code")
    await told(panel, SIGNED_IN, ASKED_FIRST, SIGNED_OUT)
    await icon.shows("You're not signed in to Claude yet.")
    await icon.shows("Sign in…")
    assert not is_signed_in(session)
    assert await offered(icon) == ["Refresh sign-in now", "Sign in…"]

    signed_in(session.home)  # in a terminal, say, with Claude Code itself
    await icon.click("Refresh sign-in now")
    await told(panel, SIGNED_IN, ASKED_FIRST, SIGNED_OUT, SIGNED_IN)
    await icon.shows("Sign out…")
    await icon.shows("Signed in to Claude; the next answer will prove it.")


async def test_sign_in_begins_the_real_clis_flow_and_its_code_is_taken_in_the_window_that_opens(
    session: Session, panel: Panel, icon: Icon
):
    await signed_out(session, panel, icon)
    await icon.click("Sign in…")
    await told(panel, PASTE)
    [page] = browsed(session)
    assert page.startswith("https://claude")
    assert parse_qs(urlsplit(page).query)["code_challenge_method"] == ["S256"]
    assert len(flows(session)) == 1
    words = await asyncio.to_thread(eventually, lambda: words_in_the_window(session, "Open Anthropic's page"))
    assert "A sign-in is under way. Paste here the code its page shows, if it shows one." in words

    with dashboard(session) as visitor:
        assert visitor.get("/dashboard/overview").json()["sign_in_page"] == page
        refused = visitor.post("/auth/login/code", json={"code": "wrong#code"})
        assert refused.status_code == 502
        assert "did not work" in refused.json()["sentence"]
        assert visitor.get("/dashboard/overview").json()["sign_in_page"] is None
    assert flows(session) == []
    await asyncio.to_thread(eventually, lambda: "Open Anthropic's page" not in words_in_the_window(session, "Claude"))
    assert await offered(icon) == ["Refresh sign-in now", "Sign in…"]


async def test_a_sign_in_begun_in_several_places_is_one_flow_and_quit_ends_it(
    session: Session, panel: Panel, icon: Icon
):
    await signed_out(session, panel, icon)
    terminals = [session.python("-m", "app", "auth", "login") for _ in range(2)]
    await icon.click("Sign in…")
    await icon.click("Open dashboard")  # nothing waits for a sign-in that is beginning
    for terminal in terminals:
        await asyncio.to_thread(terminal.communicate, timeout=60)
    await told(panel, PASTE)
    assert len(flows(session)) == 1
    await icon.click("Sign in…")
    await told(panel, PASTE, PASTE)
    assert len(flows(session)) == 1
    with dashboard(session) as visitor:
        assert visitor.get("/dashboard/overview").json()["sign_in_page"] == browsed(session)[-1]


async def signed_out(session: Session, panel: Panel, icon: Icon) -> None:
    await icon.shows("Sign out…")
    (session.home / SIGN_IN).unlink()
    await icon.click("Refresh sign-in now")
    await icon.shows("Sign in…")
    await until(lambda: any(text.startswith("You're not signed in") for _, text in panel.notified))
    panel.notified.clear()


@contextmanager
def dashboard(session: Session) -> Iterator[httpx.Client]:
    """A browser that is let in."""
    link = session.command("dashboard", "--link").stdout.strip()
    address = urlsplit(link)
    with httpx.Client(base_url=f"{address.scheme}://{address.netloc}", timeout=60) as visitor:
        assert visitor.get(link).status_code == 303
        yield visitor
