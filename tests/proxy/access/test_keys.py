"""The key, however an app sends it."""

from __future__ import annotations

import pytest

from app.core.events import ExchangeStarted
from tests.proxy.access.entry import CHAT
from tests.proxy.live import KEY, chat_body, serving


async def test_every_way_of_sending_the_key_works() -> None:
    async with serving() as live:
        answers = [
            await live.request("GET", "/v1/models", [header], key=None)
            for header in (
                f"Authorization: Bearer {KEY}",
                f"authorization: bEARER   {KEY}",
                f"X-Api-Key: {KEY}",
                f"X-API-KEY:   {KEY}  ",
            )
        ]
        both = await live.request("GET", "/v1/models", ["x-api-key: placeholder"])
    assert [answer.status for answer in (*answers, both)] == [200] * 5


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Authorization: Bearer"],
        ["Authorization: Bearer "],
        ["Authorization: Bearer wrong"],
        [f"Authorization: Basic {KEY}"],
        [f"Authorization: {KEY}"],
        [f"Authorization: Bearer {KEY}x"],
        [f"Authorization: Bearer {KEY[:-1]}"],
        [f"Authorization: Bearer {KEY.upper()}"],
        ["x-api-key: "],
        ["x-api-key: kl\xe9\xff\x80"],
        ["Authorization: Bearer \xe2\x82\xac"],
        [f"Cookie: key={KEY}"],
        [f"X-Authorization: Bearer {KEY}"],
    ],
)
async def test_anything_but_the_key_is_401_in_the_callers_shape(headers: list[str]) -> None:
    async with serving() as live:
        openai = await live.request("POST", CHAT, headers, chat_body(), key=None)
        anthropic = await live.request("POST", "/v1/messages", headers, chat_body(), key=None)
        query = await live.request("GET", f"/v1/models?key={KEY}&api_key={KEY}", headers, key=None)
    assert [openai.status, anthropic.status, query.status] == [401, 401, 401]
    assert openai.json["error"]["code"] == "invalid_api_key"
    assert sorted(openai.json["error"]) == ["code", "message", "param", "type"]
    assert (anthropic.json["type"], anthropic.json["error"]["type"]) == ("error", "authentication_error")
    assert openai.header("www-authenticate") == "Bearer"
    assert openai.header("x-should-retry") == "false"
    assert live.engine.turns == []


async def test_the_sentence_tells_a_missing_key_from_a_wrong_one() -> None:
    async with serving() as live:
        missing = await live.request("GET", "/v1/models", key=None)
        wrong = await live.request("GET", "/v1/models", key="sk-other")
    assert "missing" in missing.json["error"]["message"]
    assert "not Tidegate's key" in wrong.json["error"]["message"]
    assert "sk-other" not in wrong.body.decode()


async def test_the_history_knows_the_name_of_the_key_and_the_id_of_the_answer() -> None:
    async with serving() as live:
        answer = await live.request("POST", CHAT, body=chat_body())
    started = [event for event in live.events if isinstance(event, ExchangeStarted)]
    assert [(event.key_name, event.request_id, event.path) for event in started] == [
        ("test", answer.header("x-request-id"), CHAT)
    ]


@pytest.mark.parametrize("target", ["/health", "/", "//health/", "/%68ealth"])
async def test_the_open_list_is_open_in_every_spelling(target: str) -> None:
    async with serving() as live:
        answers = [await live.request(method, target, key=None) for method in ("GET", "HEAD")]
    assert [answer.status for answer in answers] == [200, 200]


@pytest.mark.parametrize(
    "target", ["/health/../v1/models", "/health%2f..%2fv1/models", "/v1/models;/health", "/HEALTH"]
)
async def test_nothing_else_is_open_through_its_name(target: str) -> None:
    async with serving() as live:
        assert (await live.request(target=target, key=None)).status == 401
