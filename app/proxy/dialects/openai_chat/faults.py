"""A fault as OpenAI's error object, with all four members: clients read each of them without asking."""

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


def error_body(fault: Fault) -> bytes:
    """The whole body of a failed answer; in a stream, the data of its last event."""
    error = {"message": fault.message, "type": _type(fault), "param": fault.param, "code": fault.code}
    return json_bytes({"error": error})


def _type(fault: Fault) -> str:
    if fault.kind is FaultKind.RATE_LIMIT and not fault.retryable:
        return "insufficient_quota"  # a plan's limit: OpenAI's word for "waiting a little won't help"
    return _TYPES.get(fault.kind, "invalid_request_error")
