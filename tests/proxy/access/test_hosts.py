"""Under which names Tidegate is answered: a name that somebody pointed here is none of them."""

from __future__ import annotations

import pytest

from app.proxy.admission import AccessRules, Admitted, Refusal, admit
from app.proxy.request_head import RequestHead
from tests.fakes import one_key
from tests.proxy.access.entry import RULES, reasons
from tests.proxy.live import KEY, serving


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
