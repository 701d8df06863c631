"""This program as a child process that knows nothing of the person who started it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

KEY = "tg-self-test"
_START_SECONDS = 60.0
_END_SECONDS = 30.0
_KEPT_FROM_OUTSIDE = (
    "PATH",
    "LANG",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "TEMP",
    "TMP",
    "TMPDIR",
)


def command() -> list[str]:
    """Starts this program again."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]


@contextmanager
def serving(engine: str, home: Path, more: Mapping[str, str] | None = None) -> Iterator[str]:
    """A Tidegate that answers at the given address, until the end of the block."""
    home.mkdir(parents=True)
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with (home / "output").open("wb") as output:
        # Not over its standard output: a Windows program without a console has none.
        child = subprocess.Popen(  # noqa: S603 - this program itself
            [*command(), "serve", "--port", str(port), "--engine", engine],
            env=_environment(home) | dict(more or {}),
            cwd=home if getattr(sys, "frozen", False) else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _await_health(child, address, home / "output")
        yield address
    finally:
        child.terminate()
        try:
            child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.upper() in _KEPT_FROM_OUTSIDE}
    return kept | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TIDEGATE_HOME": str(home / "state"),
        "TIDEGATE_API_KEY": KEY,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",  # never the person's own keyring
        "CLAUDE_CONFIG_DIR": str(home / "claude"),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }


def _await_health(child: subprocess.Popen[bytes], address: str, output: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while child.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):  # noqa: S310 - our own address
                return
        except urllib.error.HTTPError:
            raise
        except (OSError, HTTPException):  # a port that nobody has yet may even answer itself
            time.sleep(0.01)
    said = output.read_text("utf-8", "replace").strip().splitlines()[-1:]
    raise RuntimeError(f"Tidegate did not start: {' '.join(said) or 'it said nothing'}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
