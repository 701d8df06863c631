"""Choosing how Claude is reached, in the welcome and in the settings, and what is said of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.ui.browser import sample
from tests.ui.browser.conftest import Visitor
from tests.ui.browser.fake_server import FakeServer


def test_the_welcome_names_the_way_as_every_other_page_does(fake: FakeServer, visit: Visitor):
    told = sample.overview("configured")
    told["method"] |= {"kind": "api_key", "label": "ANTHROPIC_API_KEY"}
    fake.told["/dashboard/overview"] = told
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#welcome")
    known = page.get_by_text("API key of the environment: Claude is set up, but has not been asked anything yet.")
    expect(known).to_be_visible()
    expect(page.locator(".notice")).to_have_attribute("data-tone", "info")


def test_signing_in_leads_to_the_page_that_the_program_named(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#welcome")
    page.get_by_role("button", name="Sign in with Claude Code").click()
    link = page.get_by_role("link", name="Open Anthropic's page")
    expect(link).to_have_attribute("href", "https://example.org/sign-in")
    page.get_by_label("Code from the page").fill("abc#123")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Starting up")
    assert fake.asked[-1] == ("POST", "/auth/login/code", {"code": "abc#123"})


def test_a_sign_in_that_was_begun_can_be_given_up(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#welcome")
    begin = page.get_by_role("button", name="Sign in with Claude Code")
    begin.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The sign-in was given up.")).to_be_visible()
    expect(page.get_by_label("Code from the page")).to_have_count(0)
    expect(begin).to_be_focused()
    assert fake.asked[-1] == ("POST", "/auth/login/cancel", {})


@pytest.mark.parametrize(("where", "name"), [("settings", "Ask Claude once"), ("welcome", "Check the sign-in")])
def test_a_question_that_fails_is_told_by_why_and_not_by_what_was_known_before(
    fake: FakeServer, visit: Visitor, where: str, name: str
):
    known = {"verified": False, "sentence": "Claude answered at 14:02.", "probeError": "Claude is busy."}
    fake.told["/auth/status"] |= known
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#{where}")
    page.get_by_role("button", name=name).click()
    expect(page.get_by_text("Claude is busy.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Settings|Welcome to Tidegate"))


def test_an_api_key_that_was_good_is_said_on_the_step_that_follows(fake: FakeServer, visit: Visitor):
    fake.told["POST /dashboard/api-key"] = {"ok": True, "sentence": "Now in use: the key.", "last_four": "k3Qz"}
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#welcome")
    page.get_by_role("textbox", name="Anthropic API key").fill("sk-ant-sample-k3Qz")
    page.get_by_role("button", name="Check and use").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Starting up")
    expect(page.get_by_text("Now in use: the key. It ends in k3Qz.")).to_be_visible()


def test_a_field_emptied_because_all_went_well_is_not_marked_as_wrong(fake: FakeServer, visit: Visitor):
    fake.told["POST /dashboard/api-key"] = {"ok": True, "sentence": "Now in use: the key.", "last_four": "k3Qz"}
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings")
    page.get_by_role("textbox", name="Anthropic API key").fill("sk-ant-sample-k3Qz")
    page.get_by_role("button", name="Check and use").click()
    expect(page.get_by_text("Now in use: the key. It ends in k3Qz.")).to_be_visible()
    page.get_by_label("Web page to allow").fill("https://chat.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove https://chat.example")).to_be_visible()
    page.get_by_label("Name for a new key").fill("Chatbox")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Close").click()
    assert page.locator("input:user-invalid").count() == 0


@pytest.mark.parametrize("where", ["settings/claude", "welcome"])
def test_a_sign_in_begun_elsewhere_can_be_ended_here(fake: FakeServer, visit: Visitor, where: str):
    """By a click in the tray, say, which opens the window here: the page of the service shows a code."""
    overview = fake.told["/dashboard/overview"]
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#{where}")
    code = page.get_by_label("Code from the page")
    expect(page.get_by_role("button", name="Sign in with Claude Code")).to_be_visible()
    expect(code).to_have_count(0)
    overview["sign_in_page"] = "https://example.org/begun-elsewhere"
    fake.await_follower()
    fake.happen(type="auth.refresh")
    expect(page.get_by_role("link", name="Open Anthropic's page")).to_have_attribute(
        "href", "https://example.org/begun-elsewhere"
    )
    code.fill("half a code")
    overview["state"]["sentence"] = "Something else has happened."
    fake.happen(type="auth.refresh")
    expect(page.get_by_text("Something else has happened.")).to_be_visible()
    expect(code).to_have_value("half a code")
    overview["sign_in_page"] = None
    fake.happen(type="auth.refresh")
    expect(code).to_have_count(0)
