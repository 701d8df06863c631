"""Events as the dashboard gets them: those the proxies before Tidegate had, in their names, and ours. Pure."""

from __future__ import annotations

from msgspec.structs import asdict

from app.core.bus import Noted
from app.core.conditions import Condition
from app.core.events import (
    AccountChanged,
    Event,
    ExchangeEnded,
    ExchangeStarted,
    Outcome,
    PauseChanged,
    RequestRefused,
    ServerStarted,
    SessionCreated,
    SessionExpired,
    SessionUpdated,
    SignInChecked,
)


def shaped(noted: Noted) -> dict[str, object]:
    """The event as one JSON object: `type`, `ts` in milliseconds, and what belongs to the type."""
    return {"type": _type(noted.event), "ts": int(noted.at * 1000), **_members(noted.event)}


def _type(event: Event) -> str:
    return _TYPES[type(event)]


_TYPES: dict[type[Event], str] = {
    ServerStarted: "server.boot",
    ExchangeStarted: "request.start",
    ExchangeEnded: "request.end",
    RequestRefused: "request.refused",
    SessionCreated: "session.created",
    SessionUpdated: "session.updated",
    SessionExpired: "session.expired",
    SignInChecked: "auth.refresh",
    AccountChanged: "account.state",
    PauseChanged: "server.paused",
}


def _members(event: Event) -> dict[str, object]:
    match event:
        case ExchangeStarted():
            return _started(event)
        case ExchangeEnded():
            return _ended(event)
        case ServerStarted(address, engine, model):
            return {"port": int(address.rsplit(":", 1)[1]), "address": address, "engine": engine, "defaultModel": model}
        case SessionUpdated(app, key, count):
            return {"app": app, "key": key, "messageCount": count}
        case SignInChecked(ok, signed_in, duration, problem):
            error = problem if not ok else None if signed_in else Condition.NOT_SIGNED_IN.sentence
            took = round(duration * 1000)
            return {"ok": ok and signed_in, "durationMs": took, "error": error, "signed_in": signed_in}
        case _:
            return asdict(event)


def _started(event: ExchangeStarted) -> dict[str, object]:
    return {
        "id": event.request_id,
        "method": "POST",
        "path": event.path,
        "model": event.model,
        "resolvedModel": None,
        "session": event.session_key,
        "stream": event.streaming,
        "tools": event.tools,
        "images": event.images,
        "messages": event.messages,
        "resuming": event.session_key is not None,
        "app": event.key_name,
        "errand": event.errand,
    }


def _ended(event: ExchangeEnded) -> dict[str, object]:
    """A client that hung up is an error of its own kind, as it was there; a failure is one whatever its status."""
    error = None
    if event.outcome is not Outcome.OK:
        error = event.detail
    return {
        "id": event.request_id,
        "durationMs": round(event.duration_seconds * 1000),
        "status": "ok" if event.outcome is Outcome.OK else "error",
        "httpStatus": event.status,
        "error": error,
        "outcome": event.outcome.value,
        "detail": event.detail,
        "served_model": event.served_model,
        "first_token_seconds": event.first_token_seconds,
        "input_tokens": event.input_tokens,
        "output_tokens": event.output_tokens,
        "cost_usd": event.cost_usd,
    }
