"""Opens the sockets Tidegate listens on, and says who is in the way when it can't."""

from __future__ import annotations

import errno
import socket
import sys
from types import TracebackType
from typing import Final, Self

from app.core.errors import PortTaken, UsageError
from app.proxy.port_holder import describe_holder

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
_PORTS_TRIED = 50
_BACKLOG = 256
_V4, _V6 = "127.0.0.1", "::1"
_NO_SUCH_ADDRESS = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}


class Listeners:
    """The open sockets, both on one port; lives until `close()`. None of them reaches a child process."""

    def __init__(self, sockets: tuple[socket.socket, ...]) -> None:
        self.sockets = sockets
        self.port: int = sockets[0].getsockname()[1]
        self.address = f"http://{_V4}:{self.port}"

    def close(self) -> None:
        """Give the port back; safe to call twice."""
        _close(self.sockets)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_listeners(host: str, port: int) -> Listeners:
    """Listen on both loopback addresses; port 0 takes one that is free on both.

    Both, because an app that says `localhost` may mean either, and another program could take the other one and
    collect keys. Raises PortTaken naming the holder, UsageError for a host or a port that can't be had.
    """
    if host.lower() not in LOOPBACK_NAMES:
        raise UsageError(
            f"Tidegate can't listen on {host}: it serves only this computer for now, so use 127.0.0.1 as the host."
        )
    if not 0 <= port <= 65_535:
        raise UsageError(f"There is no port {port}: choose one between 1024 and 65535, or 0 for any free one.")
    try:
        return Listeners(_any_pair() if port == 0 else _pair(port))
    except PermissionError as error:
        if sys.platform != "win32":
            raise UsageError(f"Port {port} needs administrator rights: choose one above 1023.") from error
        raise _taken(port) from error  # Windows says so when another program holds the port exclusively
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise UsageError(f"Tidegate can't listen on port {port}: {error.strerror}. Choose another port.") from error
        raise _taken(port) from error


def next_free_port(port: int) -> int | None:
    """The first port above `port` that is free on both loopback addresses just now."""
    for candidate in range(port + 1, min(port + _PORTS_TRIED, 65_535) + 1):
        try:
            _close(_pair(candidate))
        except OSError:
            continue
        return candidate
    return None


def _taken(port: int) -> PortTaken:
    free = next_free_port(port)
    instead = f"use the next free port, {free}" if free else "choose another port"
    return PortTaken(f"Port {port} is taken by {describe_holder(port)}: stop it, or {instead}.")


def _any_pair() -> tuple[socket.socket, ...]:
    """The system picks a port for one address; the other may be taken, so try again."""
    for _ in range(_PORTS_TRIED):
        first = _listen(_V4, 0)
        try:
            return (first, *_second(first.getsockname()[1]))
        except OSError as error:
            first.close()
            if error.errno != errno.EADDRINUSE:
                raise
    raise UsageError("No port is free on both loopback addresses. Close some programs and try again.")


def _pair(port: int) -> tuple[socket.socket, ...]:
    first = _listen(_V4, port)
    try:
        return (first, *_second(port))
    except OSError:
        first.close()
        raise


def _second(port: int) -> tuple[socket.socket, ...]:
    """The IPv6 twin; none on a machine without IPv6."""
    if not socket.has_ipv6:
        return ()
    try:
        return (_listen(_V6, port),)
    except OSError as error:
        if error.errno in _NO_SUCH_ADDRESS:
            return ()
        raise


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if address == _V6 else socket.AF_INET
    if port and sys.platform != "win32":
        _refuse_if_answered(family, address, port)
    listener = socket.socket(family, socket.SOCK_STREAM)  # not inheritable, as Python makes them
    try:
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(_BACKLOG)  # at once: until then Linux lets a second program bind the same port
    except OSError:
        listener.close()
        raise
    return listener


def _refuse_if_answered(family: socket.AddressFamily, address: str, port: int) -> None:
    """macOS lets us bind 127.0.0.1 beside a program that holds the port on all addresses: don't take its callers."""
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(0.5)
        try:
            caller.connect((address, port))
        except OSError:
            return
        if caller.getsockname() != caller.getpeername():  # else it met itself: a free port may be its own answer
            raise OSError(errno.EADDRINUSE, "another program answers there")


def _close(sockets: tuple[socket.socket, ...]) -> None:
    for each in sockets:
        each.close()
