"""A fault as OpenAI's error object, and as the two events that end a failed stream."""

from __future__ import annotations

from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.neutral.json_text import json_bytes

_TYPES = {
    FaultKind.AUTHENTICATION: "authentication_error",
    FaultKind.BILLING: "insufficient_quota",
    FaultKind.PERMISSION: "permission_error",
    FaultKind.RATE_LIMIT: "rate_limit_error",
    FaultKind.INTERNAL: "server_error",
    FaultKind.UPSTREAM: "server_error",
    FaultKind.UNAVAILABLE: "server_error",
    FaultKind.TIMEOUT: "server_error",
    FaultKind.OVERLOADED: "server_error",
}
_INPUT = "messages"
"""What the parts behind the dialects call the conversation; here it is the input."""


def error_body(fault: Fault) -> bytes:
    """The whole body of a failed answer."""
    return json_bytes({"error": error_object(fault)})


def error_object(fault: Fault) -> dict[str, str | None]:
    """All four members: clients read each of them without asking."""
    param = "input" if fault.param == _INPUT else fault.param
    return {"message": fault.message, "type": _type(fault), "param": param, "code": fault.code}


def response_error(fault: Fault) -> dict[str, str | None]:
    """The error inside a failed response: its code is one of a fixed few, the true one stands beside it."""
    match fault.kind:
        case FaultKind.RATE_LIMIT:
            code = "rate_limit_exceeded"
        case FaultKind.INVALID_REQUEST | FaultKind.TOO_LARGE:
            code = "invalid_prompt"
        case _:
            code = "server_error"
    return {"code": code, "message": fault.message, "type": fault.code}


def _type(fault: Fault) -> str:
    if fault.kind is FaultKind.RATE_LIMIT and not fault.retryable:
        return "insufficient_quota"  # a plan's limit: OpenAI's word for "waiting a little won't help"
    return _TYPES.get(fault.kind, "invalid_request_error")
