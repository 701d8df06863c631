"""Each page with plenty to show, looked at by a browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.ui.browser import sample
from tests.ui.browser.conftest import Visitor
from tests.ui.browser.fake_server import FakeServer

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PAGES = {
    "overview": "Claude answered at 14:02.",
    "requests": "Cherry Studio",
    "sessions": "work:report",
    "connect": "Hermes Agent",
    "connect/chatbox": "API host",
    "connect/cursor": "Cursor sends every request through its own cloud",
    "try": "Say hello",
    "log": "the engine stopped unexpectedly",
    "settings": "ada@example.org",
    "welcome": "An Anthropic API key",
    "welcome/2": "Start when I log in",
    "welcome/3": "Cherry Studio",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_it_is_for(fake: FakeServer, visit: Visitor, name: str):
    page = visit(fake.address)
    page.go(name)
    expect(page.page.get_by_text(PAGES[name]).first).to_be_visible()


@pytest.mark.parametrize("name", ["requests", "sessions", "log", "settings/keys"])
def test_names_that_are_markup_are_shown_as_text(fake: FakeServer, visit: Visitor, name: str):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#{name}")
    expect(page.get_by_text(sample.HOSTILE).first).to_be_attached()
    assert page.locator("main img[src=x], main script").count() == 0


def test_a_sentence_of_the_server_that_is_markup_is_shown_as_text(fake: FakeServer, visit: Visitor):
    told = sample.overview()
    told["state"]["sentence"] = told["method"]["label"] = told["default_model"] = sample.HOSTILE
    told["notices"] = [{"kind": "engine", "sentence": sample.HOSTILE, "action": sample.HOSTILE}]
    told["spending"]["models"][0]["model"] = told["windows"][0]["label"] = told["build"]["version"] = sample.HOSTILE
    fake.told["/dashboard/overview"] = told
    page = visit(fake.address).page
    page.goto(fake.address)
    expect(page.get_by_text(sample.HOSTILE).first).to_be_visible()
    assert page.locator("main img, main script").count() == 0


@pytest.mark.parametrize("state", sample.STATES)
def test_every_state_has_its_sentence_and_its_button(fake: FakeServer, visit: Visitor, state: str):
    fake.told["/dashboard/overview"] = sample.overview(state)
    page = visit(fake.address).page
    page.goto(fake.address)
    sentence, action, _ = sample.STATES[state]
    card = page.get_by_role("region", name="State", exact=True)
    expect(card).to_contain_text(sentence)
    expect(card.get_by_role("button", name=action)).to_have_count(0 if state == "proven" else 1)


def test_the_first_minute_has_nothing_to_show_and_says_what_to_do(fake: FakeServer, visit: Visitor):
    fake.told["/dashboard/overview"], fake.exchanges = sample.nothing_yet(), []
    page = visit(fake.address).page
    page.goto(fake.address)
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome to Tidegate")
    page.goto(f"{fake.address}/#requests")
    expect(page.get_by_text("No requests yet")).to_be_visible()


def test_a_request_opens_with_its_whole_record(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#requests")
    page.get_by_role("row").filter(has_text="plan limit").click()
    record = page.get_by_role("dialog", name="Request")
    expect(record).to_contain_text("HTTP status429")
    record.get_by_text("The record as JSON").click()
    expect(record).to_contain_text('"detail": "plan_limit"')
    page.keyboard.press("Escape")
    expect(record).to_have_count(0)


def test_requests_are_filtered_searched_and_paged(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#requests")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show older").click()
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="Errors").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="All").click()
    page.get_by_label("Search requests").fill("service_busy")
    expect(rows).to_have_count(1)
    page.get_by_label("Search requests").fill("nothing like it")
    expect(page.get_by_text("Nothing found")).to_be_visible()


def test_the_key_is_asked_for_only_when_somebody_wants_it(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#connect/raycast")
    file = page.get_by_role("group", name="~/.config/raycast/ai/providers.yaml")
    expect(file).to_contain_text("tidegate: ••••")
    assert fake.asked == []
    file.get_by_role("button", name=re.compile("^Show")).click()
    expect(file).to_contain_text("tidegate: tg-sample-key")
    assert fake.asked == [("POST", "/dashboard/key/copy", {})]


def test_a_value_is_copied_as_it_has_to_be_pasted(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=fake.address)
    page.goto(f"{fake.address}/#connect/typingmind")
    page.get_by_role("button", name="Copy Header, value").click()
    expect(page.get_by_text("Header, value copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "Bearer tg-sample-key"


def test_a_failed_test_says_what_failed_and_where(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#connect/jan")
    page.get_by_role("button", name="Run the test").click()
    expect(page.get_by_text("your plan's limit is reached")).to_be_visible()
    expect(page.get_by_text("Failed: Ask a question")).to_be_visible()


def test_an_app_that_can_not_work_says_why_once_and_one_nobody_tried_says_that(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#connect/cursor")
    expect(page.get_by_text("Cursor sends every request through its own cloud")).to_have_count(1)
    page.goto(f"{fake.address}/#connect/msty")
    expect(page.locator(".pill")).to_have_text("Not tried")


def test_the_log_stays_where_a_person_scrolled_and_follows_again_when_asked(fake: FakeServer, visit: Visitor):
    page = visit(fake.address, width=900, height=600).page
    page.goto(f"{fake.address}/#log")
    lines = page.get_by_role("log")
    expect(lines).to_contain_text("in 7.0 s")
    lines.evaluate("node => node.scrollTo(0, 0)")
    newest = page.get_by_role("button", name="Newest")
    expect(newest).to_be_visible()
    fake.told["/dashboard/logs"]["lines"].append("2026-11-21 12:00:00.000 INFO    app: one more line")
    expect(lines).to_contain_text("one more line")
    assert lines.evaluate("node => node.scrollTop") == 0
    newest.click()
    expect(newest).to_be_hidden()
    page.get_by_role("button", name="Errors").click()
    expect(lines.locator("p")).to_have_count(2)


def test_the_theme_is_the_systems_until_somebody_chooses_and_then_stays(fake: FakeServer, visit: Visitor):
    page = visit(fake.address, theme="dark").page
    page.goto(fake.address)
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(root).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Use dark colours").click()
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")


def test_headings_go_down_one_level_at_a_time(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    for name, text in PAGES.items():
        page.goto(f"{fake.address}/#{name}")
        page.reload()
        expect(page.get_by_text(text).first).to_be_attached()
        levels = [
            int(tag[1]) for tag in page.locator("main :is(h1, h2, h3)").evaluate_all("all => all.map(h => h.tagName)")
        ]
        assert levels.count(1) == 1, name
        assert all(below - above <= 1 for above, below in pairwise(levels)), (name, levels)


def test_one_session_is_ended_or_all_of_them_after_a_question(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#sessions")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="End session work:report").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="End all").click()
    page.get_by_role("button", name="Cancel").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="End all").click()
    page.get_by_role("dialog").get_by_role("button", name="End all").click()
    expect(page.get_by_text("No sessions")).to_be_visible()
    ended = [path for method, path, _ in fake.asked if method == "DELETE"]
    assert len(ended) == 2


def test_how_long_an_answer_took_is_drawn_in_its_colour(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#requests")
    for took, tone in [("1.4 s", "good"), ("6.8 s", "info"), ("31.0 s", "warn")]:
        expect(page.get_by_role("img", name=f"Took {took}").first).to_have_attribute("data-tone", tone)


def test_a_failure_is_told_in_the_sentence_that_the_app_got(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#requests")
    page.get_by_role("row").filter(has_text="plan limit").click()
    expect(page.get_by_role("dialog")).to_contain_text("Your Claude plan's limit is reached.")


def test_diagnostics_are_copied_without_secrets(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=fake.address)
    page.goto(f"{fake.address}/#log")
    page.get_by_role("button", name="Copy diagnostics").click()
    expect(page.get_by_text("Diagnostics, without secrets, copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "Tidegate 0.1.0"


@pytest.mark.parametrize("name", ["overview", "requests", "sessions", "connect", "connect/chatbox", "log"])
def test_a_page_that_can_not_be_loaded_says_so_and_tries_again(fake: FakeServer, visit: Visitor, name: str):
    opened = visit(fake.address)
    opened.may_be_refused = True
    source = {"requests": "exchanges", "log": "logs"}.get(name, name.partition("/")[0])
    fake.refused[f"GET /dashboard/{source}"] = "The disk is full."
    page = opened.page
    page.clock.install(time=NOON)
    page.clock.pause_at(NOON + timedelta(seconds=1))  # it asks once when it opens, and then only when somebody clicks
    page.goto(f"{fake.address}/#{name}")
    if name == "overview":
        page.clock.run_for(1_000)  # which is asked for by a timer alone
    expect(page.get_by_text("The disk is full.")).to_be_visible()
    fake.refused.clear()
    page.get_by_role("button", name="Try again").click()
    page.clock.resume()
    expect(page.get_by_text(PAGES[name]).first).to_be_visible()
    expect(page.get_by_text("The disk is full.")).to_have_count(0)


def test_going_back_closes_what_was_open_above_the_page(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#sessions")
    page.goto(f"{fake.address}/#requests")
    page.locator("tbody tr").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
