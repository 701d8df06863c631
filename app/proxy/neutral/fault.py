"""Why there is no answer, before a dialect puts it into its own error shape."""

from __future__ import annotations

from enum import Enum

import msgspec


class FaultKind(Enum):
    """What went wrong, as coarse as the error types of the public APIs; the value is the HTTP status."""

    INVALID_REQUEST = "invalid_request", 400
    AUTHENTICATION = "authentication", 401
    BILLING = "billing", 402
    PERMISSION = "permission", 403
    NOT_FOUND = "not_found", 404
    METHOD_NOT_ALLOWED = "method_not_allowed", 405
    CONFLICT = "conflict", 409
    TOO_LARGE = "too_large", 413
    UNSUPPORTED_MEDIA = "unsupported_media", 415
    MISDIRECTED = "misdirected", 421
    RATE_LIMIT = "rate_limit", 429
    INTERNAL = "internal", 500
    UPSTREAM = "upstream", 502
    UNAVAILABLE = "unavailable", 503
    TIMEOUT = "timeout", 504
    OVERLOADED = "overloaded", 529

    def __init__(self, label: str, status: int) -> None:
        self.label = label
        self.status = status


class Fault(msgspec.Struct, frozen=True):
    """One failure, told to the program that asked and to the person behind it."""

    kind: FaultKind
    message: str
    """A sentence for a person that says what to do next; the chat app shows it as it is."""
    code: str | None = None
    """Stable identifier for programs, such as model_not_found."""
    param: str | None = None
    """The field of the request that is at fault, such as messages[2].content."""
    retry_after_seconds: int | None = None
    """Whole seconds until trying again makes sense."""
    retryable: bool = True
    """False when trying again soon can't help (a plan limit): clients are told not to."""
    until: float | None = None
    """Unix seconds at which a limit ends; the message tells it in words."""


class Refused(Exception):
    """Raised where a value can't be returned; carries the fault to the next boundary, which answers with it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def invalid(message: str, param: str | None = None, code: str | None = None) -> Refused:
    """A refusal of what the app sent; `message` says what would be right."""
    return Refused(Fault(FaultKind.INVALID_REQUEST, message, code=code, param=param, retryable=False))
