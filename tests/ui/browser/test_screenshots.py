"""Pictures of every page in both themes, kept in build/screenshots for people to look at."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.ui.browser import sample
from tests.ui.browser.conftest import SCREENSHOTS, Theme, Visitor
from tests.ui.browser.fake_server import FakeServer
from tests.ui.browser.test_pages import PAGES

SIZES = [(900, 600), (1280, 800), (3840, 2160)]
EMPTY = {"overview": "Set up", "requests": "No requests yet", "sessions": "No sessions", "log": "Nothing yet"}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_page_has_its_picture_taken(fake: FakeServer, visit: Visitor, theme: Theme, width: int, height: int):
    fake.exchanges = [one for one in fake.exchanges if one["app"] != sample.HOSTILE]
    page = visit(fake.address, width=width, height=height, theme=theme).page
    for name, text in PAGES.items():
        page.goto(f"{fake.address}/#{name}")
        expect(page.get_by_text(text).first).to_be_attached()
        take(page, f"{name.replace('/', '-')}-{width}x{height}-{theme}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_with_nothing_to_show_have_their_picture_taken_too(fake: FakeServer, visit: Visitor, theme: Theme):
    fake.told["/dashboard/overview"], fake.exchanges = sample.nothing_yet(), []
    fake.told["/dashboard/sessions"]["sessions"] = []
    fake.told["/dashboard/logs"] |= {"lines": [], "note": "There is no log yet."}
    page = visit(fake.address, theme=theme).page
    for name, text in EMPTY.items():
        page.goto(f"{fake.address}/#{name}")
        expect(page.get_by_text(text).first).to_be_visible()
        take(page, f"{name}-empty-{theme}")
    page.goto(f"{fake.address}/static/code.html")
    take(page, f"code-{theme}")


def take(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    picture = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=picture)
    assert picture.stat().st_size > 5_000
