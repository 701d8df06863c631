"""Pictures of every page in both themes, kept in build/screenshots for people to look at."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.ui.browser import sample
from tests.ui.browser.conftest import SCREENSHOTS, Theme, Visitor
from tests.ui.browser.fake_server import FakeServer
from tests.ui.browser.test_pages import PAGES


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(900, 600), (1280, 800)])
def test_every_page_has_its_picture_taken(fake: FakeServer, visit: Visitor, theme: Theme, width: int, height: int):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    fake.exchanges = [one for one in fake.exchanges if one["app"] != sample.HOSTILE]
    page = visit(fake.address, width=width, height=height, theme=theme).page
    taken = []
    for name, text in PAGES.items():
        page.goto(f"{fake.address}/#{name}")
        expect(page.get_by_text(text).first).to_be_attached()
        picture = SCREENSHOTS / f"{name.replace('/', '-')}-{width}x{height}-{theme}.png"
        page.screenshot(path=picture)
        taken.append(picture.stat().st_size)
    assert min(taken) > 5_000
