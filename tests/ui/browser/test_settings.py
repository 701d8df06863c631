"""The settings in a browser: what is said of each, how they are saved, and that nothing typed is lost."""

from __future__ import annotations

from itertools import chain

import pytest
from playwright.sync_api import Dialog, Page, expect

from app.core.setting_words import WORDS
from tests.ui.browser import sample
from tests.ui.browser.conftest import Visitor
from tests.ui.browser.fake_server import FakeServer


def test_every_setting_stands_there_with_its_name_and_its_reason(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings")
    expect(page.get_by_label("Port", exact=True)).to_be_visible()
    for more in page.get_by_text("More (").all():
        more.click()
    for name, words in WORDS.items():
        if name != "access.allowed_origins":  # has a card of its own
            expect(page.get_by_label(words.title, exact=True)).to_be_visible()
            expect(page.get_by_text(words.reason)).to_be_visible()


def test_settings_are_saved_together_and_only_what_was_changed(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings/server")
    page.get_by_label("Port", exact=True).fill("4001")
    page.get_by_label("Serve Ollama's interface too").check()
    page.get_by_label("Other names for models").fill("gpt-4o = claude-opus-4-8\nmine = claude-haiku-4-5")
    expect(page.get_by_text("3 changes not saved yet")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Restart now")).to_be_visible()
    aliases = {"gpt-4o": "claude-opus-4-8", "mine": "claude-haiku-4-5"}
    changes = {"server.port": 4001, "server.ollama": True, "model.aliases": aliases}
    assert fake.asked[-1] == ("PUT", "/dashboard/settings", changes)


def test_a_setting_that_something_else_decides_says_what(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings/log")
    expect(page.get_by_label("Write down")).to_be_disabled()
    expect(page.get_by_text("Set by TIDEGATE_LOG_LEVEL, which wins.")).to_be_visible()


def test_a_new_key_is_shown_once_and_an_old_one_goes_only_after_a_question(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings/keys")
    page.get_by_label("Name for a new key").fill("Chatbox")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("dialog")).to_contain_text("tg-shown-once")
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Remove key Chatbox").click()
    page.get_by_role("button", name="Cancel").click()
    assert fake.asked == [("POST", "/dashboard/keys", {"name": "Chatbox"})]
    page.get_by_role("button", name="Remove key Chatbox").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("Key removed")).to_be_visible()
    assert fake.asked[-1][:2] == ("DELETE", "/dashboard/keys/Chatbox")


def test_a_page_that_was_turned_away_is_allowed_or_denied_with_one_click(fake: FakeServer, visit: Visitor):
    fake.told["/dashboard/origins"]["asking"] = ["https://chat.example", "https://other.example"]
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings/pages")
    page.get_by_role("button", name="Deny https://other.example").click()
    expect(page.get_by_text("https://other.example")).to_have_count(0)
    page.get_by_role("button", name="Allow https://chat.example").click()
    expect(page.get_by_role("button", name="Remove https://chat.example")).to_be_visible()
    expect(page.get_by_text("Asked, and were turned away")).to_have_count(0)
    assert fake.asked == [
        ("POST", "/dashboard/origins", {"origin": "https://other.example", "allow": False}),
        ("POST", "/dashboard/origins", {"origin": "https://chat.example", "allow": True}),
    ]


def test_a_page_that_asks_while_one_looks_appears_and_what_was_typed_stays(fake: FakeServer, visit: Visitor):
    fake.told["/dashboard/origins"]["asking"] = []
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings/pages")
    page.get_by_label("Web page to allow").fill("https://mine.example")
    fake.await_follower()
    fake.told["/dashboard/origins"]["asking"] = [sample.HOSTILE]
    fake.happen(type="request.refused", reason="origin")
    expect(page.get_by_role("button", name=f"Allow {sample.HOSTILE}")).to_be_visible()
    expect(page.get_by_label("Web page to allow")).to_have_value("https://mine.example")


def test_starting_at_login_is_off_until_somebody_asks(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#welcome/2")
    box = page.get_by_role("switch", name="Start when I log in")
    expect(box).not_to_be_checked()
    assert fake.asked == []
    box.check()
    expect(page.get_by_text("Done.")).to_be_visible()
    assert fake.asked == [("POST", "/dashboard/commands/autostart", {"on": True})]


def changed(page: Page, address: str) -> None:
    page.goto(f"{address}/#settings/session")
    page.get_by_label("Forget a session after").fill("5")
    expect(page.get_by_text("1 change not saved yet")).to_be_visible()


def test_leaving_with_unsaved_changes_asks_and_staying_keeps_them(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    changed(page, fake.address)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Log").click()
    question = page.get_by_role("dialog", name="Save your changes?")
    question.get_by_role("button", name="Stay here").click()
    expect(question).to_have_count(0)
    expect(page.get_by_label("Forget a session after")).to_have_value("5")
    assert page.evaluate("location.hash") == "#settings/session"
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Try it").click()
    expect(question).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Settings").click()
    expect(page.get_by_label("Forget a session after")).to_have_value("5")
    assert fake.asked == []


def test_leaving_with_unsaved_changes_saves_them_or_forgets_them_as_told(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    changed(page, fake.address)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Log").click()
    page.get_by_role("button", name="Don't save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log")
    assert fake.asked == []
    changed(page, fake.address)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Log").click()
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log")
    assert fake.asked == [("PUT", "/dashboard/settings", {"session.ttl_minutes": 5})]
    assert page.evaluate("location.hash") == "#log"


def test_what_can_not_be_saved_keeps_the_page_and_says_why(fake: FakeServer, visit: Visitor):
    opened = visit(fake.address)
    opened.may_be_refused = True
    fake.refused["PUT /dashboard/settings"] = "The port 3456 is taken by another program."
    page = opened.page
    changed(page, fake.address)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Log").click()
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("region", name="Unsaved changes").get_by_role("alert")).to_have_text(
        "The port 3456 is taken by another program."
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    expect(page.get_by_label("Forget a session after")).to_have_value("5")


def test_closing_the_page_with_unsaved_changes_asks_too(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    changed(page, fake.address)
    page.close(run_before_unload=True)
    expect(page.get_by_label("Forget a session after")).to_have_value("5")
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_label("Forget a session after")).to_have_value("60")


@pytest.mark.parametrize(("title", "value"), [("Log files kept", "99"), ("Time to send a request", "0")])
def test_a_value_out_of_bounds_is_shown_where_it_stands_also_under_more(
    fake: FakeServer, visit: Visitor, title: str, value: str
):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings")
    field = page.get_by_label(title, exact=True)
    field.evaluate("node => node.closest('details').open = true")
    field.fill(value)
    field.evaluate("node => node.closest('details').open = false")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(field).to_be_visible()
    expect(field).to_be_focused()
    assert fake.asked == []


def test_what_waits_for_a_restart_is_said_whenever_the_page_is_opened(fake: FakeServer, visit: Visitor):
    fake.told["/dashboard/settings"]["waiting"] = ["session.ttl_minutes", "log.files"]
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings")
    expect(page.get_by_text("works after a restart: Forget a session after, Log files kept.")).to_be_visible()
    page.get_by_role("button", name="Restart now").click()
    expect(page.get_by_text("Done.")).to_be_visible()
    assert fake.asked == [("POST", "/dashboard/commands/restart", {})]


WAYS = {
    "none": [],
    "account": ["Ask Claude once", "Renew the sign-in", "Sign out"],
    "kept_key": ["Ask Claude once", "Forget the API key"],
    "bedrock": ["Ask Claude once"],
}


@pytest.mark.parametrize("kind", WAYS)
def test_only_what_makes_sense_for_the_way_in_use_is_offered(fake: FakeServer, visit: Visitor, kind: str):
    told = sample.overview()
    told["method"]["kind"] = kind
    fake.told["/dashboard/overview"] = told
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings/claude")
    card = page.get_by_role("region", name="How Tidegate reaches Claude")
    expect(card).to_contain_text("under Anthropic's terms for it")
    tools = dict.fromkeys(chain.from_iterable(WAYS.values()))
    assert [name for name in tools if card.get_by_role("button", name=name).count()] == WAYS[kind]


def test_what_leads_away_opens_outside_of_the_dashboard(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    for name in ("settings", "welcome"):
        page.goto(f"{fake.address}/#{name}")
        link = page.get_by_role("link", name="Anthropic's terms")
        expect(link).to_have_attribute("target", "_blank")
        expect(link).to_have_attribute("rel", "noreferrer noopener")
    away = page.locator("a[href^=http]:not([target=_blank][rel='noreferrer noopener'])")
    expect(away).to_have_count(0)


def test_looking_for_newer_versions_is_off_until_somebody_asks(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings/updates")
    box = page.get_by_label("Look for newer versions once a day")
    expect(box).not_to_be_checked()
    box.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert fake.asked == [("PUT", "/dashboard/settings", {"updates.check": True})]


def test_who_is_signed_out_has_no_sign_in_to_end_and_none_is_named(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#settings/claude")
    card = page.get_by_role("region", name="How Tidegate reaches Claude")
    expect(card).to_contain_text("PlanClaude MaxSigned in byclaude.ai")
    fake.await_follower()
    fake.told["/dashboard/overview"] = sample.overview("not_configured")
    fake.told["/auth/status"] = {"loggedIn": False, "authMethod": "none", "email": None, "subscriptionType": None}
    fake.happen(type="auth.refresh")
    expect(card.get_by_role("button", name="Sign out")).to_have_count(0)
    expect(card).not_to_contain_text("Signed in by")
    expect(card.get_by_role("button", name="Renew the sign-in")).to_be_visible()
