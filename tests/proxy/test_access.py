"""Who gets in: every rule of the guard, against a running server and, where no server would pass it on, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.core.app_keys import AppKeys
from app.core.bus import Bus
from app.core.events import ExchangeStarted, RequestRefused
from app.proxy.access import Guard
from app.proxy.admission import AccessRules, Admitted, Refusal, admit
from app.proxy.origins import Origins
from app.proxy.request_head import RequestHead
from tests.fakes import one_key
from tests.proxy.live import KEY, PAGE, Live, chat_body, serving

CHAT = "/v1/chat/completions"
RULES = AccessRules(3456, one_key(KEY, "test"), frozenset({PAGE}))
CORS = "access-control-"


def reasons(live: Live) -> list[str]:
    return [event.reason for event in live.events if isinstance(event, RequestRefused)]


def cors_headers(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [header for header in headers if header[0].startswith(CORS)]


# Host


@pytest.mark.parametrize("name", ["localhost", "LocalHost", "127.0.0.1", "[::1]"])
async def test_loopback_names_are_answered_with_the_own_port_or_none(name: str) -> None:
    async with serving() as live:
        answers = [await live.request(host=host) for host in (name, f"{name}:{live.port}")]
    assert [answer.status for answer in answers] == [200, 200]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "localhost.evil.example:{port}",
        "127.0.0.1.nip.example",
        "localhost:1",
        "localhost:",
        "localhost.",
        "127.0.0.2",
        "127.1",
        "0.0.0.0",
        "2130706433",
        "[::]",
        "::1",
        "[::ffff:127.0.0.1]",
        "user@localhost",
        "localhost,evil.example",
        "192.168.1.2:{port}",
    ],
)
async def test_any_other_host_is_misdirected_and_told_what_to_enter(host: str) -> None:
    async with serving() as live:
        answer = await live.request(host=host.format(port=live.port))
    assert answer.status == 421
    assert f"http://127.0.0.1:{live.port}" in answer.json["error"]["message"]
    assert reasons(live) == ["host"]


async def test_http_1_0_must_name_a_host_too() -> None:
    async with serving() as live:
        without = await live.send(b"GET /health HTTP/1.0\r\n\r\n")
        foreign = await live.send(b"GET /health HTTP/1.0\r\nHost: evil.example\r\n\r\n")
        named = await live.send(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert [without.status, foreign.status, named.status] == [421, 421, 200]


async def test_two_hosts_or_none_are_refused() -> None:
    async with serving() as live:
        two = await live.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
        none = await live.send(b"GET /health HTTP/1.1\r\n\r\n")
        two_in_1_0 = await live.send(b"GET /health HTTP/1.0\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
    assert [two.status, none.status, two_in_1_0.status] == [400, 400, 400]


@pytest.mark.parametrize("hosts", [[], [b"localhost", b"localhost"], [b"localhost", b"evil.example"], [b"\xff"], [b""]])
def test_the_guard_itself_wants_exactly_one_host(hosts: list[bytes]) -> None:
    head = RequestHead("GET", "/health", b"/health", "1.1", tuple((b"host", host) for host in hosts))
    verdict = admit(head, RULES)
    assert isinstance(verdict, Refusal)
    assert (verdict.reason, verdict.status) == ("host", 421)


@pytest.mark.parametrize("target", ["http://evil.example/health", "http://127.0.0.1/health", "ftp://x/"])
async def test_tidegate_is_not_a_web_proxy(target: str) -> None:
    async with serving() as live:
        answer = await live.request(target=target)
    assert answer.status == 421
    assert "web proxy" in answer.json["error"]["message"]


@pytest.mark.parametrize("target", ["?x", "health", "*", "localhost:443"])
async def test_a_target_without_a_path_is_a_bad_request(target: str) -> None:
    async with serving() as live:
        answers = [await live.request(method, target) for method in ("GET", "OPTIONS", "CONNECT")]
    assert [answer.status for answer in answers] == [400, 400, 400]


def head_of(host: str, local_address: str) -> RequestHead:
    return RequestHead("GET", "/health", b"/health", "1.1", ((b"host", host.encode()),), local_address)


@pytest.mark.parametrize("port", ["", ":3456"])
@pytest.mark.parametrize(
    ("host", "local_address"),
    [
        ("192.168.1.5", "192.168.1.5"),
        ("[fd00::5]", "fd00::5"),
        ("[FD00::5]", "fd00::5"),
        ("[fe80::5]", "fe80::5%eth0"),
        ("tidegate.lan", "192.168.1.5"),
        ("Tidegate.LAN", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_beyond_this_computer_the_called_address_and_given_names_are_answered(
    host: str, local_address: str, port: str
) -> None:
    rules = AccessRules(3456, one_key(KEY), allowed_hosts=frozenset({"tidegate.lan"}), beyond_loopback=True)
    assert admit(head_of(host + port, local_address), rules) == Admitted("")


@pytest.mark.parametrize(
    ("host", "local_address"),
    [
        ("evil.example", "192.168.1.5"),
        ("192.168.1.6", "192.168.1.5"),
        ("192.168.1.5", "127.0.0.1"),
        ("192.168.1.5:80", "192.168.1.5"),
        ("192.168.1.5.nip.example", "192.168.1.5"),
        ("tidegate.lan.evil.example", "192.168.1.5"),
        ("x.tidegate.lan", "192.168.1.5"),
        ("fd00::5", "fd00::5"),
        ("0.0.0.0", "192.168.1.5"),
        ("", ""),
    ],
)
def test_beyond_this_computer_a_name_that_was_pointed_here_is_still_refused(host: str, local_address: str) -> None:
    rules = AccessRules(3456, one_key(KEY), allowed_hosts=frozenset({"tidegate.lan"}), beyond_loopback=True)
    verdict = admit(head_of(host, local_address), rules)
    assert isinstance(verdict, Refusal)
    assert (verdict.reason, verdict.status) == ("host", 421)


def test_on_this_computer_only_a_given_name_is_answered_and_an_address_is_not() -> None:
    rules = AccessRules(3456, one_key(KEY), allowed_hosts=frozenset({"host.docker.internal"}))
    assert admit(head_of("host.docker.internal:3456", "127.0.0.1"), rules) == Admitted("")
    assert isinstance(admit(head_of("192.168.1.5:3456", "192.168.1.5"), rules), Refusal)


# Origin


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


# Browser chat apps


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
                "anthropic-dangerous-direct-browser-access, http-referer, x-title, x-session-id, "
                "x-stainless-retry-count, openai-organization"
            ),
        ),
        ("access-control-allow-methods", "GET, HEAD, POST, DELETE"),
        ("access-control-allow-origin", PAGE),
        ("access-control-allow-private-network", "true"),
        ("access-control-expose-headers", "x-request-id, retry-after, x-session-id, x-tidegate-ignored"),
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


# Key


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


# Form of the request


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


# What every answer carries


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


# Scopes a server might pass on


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
    rules = AccessRules(3456, keys.check, keyless_paths=frozenset({"/api/tags"}))
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
