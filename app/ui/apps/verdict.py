"""What an answer to a test's request means: whether the app would be content with it, and in words why not. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

import msgspec

from app.ui.apps.card import Ask, Expected


class Heard(msgspec.Struct, frozen=True):
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Finding(msgspec.Struct, frozen=True):
    ok: bool
    sentence: str
    """What came of it, for a person; of a success only a few words."""


def finding(ask: Ask, heard: Heard) -> Finding:
    """Whether the app would be content."""
    if ask.expects == "absent":
        return _absent(ask, heard)
    if ask.expects == "permission":
        return _permission(ask, heard)
    if heard.status != 200:
        return Finding(ok=False, sentence=_told(heard.body) or f"Tidegate answered with status {heard.status}.")
    try:
        return _READ[ask.expects](heard.body)
    except (ValueError, LookupError, TypeError, AttributeError):
        return Finding(ok=False, sentence="The answer doesn't have the shape that this app expects.")


def _absent(ask: Ask, heard: Heard) -> Finding:
    if heard.status in (404, 405):
        return Finding(ok=True, sentence=f"{ask.path} is not there, as it should be")
    return Finding(
        ok=False,
        sentence=f"Tidegate serves {ask.path}, by which this app takes it for another program. Switch Ollama's "
        "interface off in Settings, Server.",
    )


def _permission(ask: Ask, heard: Heard) -> Finding:
    origin = dict(ask.headers)["Origin"]
    if heard.status < 300 and heard.headers.get("access-control-allow-origin") == origin:
        return Finding(ok=True, sentence=f"{origin} is allowed")
    return Finding(
        ok=False, sentence=f"Tidegate doesn't answer {origin} yet. Allow it in Settings, Web pages, and test again."
    )


def _models(body: bytes) -> Finding:
    count = len([model["id"] for model in json.loads(body)["data"]])
    return Finding(ok=count > 0, sentence=f"{count} models" if count else "The list of models is empty.")


def _reply(body: bytes) -> Finding:
    return _said(json.loads(body)["choices"][0]["message"]["content"])


def _chunks(body: bytes) -> Finding:
    events = list(_data(body))
    if not events or events[-1] != "[DONE]":
        return _broken(events)
    said = ""
    for event in events[:-1]:
        chunk = json.loads(event)
        if "error" in chunk:
            return _broken([event])
        for choice in chunk["choices"]:
            said += choice["delta"].get("content") or ""
    return _said(said)


def _message(body: bytes) -> Finding:
    return _said("".join(block.get("text", "") for block in json.loads(body)["content"]))


def _message_events(body: bytes) -> Finding:
    events = [json.loads(event) for event in _data(body)]
    if not events or events[-1]["type"] != "message_stop":
        return _broken([json.dumps(event) for event in events[-1:]])
    return _said("".join(event["delta"].get("text", "") for event in events if event["type"] == "content_block_delta"))


def _said(text: str) -> Finding:
    if text.strip():
        return Finding(ok=True, sentence="Answered")
    return Finding(ok=False, sentence="The answer came, but there were no words in it.")


def _broken(events: list[str]) -> Finding:
    told = _told(events[-1].encode()) if events else None
    return Finding(ok=False, sentence=told or "The answer broke off before its end.")


def _data(body: bytes) -> Iterator[str]:
    for line in body.decode("utf-8").splitlines():
        if line.startswith("data:"):
            yield line.removeprefix("data:").strip()


def _told(body: bytes) -> str | None:
    """The sentence in an error of either shape; Tidegate writes them for people."""
    try:
        message = json.loads(body)["error"]["message"]
    except (ValueError, LookupError, TypeError):
        return None
    return message if isinstance(message, str) else None


_READ: Mapping[Expected, Callable[[bytes], Finding]] = {
    "models": _models,
    "reply": _reply,
    "chunks": _chunks,
    "message": _message,
    "message_events": _message_events,
}
