"""Chat apps that are web pages: what a browser asks before, and what it lets them read."""

from __future__ import annotations

import pytest

from tests.proxy.access.entry import CHAT, cors_headers
from tests.proxy.live import PAGE, chat_body, serving


async def test_a_preflight_is_answered_before_the_key_is_asked() -> None:
    wanted = "Authorization, content-type, X-Stainless-Retry-Count, openai-organization, x-evil, x-stainless-\tx, a:b"
    async with serving() as live:
        answer = await live.request(
            "OPTIONS",
            CHAT,
            [
                f"Origin: {PAGE}",
                "Access-Control-Request-Method: POST",
                f"Access-Control-Request-Headers: {wanted}",
                "Access-Control-Request-Private-Network: true",
                "Sec-Fetch-Site: cross-site",
            ],
            key=None,
        )
    assert (answer.status, answer.body) == (204, b"")
    assert sorted(cors_headers(answer.headers)) == [
        (
            "access-control-allow-headers",
            (
                "authorization, content-type, x-api-key, anthropic-version, anthropic-beta, "
                "anthropic-dangerous-direct-browser-access, http-referer, x-title, x-session-id, user-agent, "
                "x-stainless-retry-count, openai-organization"
            ),
        ),
        ("access-control-allow-methods", "GET, HEAD, POST, DELETE"),
        ("access-control-allow-origin", PAGE),
        ("access-control-allow-private-network", "true"),
        (
            "access-control-expose-headers",
            (
                "x-request-id, request-id, retry-after, x-should-retry, x-session-id, x-tidegate-ignored, "
                "x-tidegate-estimate"
            ),
        ),
        ("access-control-max-age", "600"),
    ]
    assert answer.header("vary") == "Origin"
    assert live.events == []


async def test_the_private_network_header_is_sent_only_when_asked_for() -> None:
    async with serving() as live:
        answer = await live.request(
            "OPTIONS", CHAT, [f"Origin: {PAGE}", "Access-Control-Request-Method: POST"], key=None
        )
    assert answer.header("access-control-allow-private-network") is None


async def test_options_without_a_preflight_needs_the_key() -> None:
    async with serving() as live:
        without = await live.request("OPTIONS", CHAT, key=None)
        with_key = await live.request("OPTIONS", CHAT)
    assert [without.status, with_key.status] == [401, 200]
    assert set((with_key.header("allow") or "").split(", ")) == {"OPTIONS", "POST"}


@pytest.mark.parametrize("origin", [PAGE, "app://obsidian.md"])
async def test_an_allowed_page_can_read_answers_streams_and_errors(origin: str) -> None:
    async with serving() as live:
        answers = [
            await live.request("POST", CHAT, [f"Origin: {origin}"], chat_body()),
            await live.request("POST", CHAT, [f"Origin: {origin}"], chat_body(stream=True)),
            await live.request("POST", CHAT, [f"Origin: {origin}"], b"{"),
            await live.request("POST", CHAT, [f"Origin: {origin}"], chat_body(), key="wrong"),
            await live.request("GET", "/nothing", [f"Origin: {origin}"]),
            await live.request("GET", CHAT, [f"Origin: {origin}"]),
            await live.request("POST", CHAT, [f"Origin: {origin}", "Content-Type: text/plain"], chat_body()),
        ]
    assert [answer.status for answer in answers] == [200, 200, 400, 401, 404, 405, 415]
    for answer in answers:
        assert answer.header("access-control-allow-origin") == origin
        assert answer.header("vary") == "Origin"
        assert answer.header("access-control-allow-credentials") is None
