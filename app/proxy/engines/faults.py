"""The engines' shared step from a condition of the error catalogue to a fault on the stream."""

from __future__ import annotations

from app.core.conditions import Condition
from app.proxy.neutral.fault import Fault, FaultKind

_KIND_OF_STATUS = {kind.status: kind for kind in FaultKind}
_NO_RETRY = {Condition.PLAN_LIMIT, Condition.MODEL_LIMIT, Condition.ENGINE_MISSING}
"""Asking again can't help, whatever the status usually means to a client."""


def fault_of(
    condition: Condition,
    *,
    detail: str | None = None,
    param: str | None = None,
    retry_after_seconds: int | None = None,
) -> Fault:
    """The fault for a condition.

    `detail` is what the service itself said, already free of secrets; it follows the catalogue's sentence, because
    the sentence helps a person and the detail helps whoever the person asks.
    """
    message = f"{condition.sentence} (Claude said: {detail})" if detail else condition.sentence
    kind = _KIND_OF_STATUS[condition.status]
    retryable = condition.status in (429, 500, 502, 503, 504, 529) and condition not in _NO_RETRY
    return Fault(kind, message, condition.code, param, retry_after_seconds, retryable)
