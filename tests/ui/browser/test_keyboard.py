"""Everything without a mouse, and what a screen reader is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.ui.browser import sample
from tests.ui.browser.conftest import Theme, Visitor
from tests.ui.browser.fake_server import FakeServer
from tests.ui.browser.test_pages import PAGES

_WANTED = """
() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true }) && !node.disabled)
  .map((node) => node.dataset.place ??= String(document.place = (document.place ?? 0) + 1))
"""
_FOCUSED = """
() => {
  const node = document.activeElement;
  if (node === document.body) return null;
  const [box, style] = [node.getBoundingClientRect(), getComputedStyle(node)];
  return {
    place: node.dataset.place ?? node.outerHTML,
    seen: style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}
"""


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_everything_on_a_page_and_is_seen_there(fake: FakeServer, visit: Visitor, name: str):
    page = visit(fake.address, width=900, height=600).page
    page.goto(f"{fake.address}/#{name}")
    expect(page.get_by_text(PAGES[name]).first).to_be_attached()
    page.evaluate(_WANTED)
    reached = list(tabbed(page))
    for each in reached:
        assert (each["seen"], each["inside"]) == (True, True), each["place"]
    assert set(page.evaluate(_WANTED)) - {each["place"] for each in reached} == set()


def tabbed(page: Page) -> Iterator[dict[str, Any]]:
    """Once round the page, from wherever the focus is and through the browser's own bars."""
    page.keyboard.press("Tab")
    first = page.evaluate(_FOCUSED)
    focused = first
    while True:
        if focused:
            yield focused
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused and first and focused["place"] == first["place"]:
            return
        first = first or focused


def test_a_dialog_keeps_the_focus_inside_and_gives_it_back(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#requests")
    first = page.locator("tbody button").first
    first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(first).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_skip_link_leads_to_the_page(fake: FakeServer, visit: Visitor, theme: Theme):
    page = visit(fake.address, theme=theme).page
    page.goto(fake.address)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Claude Code sign-in")).to_be_focused()


def test_going_to_a_page_moves_the_focus_to_its_heading(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(fake.address)
    page.get_by_role("link", name="Sessions").click()
    expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_focused()
    expect(page.get_by_role("link", name="Sessions")).to_have_attribute("aria-current", "page")
    expect(page).to_have_title("Sessions · Tidegate")


def test_a_change_of_state_is_said_once_and_answers_are_not(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(fake.address)
    state = page.get_by_role("region", name="State", exact=True)
    expect(state).to_contain_text("Claude answered at 14:02.")
    fake.await_follower()
    told = sample.overview()
    told["state"]["sentence"] = "Claude answered at 14:03."
    fake.told["/dashboard/overview"] = told
    fake.happen(type="request.end")
    expect(state).to_contain_text("Claude answered at 14:03.")
    expect(state.get_by_role("status")).to_have_text("")
    fake.told["/dashboard/overview"] = sample.overview("limited")
    fake.happen(type="account.state")
    expect(state.get_by_role("status")).to_have_text(f"Limit reached. {sample.STATES['limited'][0]}")


def test_a_request_is_named_by_more_than_its_time(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#requests")
    expect(page.get_by_role("button", name="Cherry Studio, claude-opus-4-8").first).to_be_visible()


def test_nothing_moves_for_whoever_wants_that(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    for name in ("overview", "try", "requests"):
        page.goto(f"{fake.address}/#{name}")
        expect(page.get_by_text(PAGES[name]).first).to_be_attached()
        assert page.evaluate("document.getAnimations().length") == 0
