"""A fault in the envelope of the Messages API, the same before an answer and in the middle of one."""

from __future__ import annotations

from typing import Any

from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.neutral.json_text import json_bytes

_TYPES = {
    FaultKind.INVALID_REQUEST: "invalid_request_error",
    FaultKind.AUTHENTICATION: "authentication_error",
    FaultKind.BILLING: "billing_error",
    FaultKind.PERMISSION: "permission_error",
    FaultKind.NOT_FOUND: "not_found_error",
    FaultKind.METHOD_NOT_ALLOWED: "invalid_request_error",
    FaultKind.CONFLICT: "invalid_request_error",
    FaultKind.TOO_LARGE: "request_too_large",
    FaultKind.UNSUPPORTED_MEDIA: "invalid_request_error",
    FaultKind.MISDIRECTED: "permission_error",
    FaultKind.RATE_LIMIT: "rate_limit_error",
    FaultKind.INTERNAL: "api_error",
    FaultKind.UPSTREAM: "api_error",
    FaultKind.UNAVAILABLE: "overloaded_error",
    FaultKind.TIMEOUT: "timeout_error",
    FaultKind.OVERLOADED: "overloaded_error",
}


def error_body(fault: Fault, request_id: str) -> bytes:
    """The JSON of a failure. The code stands where the service puts its own, so that clients find it."""
    error: dict[str, Any] = {"type": _TYPES[fault.kind], "message": fault.message}
    if fault.code:
        error["details"] = {"error_code": fault.code}
    return json_bytes({"type": "error", "error": error, "request_id": request_id})
