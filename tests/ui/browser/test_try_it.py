"""The small chat: it streams, stops, and tells what went wrong."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.browser import sample
from tests.ui.browser.conftest import Visitor
from tests.ui.browser.fake_server import FakeServer


def test_the_chat_streams_an_answer_as_text(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#try")
    page.get_by_label("Model").select_option("claude-haiku-4-5")
    page.get_by_label("Your message").fill("Why are there tides?")
    page.keyboard.press("Enter")
    talk = page.get_by_role("region", name="Conversation")
    expect(talk).to_contain_text(f"mostly because of the moon. {sample.HOSTILE}")
    expect(talk).to_contain_text("34 tokens")


def test_an_answer_is_stopped_and_the_question_can_be_asked_again(fake: FakeServer, visit: Visitor):
    fake.falls_silent = True
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#try")
    page.get_by_label("Your message").fill("Why are there tides?")
    page.keyboard.press("Enter")
    talk = page.get_by_role("region", name="Conversation")
    expect(talk).to_contain_text("mostly because of the moon.")
    page.get_by_role("button", name="Stop").click()
    expect(talk).to_contain_text("Stopped.")
    expect(page.get_by_label("Your message")).to_have_value("Why are there tides?")
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_a_refused_question_is_told_in_the_chat_as_an_app_would_tell_it(fake: FakeServer, visit: Visitor):
    fake.refused["POST /dashboard/chat"] = f"Your Claude plan's limit is reached. {sample.HOSTILE}"
    opened = visit(fake.address)
    opened.may_be_refused = True
    page = opened.page
    page.goto(f"{fake.address}/#try")
    page.get_by_label("Your message").fill("Hello?")
    page.get_by_role("button", name="Send").click()
    talk = page.get_by_role("region", name="Conversation")
    expect(talk).to_contain_text(fake.refused["POST /dashboard/chat"])
    expect(page.get_by_label("Your message")).to_have_value("Hello?")
