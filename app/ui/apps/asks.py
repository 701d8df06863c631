"""The requests of the tests: what apps of each kind really send, down to the members nobody needs."""

from __future__ import annotations

from collections.abc import Mapping

from app.ui.apps.card import KEY_MARK, Ask, Expected

_QUESTION = "This is a test of the connection. Reply with the one word: ready"
_JSON = ("Content-Type", "application/json")
_BEARER = ("Authorization", f"Bearer {KEY_MARK}")
_ANTHROPIC = (("x-api-key", KEY_MARK), ("anthropic-version", "2023-06-01"))
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather of a town.",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]},
    },
}
"""A tool that an app might offer; the question gives no reason to call it."""


def models(path: str = "/v1/models", origin: str | None = None) -> Ask:
    return Ask("Ask for the list of models", "GET", path, "models", (_BEARER, *_from(origin)))


def chat(
    model: str, extra: Mapping[str, object] | None = None, *, stream: bool = True, origin: str | None = None
) -> Ask:
    """A question in OpenAI's shape. `extra`: members this app sends on top."""
    body = {
        "model": model,
        "messages": [{"role": "system", "content": "You are a helpful assistant."}, _user(_QUESTION)],
        "stream": stream,
        **(extra or {}),
    }
    sentence = "Ask a question, the answer piece by piece" if stream else "Ask a question, the answer all at once"
    expects: Expected = "chunks" if stream else "reply"
    return Ask(sentence, "POST", "/v1/chat/completions", expects, (_BEARER, _JSON, *_from(origin)), body)


def message(
    model: str, extra: Mapping[str, object] | None = None, *, stream: bool = True, path: str = "/v1/messages"
) -> Ask:
    """A question in Anthropic's shape."""
    body = {
        "model": model,
        "max_tokens": 256,
        "system": "You are a helpful assistant.",
        "messages": [_user(_QUESTION)],
        "stream": stream,
        **(extra or {}),
    }
    sentence = "Ask a question, the answer piece by piece" if stream else "Ask a question, the answer all at once"
    return Ask(sentence, "POST", path, "message_events" if stream else "message", (*_ANTHROPIC, _JSON), body)


def absent(path: str) -> Ask:
    """An address by which the app recognises other programs."""
    return Ask("See that Tidegate isn't taken for another program", "GET", path, "absent", (_BEARER,))


def permission(origin: str) -> Ask:
    """What a browser asks before it lets a page call."""
    headers = (
        *_from(origin),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,content-type"),
    )
    return Ask(f"Ask whether {origin} may call", "OPTIONS", "/v1/chat/completions", "permission", headers)


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def _from(origin: str | None) -> tuple[tuple[str, str], ...]:
    return (("Origin", origin),) if origin else ()
