"""What every answer carries, refusals too."""

from __future__ import annotations

import pytest

from app.core.events import RequestRefused
from tests.proxy.access.entry import CHAT
from tests.proxy.live import chat_body, serving


async def test_every_answer_has_its_own_request_id_twice_and_is_not_sniffed_or_stored() -> None:
    async with serving() as live:
        answers = [
            await live.request(),
            await live.request("POST", CHAT, body=chat_body()),
            await live.request("POST", CHAT, body=chat_body(stream=True)),
            await live.request(host="evil.example"),
            await live.request("GET", "/v1/models", key=None),
            await live.request("GET", "/nothing"),
            await live.request(headers=["X-Request-Id: chosen-by-the-client"]),
        ]
    ids = [answer.header("x-request-id") or "" for answer in answers]
    assert [answer.header("request-id") for answer in answers] == ids
    assert len(set(ids)) == len(ids)
    assert all(len(id_) == 24 and not set(id_) - set("0123456789abcdef") for id_ in ids)
    assert {answer.header("x-content-type-options") for answer in answers} == {"nosniff"}
    assert [answer.header("cache-control") for answer in answers] == [
        "no-cache, no-transform" if index == 2 else "no-store" for index in range(len(answers))
    ]


async def test_an_anthropic_client_gets_its_envelope_everywhere() -> None:
    async with serving() as live:
        refused = await live.request("GET", "/v1/models", ["anthropic-version: 2023-06-01"], key=None)
        missing = await live.request("GET", "/nothing", ["anthropic-version: 2023-06-01"])
        short = await live.request("POST", "//messages/", body=b"{}", key=None)
    for answer in (refused, missing, short):
        assert answer.json["type"] == "error"
        assert answer.json["request_id"] == answer.header("request-id")


async def test_what_a_stranger_sent_reaches_log_and_events_without_control_characters(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    async with serving() as live:
        await live.request("GET", "/a%0d%0aSet-Cookie:%20x%1b[31m" + "y" * 500, ["Origin: http://\x85\xa0evil"])
    (refused,) = [event for event in live.events if isinstance(event, RequestRefused)]
    assert refused.path.startswith("/a??Set-Cookie: x?[31m")
    assert len(refused.path) == 200
    assert refused.origin == "http://??evil"
    assert not any(set("\r\n\x1b\x85") & set(record.getMessage()) for record in caplog.records)
