"""Which web pages get in: those a person allowed, and nobody's by accident."""

from __future__ import annotations

import pytest

from app.core.events import RequestRefused
from app.proxy.origins import Origins
from tests.proxy.access.entry import CHAT, cors_headers
from tests.proxy.live import PAGE, chat_body, serving


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        PAGE + ".evil.example",
        PAGE + ":444",
        PAGE + "/",
        PAGE.upper(),
        "http://chat.example",
        "http://localhost:1",
        "http://localhost",
        "https://localhost:{port}",
        "http://evil.localhost:{port}",
        "file://",
        "",
        "*",
        PAGE + ", https://evil.example",
    ],
)
async def test_a_page_nobody_allowed_gets_403_and_no_cors_headers(origin: str) -> None:
    async with serving() as live:
        origin = origin.format(port=live.port)
        post = await live.request("POST", CHAT, [f"Origin: {origin}"], chat_body())
        get = await live.request("GET", "/health", [f"Origin: {origin}"])
        preflight = await live.request(
            "OPTIONS", CHAT, [f"Origin: {origin}", "Access-Control-Request-Method: POST"], key=None
        )
    assert [post.status, get.status, preflight.status] == [403, 403, 403]
    assert [cors_headers(answer.headers) for answer in (post, get, preflight)] == [[], [], []]
    assert "Settings, Web pages" in post.json["error"]["message"]
    assert "config.toml" in post.json["error"]["message"]
    assert live.events == [RequestRefused("origin", path, origin) for path in (CHAT, "/health", CHAT)]


async def test_two_origins_are_refused_although_one_is_allowed() -> None:
    async with serving() as live:
        answer = await live.request("POST", CHAT, [f"Origin: {PAGE}", "Origin: https://evil.example"], chat_body())
    assert (answer.status, cors_headers(answer.headers)) == (403, [])


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
async def test_own_pages_may_call_and_need_no_cors(name: str) -> None:
    async with serving() as live:
        origin = f"http://{name}:{live.port}"
        answer = await live.request("POST", CHAT, [f"Origin: {origin}", "Sec-Fetch-Site: same-origin"], chat_body())
    assert (answer.status, cors_headers(answer.headers)) == (200, [])


def test_port_80_is_own_with_and_without_its_number() -> None:
    own = [
        Origins(80, ()).is_own(origin) for origin in ("http://localhost", "http://localhost:80", "http://localhost:8")
    ]
    assert own == [True, True, False]


def test_null_and_the_star_can_never_be_allowed() -> None:
    origins = Origins(3456, ("null", "*", PAGE))
    assert [origins.is_allowed(origin) for origin in ("null", "*", PAGE)] == [False, False, True]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "same-origin, none", "garbage"])
async def test_what_another_site_started_is_refused_unless_its_page_is_allowed(site: str) -> None:
    async with serving() as live:
        post = await live.request("POST", CHAT, [f"Sec-Fetch-Site: {site}"], chat_body())
        get = await live.request("GET", "/v1/models", [f"Sec-Fetch-Site: {site}"])
        own = await live.request(
            "POST", CHAT, [f"Sec-Fetch-Site: {site}", f"Origin: http://localhost:{live.port}"], chat_body()
        )
        health = await live.request("GET", "/health", [f"Sec-Fetch-Site: {site}"])
        allowed = await live.request("POST", CHAT, [f"Sec-Fetch-Site: {site}", f"Origin: {PAGE}"], chat_body())
    assert [answer.status for answer in (post, get, own, health, allowed)] == [403, 403, 403, 200, 200]


@pytest.mark.parametrize("site", ["same-origin", "none", "Same-Origin"])
async def test_what_the_person_or_the_own_page_started_comes_in(site: str) -> None:
    async with serving() as live:
        answer = await live.request("POST", CHAT, [f"Sec-Fetch-Site: {site}"], chat_body())
    assert answer.status == 200


APP = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"]
"""What an Electron app with its web security off says of itself; no origin is among it."""


async def test_an_app_that_is_built_like_a_page_and_has_web_security_off_comes_in_with_its_key() -> None:
    async with serving() as live:
        with_key = [
            await live.request("GET", "/v1/models", APP),
            await live.request("POST", CHAT, APP, chat_body()),
        ]
        without = await live.request("POST", CHAT, APP, chat_body(), key=None)
        page = await live.request("POST", CHAT, [*APP, "Origin: null"], chat_body())
    assert [answer.status for answer in (*with_key, without, page)] == [200, 200, 401, 403]
    assert [cors_headers(answer.headers) for answer in with_key] == [[], []]


@pytest.mark.parametrize(
    "modes", [["no-cors"], ["navigate"], ["same-origin"], ["websocket"], [""], ["cors", "cors"], []]
)
async def test_what_a_page_can_start_without_an_origin_stays_refused(modes: list[str]) -> None:
    headers = ["Sec-Fetch-Site: cross-site", *(f"Sec-Fetch-Mode: {mode}" for mode in modes)]
    async with serving() as live:
        answers = [
            await live.request("GET", "/v1/models", headers),
            await live.request("POST", CHAT, headers, chat_body()),
        ]
    assert [answer.status for answer in answers] == [403, 403]
