"""The application as a whole: its paths, its failures, its bodies, and the table of its routes."""

from __future__ import annotations

import gzip
import json
import logging
from pathlib import Path

import pytest
from quart import Blueprint, Response
from werkzeug.routing import Map

from app.proxy.neutral.fault import Fault, FaultKind, Refused
from app.proxy.session_store import SessionStore
from tests.fakes import SCRIPTED_MODEL, ScriptedEngine
from tests.proxy.live import chat_body, serving

CHAT = "/v1/chat/completions"
OPEN = {"/", "/health"}
GETS_WITHOUT_SIDE_EFFECT = {
    "/",
    "/health",
    "/openapi.json",
    "/sessions",
    "/sessions/<key>",
    "/v1/models",
    "/v1/models/<path:model_id>",
    "/v1/responses/<id_>",
    "/v1/responses/<id_>/input_items",
}


# The table of routes


async def test_every_route_is_guarded_or_on_the_open_list(tmp_path: Path) -> None:
    async with serving(store=SessionStore(tmp_path / "c.db")) as live:
        for path, method in routes_of(live.application.routes):
            answer = await live.request(method, path, body=b"{}" if method == "POST" else None, key=None)
            assert path in OPEN or (path, method, answer.status) == (path, method, 401)
    assert live.engine.turns == []


async def test_the_table_that_the_tests_here_walk_is_the_real_one(tmp_path: Path) -> None:
    async with serving(store=SessionStore(tmp_path / "c.db")) as live:
        walked = routes_of(live.application.routes)
    assert {(CHAT, "POST"), ("/v1/messages", "POST"), ("/sessions", "DELETE"), ("/health", "GET")} <= set(walked)


async def test_every_route_refuses_foreign_pages_and_foreign_hosts(tmp_path: Path) -> None:
    async with serving(store=SessionStore(tmp_path / "c.db")) as live:
        for path, method in routes_of(live.application.routes):
            body = b"{}" if method == "POST" else None
            page = await live.request(method, path, ["Origin: https://evil.example"], body)
            host = await live.request(method, path, body=body, host="evil.example")
            assert (path, method, page.status, host.status) == (path, method, 403, 421)


async def test_every_post_demands_json(tmp_path: Path) -> None:
    async with serving(store=SessionStore(tmp_path / "c.db")) as live:
        for path, method in routes_of(live.application.routes):
            if method in ("POST", "PUT", "PATCH"):
                answer = await live.request(method, path, ["Content-Type: text/plain"], b"{}")
                assert (path, answer.status) == (path, 415)


async def test_every_get_is_known_to_have_no_side_effect(tmp_path: Path) -> None:
    async with serving(store=SessionStore(tmp_path / "c.db")) as live:
        gets = {path for path, method in routes_of(live.application.routes) if method == "GET"}
    assert gets == GETS_WITHOUT_SIDE_EFFECT


async def test_no_route_takes_a_websocket() -> None:
    async with serving() as live:
        assert [rule.rule for rule in live.application.routes.iter_rules() if rule.websocket] == []


def routes_of(table: Map) -> list[tuple[str, str]]:
    """Every path and method of the route table but OPTIONS, which `access` looks at."""
    return sorted(
        {(rule.rule, method) for rule in table.iter_rules() for method in (rule.methods or set()) - {"OPTIONS"}}
    )


# Paths


@pytest.mark.parametrize(
    "target", [CHAT, "/chat/completions", "//v1//chat///completions", CHAT + "/", "/chat/completions//", CHAT + "?a=b"]
)
async def test_one_address_in_every_spelling_apps_use(target: str) -> None:
    async with serving() as live:
        answer = await live.request("POST", target, body=chat_body())
    assert (answer.status, answer.json["object"]) == (200, "chat.completion")


@pytest.mark.parametrize("target", ["/v1/messages", "/messages", "//messages", "/v1//messages/"])
async def test_the_messages_address_too(target: str) -> None:
    async with serving() as live:
        answer = await live.request(
            "POST", target, body=json.dumps({**json.loads(chat_body()), "max_tokens": 10}).encode()
        )
    assert (answer.status, answer.json["type"]) == (200, "message")


@pytest.mark.parametrize(
    "target",
    [
        "/v1",
        "/v2/models",
        "/v1/v1/models",
        "/api/v1/models",
        "/api/tags",
        "/props",
        "/v1/props",
        "/version",
        "/v1/health",
        "/static/x",
        "/favicon.ico",
        "/%",
        "/%ff%fe",
        "/%00",
        "/v1/mod%0d%0aels",
        "/..%2f..%2fetc/passwd",
        "/v1/models?%ff=%zz",
    ],
)
async def test_what_is_not_there_is_a_json_404_and_never_a_redirect_or_a_500(target: str) -> None:
    async with serving() as live:
        answer = await live.request("GET", target)
    expected = 200 if target.startswith("/v1/models") else 404
    assert (answer.status, answer.header("content-type")) == (expected, "application/json")
    assert answer.header("location") is None


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("GET", CHAT, {"POST", "OPTIONS"}),
        ("GET", "/chat/completions/", {"POST", "OPTIONS"}),
        ("HEAD", "/v1/messages", {"POST", "OPTIONS"}),
        ("DELETE", "/v1/models", {"GET", "HEAD", "OPTIONS"}),
        ("TRACE", "/health", {"GET", "HEAD", "OPTIONS"}),
        ("BREW", "/v1/models/x", {"GET", "HEAD", "OPTIONS"}),
    ],
)
async def test_a_wrong_method_is_405_and_names_the_right_ones(method: str, target: str, allowed: set[str]) -> None:
    async with serving() as live:
        answer = await live.request(method, target)
    assert answer.status == 405
    assert set((answer.header("allow") or "").split(", ")) == allowed
    if method != "HEAD":
        assert answer.json["error"]["code"] == "method_not_allowed"


async def test_head_answers_what_get_does_without_the_body() -> None:
    async with serving() as live:
        for target in ("/", "/health", "/v1/models", f"/v1/models/{SCRIPTED_MODEL.id}"):
            get, head = await live.request("GET", target), await live.request("HEAD", target)
            assert (head.status, head.body) == (200, b"")
            assert head.header("content-length") == get.header("content-length")


# Failures


def odd_routes() -> Blueprint:
    blueprint = Blueprint("odd", __name__)

    @blueprint.get("/fails")
    async def fails() -> Response:
        raise RuntimeError("the user's own words")

    @blueprint.get("/declared/with/a/slash/")
    async def declared_with_a_slash() -> Response:
        return Response("here")

    @blueprint.get("/refuses")
    async def refuses() -> Response:
        raise Refused(Fault(FaultKind.RATE_LIMIT, "Wait.", "slow_down", retry_after_seconds=7, retryable=False))

    return blueprint


async def test_a_route_declared_with_a_slash_at_its_end_answers_both_spellings() -> None:
    async with serving(blueprints=[odd_routes()]) as live:
        answers = [await live.request(target=f"/declared/with/a/slash{end}") for end in ("", "/")]
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"here")] * 2


async def test_a_bug_in_a_route_is_a_500_that_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        async with serving(blueprints=[odd_routes()]) as live:
            answer = await live.request(target="/fails")
            anthropic = await live.request(target="/fails", headers=["anthropic-version: 2023-06-01"])
    assert (answer.status, answer.json["error"]["code"]) == (500, "internal_error")
    assert anthropic.json["error"]["type"] == "api_error"
    assert b"own words" not in answer.body + anthropic.body
    assert b"Traceback" not in answer.body
    assert [record.getMessage() for record in caplog.records] == ["a route failed"] * 2


async def test_a_refusal_raised_in_a_route_keeps_its_status_code_and_waiting_time() -> None:
    async with serving(blueprints=[odd_routes()]) as live:
        answer = await live.request(target="/refuses")
    assert (answer.status, answer.json["error"]["code"]) == (429, "slow_down")
    assert (answer.header("retry-after"), answer.header("x-should-retry")) == ("7", "false")


async def test_an_engine_that_raises_is_a_500_in_both_shapes(caplog: pytest.LogCaptureFixture) -> None:
    engine = ScriptedEngine([RuntimeError("private")])
    async with serving(engine) as live:
        openai = await live.request("POST", CHAT, body=chat_body())
        anthropic = await live.request(
            "POST", "/messages", body=json.dumps({**json.loads(chat_body()), "max_tokens": 10}).encode()
        )
    assert [openai.status, anthropic.status] == [500, 500]
    assert b"private" not in openai.body + anthropic.body


# Bodies


BODIES = {
    "nothing": b"",
    "half": b'{"model": "x", "messages": [',
    "no object": b'"text"',
    "a list": b"[]",
    "null": b"null",
    "invalid UTF-8": b'{"model": "\xff\xfe"}',
    "half a character": b'{"model": "\xe2\x82"}',
    "UTF-16": chat_body().decode().encode("utf-16"),
    "UTF-16 without a mark": chat_body().decode().encode("utf-16-le"),
    "UTF-32": chat_body().decode().encode("utf-32"),
    "byte order mark": b"\xef\xbb\xbf" + chat_body(),
    "nested lists": b"[" * 100_000,
    "nested objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "nested content": chat_body().replace(b'"hello"', b"[" * 1_000 + b"]" * 1_000),
    "not a number": chat_body()[:-1] + b', "temperature": NaN}',
    "infinity": chat_body()[:-1] + b', "temperature": -Infinity}',
    "too large a number": chat_body()[:-1] + b', "temperature": 1e999}',
    "gzip": gzip.compress(chat_body()),
    "a form": b"model=x&messages=y",
    "two values": chat_body() + chat_body(),
    "control characters": b'{"model": "a\x00b"}',
    "a million brackets": b'{"messages": [' + b"[]," * 300_000 + b"[]]}",
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("target", [CHAT, "/v1/messages", "/v1/messages/count_tokens"])
async def test_a_bad_body_is_a_400_in_the_callers_shape(target: str, name: str) -> None:
    async with serving() as live:
        answer = await live.request("POST", target, body=BODIES[name])
        health = await live.request()
    assert (answer.status, health.status) == (400, 200)
    assert answer.json["error"]["type"] == "invalid_request_error"
    assert live.engine.turns == []


SAID = b'{"role":"user","content":"x"}'
MANY: dict[str, tuple[str, bytes, str]] = {
    "chat messages": (CHAT, b'{"messages":[%s]}' % b",".join([SAID] * 20_001), "messages"),
    "chat tools": (
        CHAT,
        b'{"messages":[%s],"tools":[%s]}' % (SAID, b",".join([b'{"type":"function","function":{"name":"a"}}'] * 1_001)),
        "tools",
    ),
    "messages": ("/v1/messages", b'{"messages":[%s]}' % b",".join([SAID] * 100_001), "messages"),
    "messages' tools": (
        "/v1/messages",
        b'{"messages":[%s],"tools":[%s]}' % (SAID, b",".join([b'{"name":"a","input_schema":{}}'] * 2_001)),
        "tools",
    ),
    "responses' items": ("/v1/responses", b'{"input":[%s]}' % b",".join([SAID] * 20_001), "input"),
}


@pytest.mark.parametrize("name", MANY)
async def test_more_messages_or_tools_than_any_chat_has_are_a_400_that_names_them(name: str) -> None:
    target, body, param = MANY[name]
    async with serving() as live:
        answer = await live.request("POST", target, body=body)
    assert answer.status == 400
    assert answer.json["error"]["message"].startswith(f"{param}: expected array")
    assert live.engine.turns == []


async def test_a_form_never_reaches_a_parser() -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="messages"\r\n\r\nx\r\n--x--\r\n'
    async with serving() as live:
        answer = await live.request("POST", CHAT, ["Content-Type: multipart/form-data; boundary=x"], form)
    assert answer.status == 415
