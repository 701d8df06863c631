"""What another server might pass on, said to the guard by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.core.app_keys import AppKeys
from app.core.bus import Bus
from app.proxy.access import Guard
from app.proxy.admission import AccessRules, Admitted, Refusal, admit
from app.proxy.request_head import RequestHead
from tests.proxy.access.entry import RULES
from tests.proxy.live import KEY


def guard(*, fails: bool = False) -> Guard:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if fails:
            raise RuntimeError("secret text")
        await send({"type": "passed on"})

    return Guard(app, RULES, Bus(), lambda path, headers, fault, request_id: fault.message.encode())


async def said_by(guard: Guard, scope: dict[str, Any]) -> list[Any]:
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        said.append(message)

    await guard(scope, receive, send)
    return said


LOCAL = {"path": "/health", "raw_path": b"/health", "method": "GET", "headers": [(b"Host", b"localhost")]}


async def test_a_websocket_is_closed_where_the_server_can_send_no_answer() -> None:
    said = await said_by(guard(), {"type": "websocket", "http_version": "1.1", **LOCAL})
    assert said == [{"type": "websocket.close", "code": 1008}]


async def test_kinds_of_connections_nobody_thought_of_are_refused() -> None:
    with pytest.raises(ValueError, match="webtransport"):
        await said_by(guard(), {"type": "webtransport", "http_version": "3", **LOCAL})


@pytest.mark.parametrize("version", ["2", "2.0", "3", "0.9", "1"])
async def test_other_versions_of_http_are_refused(version: str) -> None:
    said = await said_by(guard(), {"type": "http", "http_version": version, **LOCAL})
    assert said[0]["status"] == 505


async def test_what_the_server_itself_says_is_passed_on() -> None:
    assert await said_by(guard(), {"type": "lifespan"}) == [{"type": "passed on"}]


async def test_a_failure_outside_every_route_is_a_500_without_details() -> None:
    said = await said_by(guard(fails=True), {"type": "http", "http_version": "1.1", **LOCAL})
    assert said[0]["status"] == 500
    assert b"secret" not in said[1]["body"]


@pytest.mark.parametrize("any_key", [False, True])
def test_where_any_key_would_do_a_keyless_path_needs_none(tmp_path: Path, any_key: bool) -> None:
    keys = AppKeys(tmp_path / "keys.json", KEY, any_key=any_key)
    rules = AccessRules(3456, keys.check, ollama_paths=frozenset({"/api/tags"}))
    host = (b"host", b"localhost")

    def verdict(path: str, *headers: tuple[bytes, bytes]) -> object:
        return admit(RequestHead("GET", path, path.encode(), "1.1", (host, *headers)), rules)

    keyless = verdict("/api/tags")
    assert keyless == Admitted("any") if any_key else isinstance(keyless, Refusal)
    assert verdict("/api/tags", (b"x-api-key", KEY.encode())) == Admitted("default")
    assert isinstance(verdict("/v1/models"), Refusal)
    assert isinstance(verdict("/api/tags", (b"origin", b"https://evil.example")), Refusal)
    assert isinstance(verdict("/api/tags", (b"sec-fetch-site", b"cross-site")), Refusal)


def test_an_open_path_has_no_key_name() -> None:
    head = RequestHead("GET", "/health", b"/health", "1.1", ((b"host", b"localhost:3456"),))
    assert admit(head, RULES) == Admitted("")
