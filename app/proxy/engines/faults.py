"""The engines' shared step from a condition of the error catalogue to a fault on the stream."""

from __future__ import annotations

from math import ceil

from app.core.account_state import ABOUT_THE_ACCOUNT
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
    the sentence helps a person and the detail helps whoever the person asks. Of the account nothing is told but the
    sentence: tray and dashboard show the same.
    """
    quoted = detail and condition not in ABOUT_THE_ACCOUNT
    message = f"{condition.sentence} (Claude said: {detail})" if quoted else condition.sentence
    kind = _KIND_OF_STATUS[condition.status]
    retryable = condition.status in (429, 500, 502, 503, 504, 529) and condition not in _NO_RETRY
    return Fault(kind, message, condition.code, param, retry_after_seconds, retryable)


def limit_fault(condition: Condition, until: float, now: float) -> Fault:
    """The fault for a limit of the plan whose end is known; both in Unix seconds."""
    kind, message = _KIND_OF_STATUS[condition.status], condition.until(until, now)
    return Fault(kind, message, condition.code, None, max(ceil(until - now), 0), retryable=False, until=until)
