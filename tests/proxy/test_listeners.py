"""Taking a port, and saying who has it."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from app.core.errors import PortTaken, UsageError
from app.proxy.listeners import host_literal, machine_addresses, next_free_port, open_listeners, plan

HAS_V6 = socket.has_ipv6


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def test_a_free_port_is_taken_on_both_loopback_addresses() -> None:
    with open_listeners("127.0.0.1", 0) as listeners:
        names = [listener.getsockname()[:2] for listener in listeners.sockets]
        assert names[0] == ("127.0.0.1", listeners.port)
        assert names[1:] in ([("::1", listeners.port)], [])
        assert listeners.address == f"http://127.0.0.1:{listeners.port}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "::1", "[::1]"])
def test_every_loopback_name_means_both(host: str) -> None:
    with open_listeners(host, 0) as named, open_listeners("127.0.0.1", 0) as plain:
        assert [each.family for each in named.sockets] == [each.family for each in plain.sockets]


def test_no_socket_reaches_a_child_process() -> None:
    with open_listeners("localhost", 0) as listeners:
        assert [listener.get_inheritable() for listener in listeners.sockets] == [False] * len(listeners.sockets)


def test_a_closed_port_can_be_taken_again_at_once() -> None:
    with open_listeners("localhost", 0) as listeners, socket.create_connection(("127.0.0.1", listeners.port)) as caller:
        accepted, _ = listeners.sockets[0].accept()
        accepted.close()  # the side that closes first keeps the port in TIME_WAIT
        assert caller.recv(1) == b""
    with open_listeners("localhost", listeners.port) as again:
        assert again.port == listeners.port
    listeners.close()


@pytest.mark.parametrize(
    ("host", "addresses", "beyond"),
    [
        ("localhost", ("127.0.0.1", "::1"), None),
        ("192.168.1.5", ("127.0.0.1", "::1", "192.168.1.5"), "192.168.1.5"),
        ("[fd00::5]", ("127.0.0.1", "::1", "fd00::5"), "fd00::5"),
        ("0.0.0.0", ("0.0.0.0", "::"), "0.0.0.0"),
        ("::", ("0.0.0.0", "::"), "::"),
    ],
)
def test_who_listens_for_the_network_listens_for_this_computer_too(
    host: str, addresses: tuple[str, ...], beyond: str | None
) -> None:
    assert plan(host) == (addresses, beyond)


@pytest.mark.parametrize("host", ["example.com", "127.0.0.2", "127.1", "224.0.0.1", "fe80::1", "*", ""])
def test_a_host_that_is_no_address_of_a_network_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match=r"use 127\.0\.0\.1 for this computer only"):
        open_listeners(host, 0)


def test_an_address_of_another_computer_is_refused_and_nothing_stays_open() -> None:
    with pytest.raises(UsageError, match="this computer has no such address"):
        open_listeners("192.0.2.1", 0)  # an address for documentation, which nobody has


def test_addresses_stand_in_urls_as_they_must() -> None:
    assert [host_literal(address) for address in ("192.168.1.5", "fd00::5")] == ["192.168.1.5", "[fd00::5]"]
    assert not {"127.0.0.1", "::1"} & set(machine_addresses())


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_number_that_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(UsageError, match="There is no port"):
        open_listeners("localhost", port)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="this user may listen on port 1")
def test_a_port_that_needs_rights_says_so() -> None:
    with pytest.raises(UsageError, match="administrator rights"):
        open_listeners("localhost", 1)


def test_rights_that_are_missing_are_told_apart_from_a_taken_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "bind", refusing(errno.EACCES))
    with pytest.raises(UsageError, match="administrator rights") as refused:
        open_listeners("localhost", 0)
    assert not isinstance(refused.value, PortTaken)


def test_a_machine_without_ipv6_listens_on_the_other_address(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.bind

    def bind(self: socket.socket, address: tuple[str, int]) -> None:
        if self.family == socket.AF_INET6:
            raise OSError(errno.EADDRNOTAVAIL, "no IPv6 here")
        real(self, address)

    monkeypatch.setattr(socket.socket, "bind", bind)
    with open_listeners("localhost", 0) as listeners:
        assert [each.family for each in listeners.sockets] == [socket.AF_INET]


def refusing(number: int) -> object:
    def bind(self: socket.socket, address: tuple[str, int]) -> None:
        raise PermissionError(number, "refused")

    return bind


# A taken port


def test_the_sentence_names_the_process_and_the_next_free_port() -> None:
    holder = (
        "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            with pytest.raises(PortTaken) as taken:
                open_listeners("127.0.0.1", port)
        finally:
            process.communicate(b"\n")
    sentence = str(taken.value)
    assert f"Port {port} is taken by python" in sentence
    assert f"(process {process.pid})" in sentence
    assert f"next free port, {next_after(sentence)}." in sentence
    assert port < next_after(sentence) <= port + 50
    assert sentence.count(". ") == 0
    assert "answers like" not in sentence


def next_after(sentence: str) -> int:
    return int(sentence.rpartition(", ")[2].rstrip("."))


def test_a_port_held_on_the_ipv6_side_alone_is_taken() -> None:
    if not HAS_V6:
        pytest.skip("no IPv6 here")
    with closing(socket.create_server(("::1", 0), family=socket.AF_INET6)) as holder:
        with pytest.raises(PortTaken):
            open_listeners("127.0.0.1", port_of(holder))
        with closing(socket.create_server(("127.0.0.1", port_of(holder)))):
            pass  # what was taken before the refusal was given back


def test_a_port_held_on_all_addresses_is_taken() -> None:
    with closing(socket.create_server(("0.0.0.0", 0))) as holder, pytest.raises(PortTaken):
        open_listeners("127.0.0.1", port_of(holder))


def test_two_tidegates_do_not_share_a_port() -> None:
    with open_listeners("localhost", 0) as first, pytest.raises(PortTaken):
        open_listeners("localhost", first.port)


def test_the_next_free_port_is_free_on_both_addresses() -> None:
    with open_listeners("localhost", 0) as first:
        free = next_free_port(first.port)
        assert free is not None
        with open_listeners("localhost", free):
            assert free > first.port


def test_above_the_last_port_there_is_none() -> None:
    assert next_free_port(65_535) is None


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    """A holder of a port whose /health says `body`."""
    over = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as holder:

        def answer() -> None:
            while not over.is_set():
                caller, _ = holder.accept()
                with caller:
                    if caller.recv(1024).startswith(b"GET /health HTTP/1.0"):
                        caller.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield port_of(holder)
        finally:
            over.set()
            socket.create_connection(("127.0.0.1", port_of(holder))).close()
            thread.join()


@pytest.mark.parametrize(
    ("health", "product"),
    [
        ({"status": "ok", "provider": "tidegate"}, "Tidegate itself"),
        ({"status": "ok", "provider": "claude-agent-sdk", "activeSessions": 0, "sessionTtlMs": 1}, "mobygate"),
        ({"status": "ok", "version": "1", "subscription": "max", "tokenValid": True}, "claude-max-proxy"),
        ({"status": "ok", "version": "1", "authenticated": True, "activeSessions": 0}, "claude-ws-proxy"),
        ({"status": "ok", "provider": "claude-code-cli"}, "another Claude proxy"),
    ],
)
def test_a_claude_proxy_in_the_way_is_recognised(health: dict[str, object], product: str) -> None:
    with answering(json.dumps(health).encode()) as port, pytest.raises(PortTaken, match=f"answers like {product}"):
        open_listeners("127.0.0.1", port)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"status": "ok"}', b"[" * 60_000, b"\xff" * 100, b'{"provider": ["tidegate"]}']
)
def test_anything_else_is_just_another_program(body: bytes) -> None:
    with answering(body) as port, pytest.raises(PortTaken) as taken:
        open_listeners("127.0.0.1", port)
    assert "answers like" not in str(taken.value)


def test_a_holder_that_never_answers_does_not_keep_tidegate_waiting() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as holder, pytest.raises(PortTaken) as taken:
        open_listeners("127.0.0.1", port_of(holder))
    assert "answers like" not in str(taken.value)
