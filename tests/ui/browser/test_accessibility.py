"""axe-core's rules (npm, tests only) on every page in both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.ui.browser import sample
from tests.ui.browser.conftest import AXE, Theme, Visitor
from tests.ui.browser.fake_server import FakeServer
from tests.ui.browser.test_pages import NEWER, PAGES

RULES = "axe.run(document, {resultTypes: ['violations']})"


def serious(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(RULES)["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["impact"] in ("serious", "critical", "moderate")
        for node in rule["nodes"]
    ]


needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="packaging/prepare.py test fetches axe-core with npm")


@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(fake: FakeServer, visit: Visitor, theme: Theme):
    opened = visit(fake.address, theme=theme)
    for name, text in PAGES.items():
        opened.go(name)
        expect(opened.page.get_by_text(text).first).to_be_attached()
        assert serious(opened.page) == [], name


@needs_axe
def test_axe_finds_nothing_in_a_record_and_on_the_page_that_asks_for_the_code(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#requests")
    page.locator("tbody tr").nth(2).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert serious(page) == []
    page.goto(f"{fake.address}/static/code.html")
    assert serious(page) == []


@needs_axe
def test_axe_finds_nothing_where_a_newer_version_is_offered(fake: FakeServer, visit: Visitor):
    fake.told["/dashboard/overview"] = sample.overview(update=NEWER)
    page = visit(fake.address).page
    page.goto(fake.address)
    expect(page.get_by_text("is published")).to_be_visible()
    assert serious(page) == []
