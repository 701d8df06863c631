"""What happened, for whoever watches: history, tray, dashboard, log. Frozen; metadata only, never a user's text."""

from __future__ import annotations

from enum import Enum
from typing import Literal, TypeAlias

import msgspec


class Outcome(Enum):
    """How an exchange ended, which an HTTP status can't tell: a stream may fail after its 200."""

    OK = "ok"
    FAILED = "error"
    CLIENT_LEFT = "client_disconnect"


class ServerStarted(msgspec.Struct, frozen=True):
    address: str
    engine: str
    default_model: str | None = None
    """The one set for apps that name none; None: the first that the engine lists."""


class ExchangeStarted(msgspec.Struct, frozen=True):
    request_id: str
    path: str
    key_name: str
    model: str
    """The id the app asked for."""
    session_key: str | None
    streaming: bool
    messages: int
    images: int
    tools: int
    errand: bool = False
    """The app asked of its own accord, to name the chat or the like."""


class ExchangeEnded(msgspec.Struct, frozen=True):
    request_id: str
    outcome: Outcome
    detail: str
    """The model's stop reason, or the code of what failed."""
    status: int
    """What the answer would have had as HTTP status, had it failed before its first byte; 200 if it did not."""
    served_model: str | None
    duration_seconds: float
    first_token_seconds: float | None
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_creation_tokens: int
    cost_usd: float | None
    until: float | None = None
    """Unix seconds of a limit's end, where whoever refused told."""


class RequestRefused(msgspec.Struct, frozen=True):
    """The guard turned a request away before any dialect saw it."""

    reason: str
    """host, origin, key, media_type, …"""
    path: str
    origin: str | None


class SessionCreated(msgspec.Struct, frozen=True):
    """The first answer under a key is stored."""

    app: str
    """The name of the key that the app has for Tidegate."""
    key: str
    model: str


class SessionUpdated(msgspec.Struct, frozen=True):
    """A stored conversation went on, or began anew under the same key."""

    app: str
    key: str
    message_count: int


class SessionExpired(msgspec.Struct, frozen=True):
    """A stored conversation is gone."""

    app: str
    key: str
    reason: Literal["ttl", "manual", "manual_all"]
    """Nobody continued it for too long; someone ended it; someone ended all."""


class SignInChecked(msgspec.Struct, frozen=True):
    """The signed-in program was asked for its status, which lets it renew the sign-in."""

    ok: bool
    """It answered; False: nobody knows whether anyone is signed in."""
    signed_in: bool
    duration_seconds: float
    problem: str | None = None
    """Why it did not answer, as a sentence …"""
    code: str | None = None
    """… and as the error catalogue's code, where it has one for that."""


class AccountChanged(msgspec.Struct, frozen=True):
    """The account's state became another one, or was proven again; `app.core.account_state` says what each means."""

    kind: str
    sentence: str
    proven_at: float | None
    """Unix seconds."""
    until: float | None
    """Unix seconds; the end of a limit."""


class PauseChanged(msgspec.Struct, frozen=True):
    """A person paused Tidegate, or let it go on."""

    paused: bool


Event: TypeAlias = (
    ServerStarted
    | ExchangeStarted
    | ExchangeEnded
    | RequestRefused
    | SessionCreated
    | SessionUpdated
    | SessionExpired
    | SignInChecked
    | AccountChanged
    | PauseChanged
)
