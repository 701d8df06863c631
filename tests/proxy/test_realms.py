"""Paths behind a secret of their own: which requests come in, and that no secret opens another's door."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.proxy.admission import AccessRules, Admitted, Preflight, Refusal, admit
from app.proxy.realms import Realm
from app.proxy.request_head import RequestHead
from tests.fakes import one_key

KEY = "tg-app-key"
PAGE = "https://chat.example"
OWN = "http://127.0.0.1:3456"
ROOM = Realm(
    "Dashboard",
    paths=("/dashboard", "/events", "/static"),
    header=b"cookie",
    check=lambda value: value == "secret",
    sentence="Open it from the tray.",
    open_paths=("/static", "/dashboard/session"),
)
LEVER = Realm("Control", ("/control",), b"authorization", lambda value: value == "Bearer lever", "No.", for_pages=False)
RULES = AccessRules(3456, one_key(KEY, "Chatbox"), frozenset({PAGE}), realms=(ROOM, LEVER))


def knock(path: str, *headers: tuple[str, str], method: str = "GET") -> Admitted | Preflight | Refusal:
    usual = [("host", "127.0.0.1:3456"), *([("content-type", "application/json")] if method == "POST" else [])]
    encoded = tuple((name.encode(), value.encode("latin-1")) for name, value in (*usual, *headers))
    return admit(RequestHead(method, path, path.encode(), "1.1", encoded), RULES)


def said(verdict: Admitted | Preflight | Refusal) -> str | tuple[str, int]:
    match verdict:
        case Admitted(name):
            return name
        case Refusal(reason, _, status):
            return reason, status
        case Preflight():
            return "preflight"


COOKIE = ("cookie", "secret")
BEARER = ("authorization", f"Bearer {KEY}")


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/overview", "/events", "/dashboard/no/such/thing"])
def test_a_realm_opens_to_its_secret_and_to_no_key(path: str):
    assert said(knock(path, COOKIE)) == "Dashboard"
    assert said(knock(path)) == ("secret", 401)
    assert said(knock(path, BEARER, ("x-api-key", KEY))) == ("secret", 401)


def test_its_secret_opens_nothing_else():
    assert said(knock("/v1/models", COOKIE)) == ("key", 401)
    assert said(knock("/dashboards", COOKIE)) == ("key", 401)
    assert said(knock("/control/quit", COOKIE, method="POST")) == ("secret", 401)
    assert said(knock("/dashboard", ("authorization", "Bearer lever"))) == ("secret", 401)
    assert said(knock("/v1/models", ("authorization", "Bearer lever"))) == ("key", 401)


def test_what_asks_for_the_secret_is_open_but_not_to_other_pages():
    assert said(knock("/static/app.js")) == "Dashboard"
    assert said(knock("/dashboard/session", method="POST")) == "Dashboard"
    assert said(knock("/static/app.js", ("sec-fetch-site", "cross-site"))) == ("realm", 403)


@pytest.mark.parametrize(
    "header",
    [
        ("origin", PAGE),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:8080"),
        ("origin", "http://127.0.0.1:3456.evil.example"),
        ("referer", f"{PAGE}/chat"),
        ("referer", "http://127.0.0.1:3456@evil.example/"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_no_other_page_comes_in_even_with_the_secret_or_when_it_may_call_the_api(header: tuple[str, str], method: str):
    assert said(knock("/dashboard/overview", COOKIE, header, method=method)) == ("realm", 403)


@pytest.mark.parametrize(
    "headers",
    [
        [("origin", OWN), ("referer", f"{OWN}/"), ("sec-fetch-site", "same-origin")],
        [("origin", "http://localhost:3456"), ("referer", "http://localhost:3456/#requests")],
        [("sec-fetch-site", "none")],
    ],
)
def test_its_own_pages_and_addresses_opened_by_hand_come_in(headers: list[tuple[str, str]]):
    assert said(knock("/dashboard/overview", COOKIE, *headers)) == "Dashboard"


@pytest.mark.parametrize("header", [("origin", OWN), ("referer", OWN), ("sec-fetch-site", "none")])
def test_a_realm_for_programs_opens_to_no_browser_at_all(header: tuple[str, str]):
    secret = ("authorization", "Bearer lever")
    assert said(knock("/control/quit", secret, method="POST")) == "Control"
    assert said(knock("/control/quit", secret, header, method="POST")) == ("realm", 403)


def test_an_app_that_is_built_like_a_page_is_a_foreign_page_here():
    mode = (("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors"))
    assert said(knock("/dashboard/overview", COOKIE, *mode)) == ("realm", 403)
    assert said(knock("/v1/models", BEARER, *mode)) == "Chatbox"


def test_a_realm_takes_json_only_and_its_own_host_only():
    form = ("content-type", "text/plain")
    assert said(knock("/dashboard/keys", COOKIE, form, method="POST")) == ("media_type", 415)
    head = RequestHead("GET", "/dashboard", b"/dashboard", "1.1", ((b"host", b"evil.example"), (b"cookie", b"secret")))
    assert said(admit(head, RULES)) == ("host", 421)


@pytest.mark.parametrize(
    ("host", "local_address"),
    [("192.168.1.2:3456", "192.168.1.2"), ("tidegate.lan", "127.0.0.1"), ("127.0.0.1:3456", "192.168.1.2")],
)
def test_no_other_machine_enters_a_realm_even_when_it_may_call_the_api(host: str, local_address: str):
    rules = replace(RULES, allowed_hosts=frozenset({"tidegate.lan"}), beyond_loopback=True)
    headers = ((b"host", host.encode()), (b"cookie", b"secret"), (b"authorization", b"Bearer " + KEY.encode()))
    verdicts = [
        admit(RequestHead("GET", path, path.encode(), "1.1", headers, local_address), rules)
        for path in ("/v1/models", "/dashboard/overview", "/static/app.js", "/events")
    ]
    assert [said(verdict) for verdict in verdicts] == ["Chatbox", *[("realm", 403)] * 3]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:3456", "[::1]", "[::1]:3456", "127.0.0.1"])
def test_a_realm_is_entered_by_every_name_of_this_computer(host: str):
    headers = ((b"host", host.encode()), (b"cookie", b"secret"))
    assert said(admit(RequestHead("GET", "/dashboard", b"/dashboard", "1.1", headers, "::1"), RULES)) == "Dashboard"
