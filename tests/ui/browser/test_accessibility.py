"""axe-core's rules (npm, tests only) on every page in both themes, with much to show and with nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.ui.browser import sample
from tests.ui.browser.conftest import AXE, Theme, Visitor
from tests.ui.browser.fake_server import FakeServer
from tests.ui.browser.test_newer_version import NEWER
from tests.ui.browser.test_pages import PAGES

RULES = "axe.run(document, {resultTypes: ['violations']})"
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="packaging/prepare.py test fetches axe-core with npm")
in_both_themes = pytest.mark.parametrize("theme", ["light", "dark"])


def serious(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(RULES)["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["impact"] in ("serious", "critical", "moderate")
        for node in rule["nodes"]
    ]


@needs_axe
@in_both_themes
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_a_page(fake: FakeServer, visit: Visitor, name: str, theme: Theme):
    page = visit(fake.address, theme=theme).page
    page.goto(f"{fake.address}/#{name}")
    expect(page.get_by_text(PAGES[name]).first).to_be_attached()
    assert serious(page) == []
    page.set_viewport_size({"width": 640, "height": 800})
    assert serious(page) == []


@needs_axe
@in_both_themes
def test_axe_finds_nothing_where_there_is_nothing_to_show(fake: FakeServer, visit: Visitor, theme: Theme):
    fake.told["/dashboard/overview"], fake.exchanges = sample.nothing_yet(), []
    fake.told["/dashboard/sessions"]["sessions"] = fake.told["/dashboard/keys"]["keys"] = []
    fake.told["/dashboard/logs"] |= {"lines": [], "note": "There is no log yet."}
    opened = visit(fake.address, theme=theme)
    empty = {"overview": "Set up", "requests": "No requests yet", "sessions": "No sessions", "log": "Nothing yet"}
    for name, text in empty.items():
        opened.go(name)
        expect(opened.page.get_by_text(text).first).to_be_visible()
        assert serious(opened.page) == [], name


@needs_axe
@in_both_themes
@pytest.mark.parametrize("state", sample.STATES)
def test_axe_finds_nothing_in_any_state(fake: FakeServer, visit: Visitor, theme: Theme, state: str):
    notices = [{"kind": kind, "sentence": "Something to know.", "action": "restart"} for kind in ("engine", "access")]
    fake.told["/dashboard/overview"] = sample.overview(state, notices=notices)
    page = visit(fake.address, theme=theme).page
    page.goto(fake.address)
    expect(page.get_by_text(sample.STATES[state][0])).to_be_visible()
    assert serious(page) == []


@needs_axe
@in_both_themes
def test_axe_finds_nothing_in_what_opens_above_a_page(fake: FakeServer, visit: Visitor, theme: Theme):
    page = visit(fake.address, theme=theme).page
    page.goto(f"{fake.address}/#requests")
    page.get_by_role("row").filter(has_text="plan limit").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_text("The record as JSON").click()
    assert serious(page) == []
    page.goto(f"{fake.address}/#sessions")
    page.get_by_role("button", name="End all").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert serious(page) == []
    page.goto(f"{fake.address}/#connect/jan")
    page.get_by_role("button", name="Run the test").click()
    expect(page.get_by_text("Failed: Ask a question")).to_be_visible()
    assert serious(page) == []


@needs_axe
@in_both_themes
def test_axe_finds_nothing_on_the_page_that_asks_for_the_code(fake: FakeServer, visit: Visitor, theme: Theme):
    page = visit(fake.address, theme=theme).page
    page.goto(f"{fake.address}/static/code.html#code-used-up")
    expect(page.get_by_role("alert")).to_have_text(re.compile("used up"))
    assert serious(page) == []


@needs_axe
@in_both_themes
def test_axe_finds_nothing_when_the_server_is_gone(visit: Visitor, theme: Theme):
    with FakeServer() as fake:
        opened = visit(fake.address, theme=theme)
        opened.may_lose_the_server = True
        opened.page.goto(fake.address)
        expect(opened.page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(opened.page.get_by_text("Disconnected")).to_be_visible()
    assert serious(opened.page) == []


@needs_axe
@in_both_themes
def test_axe_finds_nothing_where_a_newer_version_is_offered(fake: FakeServer, visit: Visitor, theme: Theme):
    fake.told["/dashboard/overview"] = sample.overview(update=NEWER)
    page = visit(fake.address, theme=theme).page
    page.goto(fake.address)
    expect(page.get_by_text("is published")).to_be_visible()
    assert serious(page) == []
