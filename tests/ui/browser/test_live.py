"""What the page does while things happen, and when the server is gone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.browser import sample
from tests.ui.browser.conftest import Visitor
from tests.ui.browser.fake_server import FakeServer


def test_a_request_appears_and_ends_without_anybody_asking(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#requests")
    expect(page.locator("tbody tr")).to_have_count(50)
    running = sample.exchange(401, app="Jan", outcome="running", duration_seconds=None, started_at=sample.NOW)
    fake.exchanges.insert(0, running)
    fake.happen(type="request.start", id=running["request_id"])
    row = page.locator("tbody tr").filter(has_text="Jan")
    expect(row).to_contain_text("Answering")
    fake.exchanges[0] = {**running, "outcome": "ok", "duration_seconds": 2.5}
    fake.happen(type="request.end", id=running["request_id"])
    expect(row).to_contain_text("Answered")
    expect(row).to_contain_text("2.5 s")


def test_an_open_record_goes_on_with_its_request(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(f"{fake.address}/#requests")
    page.locator("tbody tr").first.click()
    record = page.get_by_role("dialog")
    expect(record).to_contain_text("The answer is under way.")
    fake.exchanges[0] = {**fake.exchanges[0], "outcome": "ok", "duration_seconds": 6.5, "status": 200}
    fake.happen(type="request.end")
    expect(record).to_contain_text("Took6.5 s")


def test_a_new_state_is_shown_at_once(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(fake.address)
    expect(page.get_by_text("Working", exact=True)).to_be_visible()
    fake.told["/dashboard/overview"] = sample.overview("expired")
    fake.happen(type="account.state", kind="expired")
    expect(page.get_by_role("button", name="Sign in again")).to_be_visible()


def test_many_events_make_few_questions(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(fake.address)
    expect(page.get_by_text("Working", exact=True)).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for number in range(200):
        fake.happen(type="request.start", id=str(number))
    fake.told["/dashboard/overview"] = sample.overview("expired")
    fake.happen(type="account.state", kind="expired")
    expect(page.get_by_role("button", name="Sign in again")).to_be_visible()
    assert 1 <= len([url for url in asked if url.endswith("/dashboard/overview")]) <= 4


def test_the_clock_goes_on_between_answers(fake: FakeServer, visit: Visitor):
    page = visit(fake.address).page
    page.goto(fake.address)
    clock = page.locator(".figure-value").first
    shown = clock.inner_text()
    expect(clock).not_to_have_text(shown)


def test_a_server_that_is_gone_is_said_in_red_within_five_seconds_and_its_return_too(visit: Visitor):
    with FakeServer() as fake:
        opened = visit(fake.address)
        opened.may_lose_the_server = True
        page = opened.page
        page.goto(fake.address)
        expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    state = page.get_by_text("Disconnected")
    expect(state).to_be_visible(timeout=5_000)
    assert page.evaluate("getComputedStyle(document.querySelector('.link-state')).color") == "rgb(176, 36, 28)"
    expect(page.get_by_role("alert")).to_contain_text("Tidegate doesn't answer")
    with FakeServer(port=int(fake.address.rsplit(":", 1)[1])) as back:
        back.told["/dashboard/overview"] = sample.overview("limited")
        expect(page.get_by_text("Connected", exact=True)).to_be_visible()
        expect(page.get_by_text("Limit reached", exact=True)).to_be_visible()
        expect(page.locator(".banner")).to_have_count(0)
        back.told["/dashboard/overview"] = sample.overview("proven")
        expect(page.get_by_text("Limit reached", exact=True)).to_be_visible()
        back.await_follower()
        back.happen(type="account.state")
        expect(page.get_by_text("Working", exact=True)).to_be_visible()
