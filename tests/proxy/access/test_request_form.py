"""Requests that no chat app sends are refused before anybody reads them."""

from __future__ import annotations

import pytest

from tests.proxy.access.entry import CHAT
from tests.proxy.live import chat_body, serving


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "text/json",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json; charset=utf-8; charset=utf-7",
        "application/jsonx",
        "text/plain; application/json",
        "text/plain, application/json",
        "",
    ],
)
async def test_a_body_that_is_not_json_is_415(content_type: str) -> None:
    async with serving() as live:
        answer = await live.request("POST", CHAT, [f"Content-Type: {content_type}"], chat_body())
    assert (answer.status, answer.json["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", "application/json;charset=UTF-8", 'application/json ; charset="utf-8"'],
)
async def test_json_in_utf_8_is_taken_in_every_spelling(content_type: str) -> None:
    async with serving() as live:
        assert (await live.request("POST", CHAT, [f"Content-Type: {content_type}"], chat_body())).status == 200


async def test_a_body_without_a_type_or_with_two_is_415() -> None:
    async with serving() as live:
        length = f"Content-Length: {len(chat_body())}"
        none = await live.send(live.raw("POST", CHAT, [length]) + chat_body())
        types = ["Content-Type: application/json", "Content-Type: text/plain"]
        two = await live.request("POST", CHAT, types, chat_body())
        empty = await live.send(live.raw("POST", CHAT, ["Content-Length: 0"]))
    assert [none.status, two.status, empty.status] == [415, 415, 415]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x"])
async def test_a_compressed_body_is_415(encoding: str) -> None:
    async with serving() as live:
        answer = await live.request("POST", CHAT, [f"Content-Encoding: {encoding}"], b"\x1f\x8b\x08\x00bomb")
    assert (answer.status, "compressed" in answer.json["error"]["message"]) == (415, True)


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
async def test_method_overrides_do_nothing(name: str) -> None:
    async with serving() as live:
        get = await live.request("GET", f"{CHAT}?_method=POST", [f"{name}: POST"])
        post = await live.request("POST", "/health?_method=GET", [f"{name}: GET"], b"{}")
    assert [get.status, post.status] == [405, 405]
    assert live.engine.turns == []
