"""Sends what an app would send, through the real server, and says what came of it."""

from __future__ import annotations

import http.client
import json
from contextlib import closing

import msgspec

from app.ui.apps.card import KEY_MARK, App, Ask
from app.ui.apps.verdict import Finding, Heard, finding

_PATIENCE_SECONDS = 150.0
_MOST_BYTES = 4 << 20


class Step(msgspec.Struct, frozen=True):
    ok: bool
    sentence: str
    """What was tried."""
    detail: str
    """What came of it."""


class Verdict(msgspec.Struct, frozen=True):
    ok: bool
    sentence: str
    detail: str | None
    """For whoever wants to know exactly: the request that failed. No key."""
    steps: tuple[Step, ...]


def tried(app: App, address: str, key: str) -> Verdict:
    """Send the requests in their order until one fails. Takes as long as the answers; not for the loop's thread."""
    steps: list[Step] = []
    for ask in app.asks:
        try:
            found = finding(ask, _sent(ask, address, key))
        except (OSError, http.client.HTTPException) as error:
            found = Finding(ok=False, sentence=f"No answer from {address}: {type(error).__name__}.")
        steps.append(Step(found.ok, ask.sentence, found.sentence))
        if not found.ok:
            return Verdict(ok=False, sentence=found.sentence, detail=_shown(ask, address), steps=tuple(steps))
    sentence = f"{app.name} is answered. Enter the fields there as they stand here."
    return Verdict(ok=True, sentence=sentence, detail=None, steps=tuple(steps))


def _sent(ask: Ask, address: str, key: str) -> Heard:
    headers = {name: value.replace(KEY_MARK, key) for name, value in ask.headers}
    body = None if ask.body is None else json.dumps(ask.body).encode()
    host = address.removeprefix("http://")
    with closing(http.client.HTTPConnection(host, timeout=_PATIENCE_SECONDS)) as connection:
        connection.request(ask.method, ask.path, body, headers)
        answer = connection.getresponse()
        return Heard(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read(_MOST_BYTES)
        )


def _shown(ask: Ask, address: str) -> str:
    lines = [f"{ask.method} {address}{ask.path}", *(f"{name}: {value}" for name, value in ask.headers)]
    if ask.body is not None:
        lines += ["", json.dumps(ask.body, indent=2, ensure_ascii=False)]
    return "\n".join(lines)
