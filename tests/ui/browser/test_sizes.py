"""Windows of every size: nothing is cut, nothing sticks out, nothing hides what was gone to."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.ui.browser.conftest import Visitor
from tests.ui.browser.fake_server import FakeServer
from tests.ui.browser.test_pages import PAGES


@pytest.mark.parametrize(("width", "height"), [(900, 600), (720, 480), (420, 800), (3840, 2160)])
def test_nothing_sticks_out_of_the_window(fake: FakeServer, visit: Visitor, width: int, height: int):
    page = visit(fake.address, width=width, height=height).page
    for name, text in PAGES.items():
        page.goto(f"{fake.address}/#{name}")
        expect(page.get_by_text(text).first).to_be_attached()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.parametrize(("width", "height"), [(480, 700), (420, 800), (450, 320)])
def test_in_a_narrow_window_every_page_can_be_gone_to_and_no_column_is_cut(
    fake: FakeServer, visit: Visitor, width: int, height: int
):
    """450 by 320 is a window of 900 by 640 whose text was made twice as big."""
    page = visit(fake.address, width=width, height=height).page
    for name in ("requests", "sessions"):
        page.goto(f"{fake.address}/#{name}")
        expect(page.get_by_text(PAGES[name]).first).to_be_attached()
        for link in page.get_by_role("navigation", name="Pages").get_by_role("link").all():
            box = link.bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width, (name, link.inner_text())
        cut = "all => all.filter(one => one.getBoundingClientRect().right > innerWidth).map(one => one.textContent)"
        assert page.locator("main :is(.pill, .button)").evaluate_all(cut) == [], name


@pytest.mark.parametrize(("width", "height"), [(480, 700), (900, 640), (1280, 800)])
def test_the_small_chat_fits_its_window_to_the_pixel(fake: FakeServer, visit: Visitor, width: int, height: int):
    page = visit(fake.address, width=width, height=height).page
    page.goto(f"{fake.address}/#try")
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollHeight") == height


def test_in_a_narrow_window_too_a_part_that_is_gone_to_is_below_the_head(fake: FakeServer, visit: Visitor):
    page = visit(fake.address, width=480, height=700).page
    page.goto(f"{fake.address}/#settings/server")
    expect(page.get_by_label("Port", exact=True)).to_be_visible()
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Models").click()
    top = page.locator("#model").evaluate("node => node.getBoundingClientRect().top")
    assert top >= page.locator("#side").evaluate("node => node.getBoundingClientRect().bottom")
