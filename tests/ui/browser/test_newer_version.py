"""A newer version, offered on the overview."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.ui.browser import sample
from tests.ui.browser.conftest import Visitor
from tests.ui.browser.fake_server import FakeServer

NEWER = {
    "version": "0.2.0",
    "page": "https://tidegate.example/0.2.0",
    "notes": f"- It flies,\n  and lands.\n- {sample.HOSTILE}",
    "notice": "Anthropic's terms have changed.",
}


def test_a_newer_version_is_offered_with_what_is_new_in_it(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(fake.address)
    expect(page.get_by_role("region", name="State", exact=True)).to_be_visible()
    offered = page.get_by_role("region", name="Tidegate 0.2.0 is published")
    expect(offered).to_have_count(0)
    fake.told["/dashboard/overview"] = sample.overview(update=NEWER)
    page.reload()
    expect(offered).to_contain_text("Anthropic's terms have changed.")
    expect(offered.get_by_role("listitem")).to_have_text(["It flies, and lands.", sample.HOSTILE])
    download = offered.get_by_role("link", name="Download")
    expect(download).to_have_attribute("href", NEWER["page"])
    expect(download).to_have_attribute("target", "_blank")


@pytest.mark.parametrize(
    ("label", "asked"),
    [
        ("Skip this version", [("POST", "/dashboard/commands/skip_update", {})]),
        (
            "Never look",
            [("PUT", "/dashboard/settings", {"updates.check": False}), ("POST", "/dashboard/commands/skip_update", {})],
        ),
    ],
)
def test_a_newer_version_can_be_skipped_and_so_can_all(
    fake: FakeServer, visit: Visitor, label: str, asked: list[object]
):
    fake.told["/dashboard/overview"] = sample.overview(update=NEWER)
    page = visit(fake.address).page
    page.goto(fake.address)
    offered = page.get_by_role("region", name="Tidegate 0.2.0 is published")
    with page.expect_response("**/skip_update"):
        offered.get_by_role("button", name=label).click()
    assert fake.asked == asked
    fake.told["/dashboard/overview"] = sample.overview()
    fake.await_follower()
    fake.happen(type="account.state")
    expect(offered).to_have_count(0)
