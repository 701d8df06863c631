"""Names the program that holds a port, as far as the operating system and the program itself will say."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from typing import Protocol

import psutil

TIDEGATE = "Tidegate itself"
_PROBE_SECONDS = 1.0
_PROBE_BYTES = 64 * 1024


def describe_holder(port: int) -> str:
    """Words that complete "Port 3456 is taken by …"."""
    holder = _process(port) or "another program"
    product = product_at(port)
    return f"{holder}, which answers like {product}" if product else holder


class _Connection(Protocol):
    """What psutil says of a connection, asked of the system or of one process."""

    @property
    def laddr(self) -> tuple[object, ...]: ...

    @property
    def status(self) -> str: ...


def _process(port: int) -> str | None:
    """Name and process id of the listener; None where the system tells only administrators."""
    try:
        found = psutil.net_connections(kind="tcp")
    except (psutil.AccessDenied, PermissionError):  # macOS: only one's own processes may be asked, one by one
        return _own_process(port)
    for connection in found:
        if connection.pid and _listens(connection, port):
            with contextlib.suppress(psutil.Error):
                return _named(psutil.Process(connection.pid))
    return None


def _own_process(port: int) -> str | None:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, PermissionError):
            if any(_listens(connection, port) for connection in process.net_connections(kind="tcp")):
                return _named(process)
    return None


def _listens(connection: _Connection, port: int) -> bool:
    return connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:] == (port,)


def _named(process: psutil.Process) -> str:
    name = "".join(letter for letter in process.name() if letter.isprintable())
    return f"{name} (process {process.pid})"


def product_at(port: int) -> str | None:
    """Which proxy answers there on this computer, if any, judged by the shape of its /health."""
    try:
        answer = json.loads(_health(port))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    provider = str(answer.get("provider", ""))
    for looks_like, product in (
        (provider == "tidegate", TIDEGATE),
        (provider == "claude-agent-sdk", "mobygate, another Claude proxy"),
        ({"subscription", "tokenValid"} <= answer.keys(), "claude-max-proxy, another Claude proxy"),
        ({"authenticated", "activeSessions"} <= answer.keys(), "claude-ws-proxy, another Claude proxy"),
        (provider.startswith("claude"), "another Claude proxy"),
    ):
        if looks_like:
            return product
    return None


def _health(port: int) -> bytes:
    """The body of GET /health, read by hand so that the limit holds for the whole of it, not for each read."""
    until = time.monotonic() + _PROBE_SECONDS
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=_PROBE_SECONDS) as caller:
        caller.sendall(b"GET /health HTTP/1.0\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % port)
        while len(answer) < _PROBE_BYTES and (left := until - time.monotonic()) > 0:
            caller.settimeout(left)
            piece = caller.recv(_PROBE_BYTES)
            if not piece:
                break
            answer += piece
    return answer.partition(b"\r\n\r\n")[2]
