"""Asks the running program, over the control address that only its own person can use."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from app.core.control_file import Control, read_control
from app.core.errors import TidegateError
from app.core.instance import Instance
from app.core.paths import Paths

_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 180.0
"""A sign-in that waits for a code, or an answer to a probe, takes its time."""
_AT_ONCE = frozenset({"status", "pause", "resume", "restart", "quit", "dashboard", "show"})
_AT_ONCE_SECONDS = 10.0
"""What these take is a few milliseconds, and a moment on a computer that is busy or has a slow disk."""
_PATIENCE_SECONDS = 15.0
"""One that starts, or begins anew, answers within this; one that can't serve goes on trying for longer."""
_POLL_SECONDS = 0.1


class NotRunning(TidegateError):
    """There is no running program to ask."""

    exit_code = 3


class Hangs(NotRunning):
    """It runs and listens, but does not answer."""


class Refused(TidegateError):
    """The running program answered with an error."""


class Answer(msgspec.Struct, frozen=True):
    ok: bool
    sentence: str
    more: Mapping[str, Any]
    """Everything the running program said."""


def ask(paths: Paths, command: str, **arguments: object) -> Answer:
    """Give a command to the running program, as soon as it listens; raises NotRunning or Refused."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return ask_now(paths, command, **arguments)
        except Hangs:
            raise
        except NotRunning:
            if not Instance(paths).is_taken():
                raise
            if time.monotonic() > end:
                raise NotRunning("Tidegate runs, but does not serve just now. `tidegate logs` says why.") from None
        time.sleep(_POLL_SECONDS)


def ask_now(paths: Paths, command: str, **arguments: object) -> Answer:
    """The same without waiting for one that only starts."""
    control = read_control(paths.control)
    if control is None or not Instance(paths).is_taken():  # a killed one leaves its file, and its port to others
        raise NotRunning("Tidegate is not running. Start it with `tidegate`.")
    seconds = _AT_ONCE_SECONDS if command in _AT_ONCE else _ANSWER_SECONDS
    try:
        status, said = _post(control, f"/control/{command}", arguments, seconds)
    except TimeoutError as error:
        raise Hangs("Tidegate runs, but does not answer. If it goes on, end it and start it again.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotRunning("Tidegate is not running, or does not answer. Start it with `tidegate`.") from error
    if status == 503:
        raise NotRunning(_sentence(said) or "Tidegate is closing. Try again in a moment.")
    if status != 200 or not isinstance(said, dict):
        raise Refused(_sentence(said) or f"Tidegate refused that ({status}).")
    return Answer(bool(said.get("ok", True)), str(said.get("sentence", "")), said)


def _post(control: Control, path: str, body: Mapping[str, object], seconds: float) -> tuple[int, object]:
    connection = http.client.HTTPConnection("127.0.0.1", control.port, timeout=_CONNECT_SECONDS)
    headers = {"Authorization": f"Bearer {control.secret}", "Content-Type": "application/json"}
    try:
        connection.connect()
        connection.sock.settimeout(seconds)
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def _sentence(said: object) -> str:
    match said:
        case {"sentence": str(words)} | {"error": {"message": str(words)}} | {"message": str(words)}:
            return words
        case _:
            return ""
