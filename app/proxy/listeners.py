"""Opens the sockets Tidegate listens on, and says who is in the way when it can't."""

from __future__ import annotations

import errno
import ipaddress
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
_ALL = {"0.0.0.0": ("0.0.0.0", "::"), "::": ("0.0.0.0", "::")}  # noqa: S104  asked for by a setting, and announced
_NO_SUCH_ADDRESS = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}


class Listeners:
    """The open sockets, all on one port; lives until `close()`. None of them reaches a child process."""

    def __init__(self, sockets: tuple[socket.socket, ...], *, beyond: str | None = None) -> None:
        """`beyond`: the host that other machines reach it on; None when none does."""
        self.sockets = sockets
        self.port: int = sockets[0].getsockname()[1]
        self.address = f"http://{_V4}:{self.port}"
        """For apps on this computer."""
        self.beyond = beyond

    @property
    def addresses_beyond(self) -> tuple[str, ...]:
        """Where other machines reach it; empty when none does."""
        if self.beyond is None:
            return ()
        hosts = machine_addresses() if self.beyond in _ALL else (self.beyond,)
        return tuple(f"http://{host_literal(host)}:{self.port}" for host in hosts)

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
    """Listen on both loopback addresses, and on `host` when that is another one; port 0 takes one that is free on all.

    Both, because an app that says `localhost` may mean either, and another program could take the other one and
    collect keys. Raises PortTaken naming the holder, UsageError for a host or a port that can't be had.
    """
    addresses, beyond = plan(host)
    if not 0 <= port <= 65_535:
        raise UsageError(f"There is no port {port}: choose one between 1024 and 65535, or 0 for any free one.")
    try:
        return Listeners(_on_any_port(addresses) if port == 0 else _on(addresses, port), beyond=beyond)
    except PermissionError as error:
        if sys.platform != "win32":
            raise UsageError(f"Port {port} needs administrator rights: choose one above 1023.") from error
        raise _taken(port) from error  # Windows says so when another program holds the port exclusively
    except OSError as error:
        if error.errno in _NO_SUCH_ADDRESS and beyond:
            raise UsageError(f"Tidegate can't listen on {host}: this computer has no such address.") from error
        if error.errno != errno.EADDRINUSE:
            raise UsageError(f"Tidegate can't listen on port {port}: {error.strerror}. Choose another port.") from error
        raise _taken(port) from error


def plan(host: str) -> tuple[tuple[str, ...], str | None]:
    """The addresses to listen on, and the one of them that other machines reach; raises UsageError for another name.

    Whoever listens on one address of the network listens on loopback too, for the apps on this computer.
    """
    if host.lower() in LOOPBACK_NAMES:
        return (_V4, _V6), None
    address = _address(host)
    return _ALL.get(address, (_V4, _V6, address)), address


def next_free_port(port: int) -> int | None:
    """The first port above `port` that is free on both loopback addresses just now."""
    for candidate in range(port + 1, min(port + _PORTS_TRIED, 65_535) + 1):
        try:
            _close(_on((_V4, _V6), candidate))
        except OSError:
            continue
        return candidate
    return None


def _taken(port: int) -> PortTaken:
    free = next_free_port(port)
    instead = f"use the next free port, {free}" if free else "choose another port"
    return PortTaken(f"Port {port} is taken by {describe_holder(port)}: stop it, or {instead}.")


def machine_addresses() -> tuple[str, ...]:
    """The addresses of this computer that others may reach it on, IPv4 first."""
    import psutil  # noqa: PLC0415  only who listens beyond this computer needs it

    found = [
        ipaddress.ip_address(address.address.partition("%")[0])
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in (socket.AF_INET, socket.AF_INET6)
    ]
    reachable = [address for address in found if not address.is_loopback and not address.is_link_local]
    return tuple(str(address) for address in sorted(reachable, key=lambda address: (address.version, str(address))))


def host_literal(address: str) -> str:
    """The address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address


def _address(host: str) -> str:
    try:
        found = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        found = None
    if found is None or found.is_loopback or found.is_multicast or found.is_link_local:
        raise UsageError(
            f"Tidegate can't listen on {host}: use 127.0.0.1 for this computer only, an address of this computer, "
            "or 0.0.0.0 for all of them."
        )
    return str(found)


def _on_any_port(addresses: tuple[str, ...]) -> tuple[socket.socket, ...]:
    """The system picks a port for the first address; on the others it may be taken, so try again."""
    for _ in range(_PORTS_TRIED):
        first = _listen(addresses[0], 0)
        try:
            return (first, *_on(addresses[1:], first.getsockname()[1], needed=addresses[2:]))
        except OSError as error:
            first.close()
            if error.errno != errno.EADDRINUSE:
                raise
    raise UsageError("No port is free on all addresses. Close some programs and try again.")


def _on(addresses: tuple[str, ...], port: int, *, needed: tuple[str, ...] | None = None) -> tuple[socket.socket, ...]:
    """A socket on each; a machine without IPv6 has no second one. `needed`: those that must not be left out."""
    needed = (addresses[0], *addresses[2:]) if needed is None else needed
    opened: list[socket.socket] = []
    try:
        for address in addresses:
            if ":" in address and not socket.has_ipv6 and address not in needed:
                continue
            try:
                opened.append(_listen(address, port))
            except OSError as error:
                if address in needed or error.errno not in _NO_SUCH_ADDRESS:
                    raise
    except BaseException:
        _close(tuple(opened))
        raise
    return tuple(opened)


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
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
