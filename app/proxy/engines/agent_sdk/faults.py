"""What the CLI says went wrong, in the words of the error catalogue."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.core.conditions import Condition
from app.proxy.engines.agent_sdk.account import LimitWindow
from app.proxy.engines.agent_sdk.command import NOT_STARTED
from app.proxy.engines.agent_sdk.transport import Frame, ProcessEnded
from app.proxy.engines.faults import fault_of, limit_fault
from app.proxy.neutral.fault import Fault

_SAID: Sequence[tuple[str, Condition]] = (
    (r"not logged in", Condition.NOT_SIGNED_IN),
    (r"login expired|session expired|token has expired", Condition.SIGN_IN_EXPIRED),
    (r"token.*revoked", Condition.SIGNED_OUT_ELSEWHERE),
    (r"disabled claude subscription|oauth_org_not_allowed", Condition.ORG_FORBIDS_SUBSCRIPTION),
    (r"disabled api key", Condition.ORG_FORBIDS_KEYS),
    (r"invalid api key", Condition.KEY_INVALID),
    (r"credit balance", Condition.NO_CREDIT),
    (r"prompt to confirm went unanswered", Condition.MODEL_COSTS_EXTRA),
    (r"usage credits required for 1m|extra usage.*(1m|long) context", Condition.LONG_CONTEXT_COSTS_EXTRA),
    (r"hit your (opus|sonnet|haiku|fable|mythos) limit", Condition.MODEL_LIMIT),
    (r"hit your .*limit|usage limit reached", Condition.PLAN_LIMIT),
    (r"temporarily limiting requests", Condition.SERVICE_BUSY),
    (r"prompt is too long", Condition.PROMPT_TOO_LONG),
    (r"request too large", Condition.REQUEST_TOO_LARGE),
    (r"image (could not be|was too|exceeds|dimensions|base64)|could not process image", Condition.IMAGE_REFUSED),
    (r"issue with the selected model", Condition.MODEL_UNAVAILABLE),
    (r"connection to the api was lost|stalled|slept", Condition.STALLED),
    (r"unable to connect|connection refused|connection error|certificate|enotfound|ssl", Condition.NO_CONNECTION),
)
_BY_STATUS = {
    400: Condition.REQUEST_REFUSED,
    401: Condition.ACCOUNT_REFUSED,
    402: Condition.NO_CREDIT,
    403: Condition.NOT_PERMITTED,
    404: Condition.MODEL_UNAVAILABLE,
    413: Condition.REQUEST_TOO_LARGE,
    408: Condition.TIMED_OUT,
    429: Condition.RATE_LIMIT,
    503: Condition.SERVICE_BUSY,
    504: Condition.TIMED_OUT,
    529: Condition.SERVICE_BUSY,
}
_SHARED = {400: (400, 402, 404, 413), 402: (402, 400), 403: (403, 401), 429: (429, 402, 529)}
"""Status of the service → the statuses of the conditions it may stand for; any other stands for itself."""
_SPEAKS_FOR_ITSELF = {
    Condition.REQUEST_REFUSED,
    Condition.IMAGE_REFUSED,
    Condition.SERVICE_ERROR,
    Condition.NOT_PERMITTED,
}
"""Conditions whose catalogue sentence alone doesn't tell enough: what the service said is added."""
_WAITS = {Condition.RATE_LIMIT: 5, Condition.SERVICE_BUSY: 5}
"""Seconds to ask an app to wait where the CLI keeps the service's own word to itself; some try again at once."""
_PREFIX = re.compile(r"^(?:Failed to authenticate\. )?API Error: (?:\d{3} )?")
_CLI_ADVICE = re.compile(r"\. This is a server-side issue.*$", re.DOTALL)
_DETAIL_CHARACTERS = 600


def fault_of_result(result: Frame, reached: LimitWindow | None, *, now: float) -> Fault:
    """The fault a result with `is_error` stands for; `reached`: the plan's limit that is known to be reached."""
    status = result.get("api_error_status")
    said = str(result.get("result") or "; ".join(map(str, result.get("errors") or ())))
    if status == 429 and reached and reached.resets_at:
        condition = Condition.MODEL_LIMIT if reached.family else Condition.PLAN_LIMIT
        return limit_fault(condition, reached.resets_at, now)
    condition = _condition(status, said)
    detail = _detail(said) if condition in _SPEAKS_FOR_ITSELF else None
    return fault_of(condition, detail=detail, retry_after_seconds=_WAITS.get(condition))


def fault_of_end(ended: ProcessEnded) -> Fault:
    """The fault of an answer whose process ended under it."""
    if ended.exit_code in NOT_STARTED:
        return fault_of(Condition.ENGINE_MISSING)
    return fault_of(Condition.ENGINE_FAILED)


def _condition(status: int | None, said: str) -> Condition:
    lowered = said.lower()
    # The status decides first what kind of thing happened; the text only tells apart what shares a status.
    if status is not None and status >= 500:
        return _BY_STATUS.get(status, Condition.SERVICE_ERROR)
    for pattern, condition in _SAID:
        if re.search(pattern, lowered) and (status is None or _agrees(condition, status)):
            return condition
    return _BY_STATUS.get(status or 0, Condition.SERVICE_ERROR)


def _agrees(condition: Condition, status: int) -> bool:
    """A 401 is never a too long prompt, whatever its text happens to contain."""
    return condition.status in _SHARED.get(status, (status,))


def _detail(said: str) -> str:
    return _CLI_ADVICE.sub("", _PREFIX.sub("", said)).strip()[:_DETAIL_CHARACTERS]
