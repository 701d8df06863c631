"""The overview: every figure, and what changes them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.ui.browser import sample
from tests.ui.browser.conftest import Visitor
from tests.ui.browser.fake_server import FakeServer


def overview(fake: FakeServer, visit: Visitor) -> Page:
    page = visit(fake.address).page
    page.goto(fake.address)
    expect(page.get_by_role("region", name="State", exact=True)).to_contain_text(re.compile("."))
    return page


def test_the_four_figures_say_how_long_how_many_how_well_and_how_fast(fake: FakeServer, visit: Visitor):
    page = overview(fake, visit)
    figures = page.get_by_role("region", name="Numbers")
    expect(figures).to_contain_text(re.compile(r"Uptime2 d 4:03:\d\d"))
    expect(figures).to_contain_text("12,480")
    expect(figures).to_contain_text(re.compile(r"214 today, all\s+since\s+\d+\s+[A-Z][a-z]+"))
    expect(figures).to_contain_text("11K streamed · 1.9K tools · 310 pictures")
    expect(figures).to_contain_text("> 99 %")
    expect(figures).to_contain_text("41 failures, 138 cancelled")
    expect(figures).to_contain_text("2.6 s")
    expect(figures).to_contain_text("95 of 100 within 14.2 s")
    spark = figures.get_by_role("img", name="The last 14 answers took")
    tones = spark.locator("rect[class]").evaluate_all("all => all.map(rect => rect.getAttribute('class'))")
    assert tones == [
        "good", "good", "info", "good", "warn", "good", "good", "info", "info", "good", "good", "good", "info", "good"
    ]  # fmt: skip


def test_traffic_and_plan_windows_say_how_much_and_until_when(fake: FakeServer, visit: Visitor):
    page = overview(fake, visit)
    expect(page.get_by_role("img", name="70 requests, 1 failed in the last 15 minutes")).to_be_visible()
    limits = page.get_by_role("region", name="Limits", exact=True)
    expect(limits).to_contain_text("5 hours62 % used")
    expect(limits).to_contain_text(re.compile(r"resets \d\d:\d\d \(in 2 h \d+ min\)|resets .*, \d\d:\d\d \(in 2 h"))
    expect(limits.get_by_role("img", name="7 days: 91 % used")).to_have_attribute("data-tone", "warn")


@pytest.mark.parametrize(("label", "said"), [("Address", "http://127.0.0.1:3456/v1"), ("Model", "claude-sonnet-4-6")])
def test_what_goes_into_an_app_is_copied_as_it_stands(fake: FakeServer, visit: Visitor, label: str, said: str):
    page = overview(fake, visit)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=fake.address)
    page.get_by_role("button", name=f"Copy {label}").click()
    expect(page.get_by_text(f"{label} copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == said


def test_the_key_is_shown_and_copied_only_when_asked_for(fake: FakeServer, visit: Visitor):
    page = overview(fake, visit)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=fake.address)
    key = page.get_by_role("group", name="Key")
    expect(key).not_to_contain_text("tg-")
    assert fake.asked == []
    page.get_by_role("button", name="Copy Key").click()
    expect(page.get_by_text("Key copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "tg-sample-key"
    page.get_by_role("button", name="Show Key").click()
    expect(key).to_contain_text("tg-sample-key")


@pytest.mark.parametrize(("span", "columns"), [("Today", 24), ("7 days", 7), ("30 days", 30)])
@pytest.mark.parametrize("what", ["Tokens", "Cost"])
def test_tokens_and_cost_are_drawn_for_each_time(fake: FakeServer, visit: Visitor, span: str, columns: int, what: str):
    page = overview(fake, visit)
    card = page.get_by_role("region", name="Tokens and cost")
    card.get_by_role("button", name=span).click()
    card.get_by_role("button", name=what).click()
    chart = card.get_by_role("img")
    expect(chart.locator("g")).to_have_count(columns)
    expect(chart.locator(".scale")).to_contain_text("tokens" if what == "Tokens" else "$")
    expect(chart).to_have_attribute("aria-label", re.compile(f"^{what}, .*; most at "))


def test_the_numbers_of_a_chart_are_there_as_a_table_which_stays_open(fake: FakeServer, visit: Visitor):
    page = overview(fake, visit)
    page.get_by_text("As a table").click()
    table = page.get_by_role("region", name="Tokens and cost").get_by_role("table").first
    expect(table.get_by_role("row", name=re.compile("^Together"))).to_be_visible()
    fake.await_follower()
    told = sample.overview()
    told["spending"]["days"][-1]["requests"] = 987_654
    fake.told["/dashboard/overview"] = told
    fake.happen(type="request.end")
    expect(table.get_by_role("row").filter(has_text="987,654")).to_be_visible()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("account", "Your plan has limits."),
        ("kept_key", "Your API key has limits."),
        ("bedrock", "This way to Claude doesn't tell"),
        ("none", "The demo has no limits."),
    ],
)
def test_no_plan_windows_are_explained_by_the_way_in_use(fake: FakeServer, visit: Visitor, kind: str, said: str):
    told = sample.overview(windows=[])
    told["method"]["kind"] = kind
    fake.told["/dashboard/overview"] = told
    page = overview(fake, visit)
    expect(page.get_by_role("region", name="Limits", exact=True)).to_contain_text(said)


def test_costs_nobody_knows_are_not_drawn_as_nothing(fake: FakeServer, visit: Visitor):
    told = sample.nothing_yet()
    told["spending"]["days"][-1]["requests"] = 1
    fake.told["/dashboard/overview"] = told
    page = overview(fake, visit)
    card = page.get_by_role("region", name="Tokens and cost")
    card.get_by_role("button", name="Cost").click()
    expect(card.get_by_role("img", name="Cost: nothing yet")).to_be_visible()
    expect(card).to_contain_text("Not reported")


def test_what_waits_for_a_decision_leads_to_where_it_is_made(fake: FakeServer, visit: Visitor):
    fake.told["/dashboard/overview"] = sample.overview(
        notices=[{"kind": "access", "sentence": "The web page https://chat.example asked.", "action": "pages"}]
    )
    page = overview(fake, visit)
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("button", name="Allow https://chat.example")).to_be_visible()
