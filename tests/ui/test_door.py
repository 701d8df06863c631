"""The dashboard's secret: codes that work once, cookies that last, and nothing that opens anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Map

from app.beside import Lasting
from app.ui.access import CODE_SECONDS, SESSION_SECONDS, DashboardDoor
from tests.ui.dashboard import KEY, Browser, browsing

OPEN = {"/", "/health"}
TO_THE_SECRET = {"/static/<path:name>", "/open", "/dashboard/session"}
REALM = ("/dashboard", "/events", "/auth", "/static", "/open", "/control")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_code_works_once():
    door = DashboardDoor()
    code = door.new_code()
    token = door.enter(code)
    assert token
    assert door.admits(f"other=1; tidegate_dashboard={token}")
    assert door.enter(code) is None


def test_a_code_works_for_a_minute_and_a_cookie_for_a_month():
    clock = Clock()
    door = DashboardDoor(clock)
    late, in_time = door.new_code(), door.new_code()
    clock.now += CODE_SECONDS - 1
    token = door.enter(in_time)
    clock.now += 1
    assert door.enter(late) is None
    assert door.admits(f"tidegate_dashboard={token}")
    clock.now += SESSION_SECONDS
    assert not door.admits(f"tidegate_dashboard={token}")


@pytest.mark.parametrize(
    "cookies", ["", "tidegate_dashboard=", "tidegate_dashboard", "x=y", "tidegate_dashboard=\udcff"]
)
def test_what_is_no_cookie_of_ours_admits_nobody(cookies: str):
    door = DashboardDoor()
    door.enter(door.new_code())
    assert not door.admits(cookies)


def test_closing_the_door_closes_every_browser_and_every_code():
    door = DashboardDoor()
    token, code = door.enter(door.new_code()), door.new_code()
    door.close_all()
    assert not door.admits(f"tidegate_dashboard={token}")
    assert door.enter(code) is None


def test_codes_that_nobody_used_do_not_pile_up():
    door = DashboardDoor()
    codes = [door.new_code() for _ in range(1_000)]
    assert len(door._codes) <= 20
    assert door.enter(codes[-1])


def routes(browser: Browser) -> list[tuple[str, str]]:
    server: Any = browser.app.runtime._server
    table: Map = server._app.app._app.routes  # what is served, through all that stands before it
    return sorted({(rule.rule, method) for rule in table.iter_rules() for method in (rule.methods or set())})


def in_realm(path: str) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in REALM)


def asked(browser: Browser, path: str, method: str, **headers: str) -> int:
    body: dict[str, str] | None = {} if method in ("POST", "PUT") else None
    return browser.ask(method, path.replace("<path:name>", "app.js"), body, headers).status


def test_every_route_of_the_whole_program_is_behind_one_secret_and_no_other(tmp_path: Path):
    with browsing(tmp_path) as browser:
        table = [(path, method) for path, method in routes(browser) if method not in ("OPTIONS", "HEAD")]
        assert {path for path, _ in table} > {"/dashboard/overview", "/events", "/control/<name>", "/v1/messages"}
        for path, method in table:
            if path in OPEN | TO_THE_SECRET:
                continue
            assert (path, method, asked(browser, path, method)) == (path, method, 401)
            if in_realm(path):  # the app's key opens nothing of the dashboard
                status = asked(browser, path, method, Authorization=f"Bearer {KEY}")
                assert (path, method, status) == (path, method, 401)
        browser.open()
        for path, method in table:
            if not in_realm(path) and path not in OPEN:  # and its cookie nothing of the apps'
                assert (path, method, asked(browser, path, method)) == (path, method, 401)


def test_no_route_of_the_dashboard_answers_another_page(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        for path, method in routes(browser):
            if in_realm(path) and method != "HEAD":
                for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
                    status = asked(browser, path, method, **headers)
                    assert (path, method, status) == (path, method, 403)


def test_a_link_becomes_a_cookie_that_no_script_can_read(tmp_path: Path):
    with browsing(tmp_path) as browser:
        link = browser.app.commands.dashboard_link().removeprefix(browser.app.address)
        first = browser.ask("GET", link)
        again = browser.ask("GET", link)
        assert (first.status, first.headers["location"]) == (303, "/")
        assert first.headers["set-cookie"].split("; ")[1:] == ["HttpOnly", "Path=/", "SameSite=Strict"]
        assert (again.status, "set-cookie" in again.headers) == (303, False)


def test_a_code_may_be_typed_also_as_the_whole_link(tmp_path: Path):
    with browsing(tmp_path) as browser:
        link = browser.app.commands.dashboard_link()
        typed = browser.ask("POST", "/dashboard/session", {"code": f" {link} "})
        assert typed.status == 204
        browser.cookie = typed.headers["set-cookie"].split(";")[0]
        assert browser.get("/dashboard/overview")["address"] == browser.app.address
        wrong = browser.ask("POST", "/dashboard/session", {"code": "guess"})
        assert (wrong.status, wrong.json["error"]["code"]) == (401, "code_refused")


def test_the_front_page_asks_for_the_code_and_then_is_the_dashboard(tmp_path: Path):
    with browsing(tmp_path) as browser:
        html = {"Accept": "text/html"}
        closed = browser.ask("GET", "/", headers=html)
        browser.open()
        opened = browser.ask("GET", "/", headers=html)
        greeting = browser.ask("GET", "/")
    assert {answer.headers["content-security-policy"] for answer in (closed, opened)} == {PAGE_POLICY}
    assert {answer.headers["x-content-type-options"] for answer in (closed, opened)} == {"nosniff"}
    assert closed.body != opened.body
    assert greeting.json["name"] == "Tidegate"


@pytest.mark.parametrize(
    "name", ["../access.py", "..%2faccess.py", "js/../../access.py", ".hidden", "js", "no.html", "%00.js", "index.py"]
)
def test_only_the_dashboards_own_files_are_served(tmp_path: Path, name: str):
    with browsing(tmp_path) as browser:
        assert browser.ask("GET", f"/static/{name}").status in (401, 404)
        assert browser.ask("GET", "/static/index.html").status == 200


def test_an_open_dashboard_stays_open_through_a_restart(tmp_path: Path):
    lasting = Lasting()
    with browsing(tmp_path, lasting=lasting) as first:
        first.open()
        cookie = first.cookie
    with browsing(tmp_path, lasting=lasting) as second:
        second.cookie = cookie
        assert second.get("/dashboard/overview")["requests"]["total"] == 0
    with browsing(tmp_path) as another:
        another.cookie = cookie
        assert another.ask("GET", "/dashboard/overview").status == 401
