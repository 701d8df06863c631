"""What the service says when it refuses, as faults: judged by status first, by the service's words only within one."""

from __future__ import annotations

import email.utils
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from app.core.conditions import Condition
from app.core.redaction import Redaction, one_line
from app.proxy.engines.faults import fault_of, limit_fault
from app.proxy.neutral.fault import Fault, Refused

DETAIL_CHARACTERS = 300
_SHAPES = Redaction()
_FIELD = re.compile(r"^(?:\w+: )?([a-z_]+(?:\.\w+)*): ")
_PICTURE = re.compile(r"\bimages?\b|media[_ ]type|base64", re.IGNORECASE)
_TOO_LONG = re.compile(r"prompt is too long|exceeds? (?:the )?context|context (?:limit|window|length)", re.IGNORECASE)
_NO_CREDIT = re.compile(r"credit balance|usage limits|purchase credits", re.IGNORECASE)
_LONG_CONTEXT = re.compile(r"long context|1m context", re.IGNORECASE)
_ORGANISATION = re.compile(r"organi[sz]ation", re.IGNORECASE)
_STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class Problem(msgspec.Struct, frozen=True):
    """A refusal as it came from the service."""

    status: int
    message: str | None
    """The service's own words; None when the body was not its envelope."""
    headers: Mapping[str, str]
    """Names in lower case."""


class RefusedByService(Refused):
    """The service answered, and said no."""

    def __init__(self, problem: Problem, *, now: float) -> None:
        super().__init__(fault_of_problem(problem, now))
        self.problem = problem


class Unreached(Refused):
    """The connection failed before the service said anything."""


def fault_of_problem(problem: Problem, now: float) -> Fault:
    """The fault for an error status; `now` in unix seconds, for limits that tell when they end."""
    condition = condition_of(problem)
    wait = retry_after_seconds(problem.headers, now) if problem.status in (429, 500, 503, 529) else None
    if wait is not None and condition in (Condition.PLAN_LIMIT, Condition.MODEL_LIMIT):
        return limit_fault(condition, now + wait, now)
    return fault_of(
        condition,
        detail=_quoted(problem.message),
        param=_param(condition, problem.message),
        retry_after_seconds=wait,
    )


def fault_of_event(error: Mapping[str, object]) -> Fault:
    """The fault for an error event in the middle of a stream; it has a type where a response has a status."""
    status = _STATUS_OF_TYPE.get(str(error.get("type")), 500)
    message = error.get("message")
    return fault_of_problem(Problem(status, message if isinstance(message, str) else None, {}), now=0)


def condition_of(problem: Problem) -> Condition:
    """Which entry of the error catalogue this is."""
    judge = _JUDGES.get(problem.status)
    if judge:
        return judge(problem)
    if problem.status >= 500 or not problem.message:
        return Condition.SERVICE_ERROR
    return _refusal(problem.message)


def retry_after_seconds(headers: Mapping[str, str], now: float) -> int | None:
    """Whole seconds until the limit ends: what the service asks for, but never past the reset it names."""
    asked = _asked_wait(headers, now)
    reset = headers.get("anthropic-ratelimit-unified-reset", "")
    waits = [asked] if asked is not None else []
    if reset.isdigit():
        waits.append(int(reset) - now)
    elif asked is None:
        waits += _exhausted(headers, now)[-1:]
    return max(math.ceil(min(waits)), 0) if waits else None


def _key(problem: Problem) -> Condition:
    return Condition.ACCOUNT_REFUSED if _ORGANISATION.search(problem.message or "") else Condition.KEY_INVALID


def _permission(problem: Problem) -> Condition:
    return Condition.ORG_FORBIDS_KEYS if "API key auth" in (problem.message or "") else Condition.NOT_PERMITTED


def _missing(problem: Problem) -> Condition:
    """Without the service's envelope it is not the service that answered."""
    return Condition.MODEL_UNAVAILABLE if problem.message else Condition.SERVICE_ERROR


def _limit(problem: Problem) -> Condition:
    if _LONG_CONTEXT.search(problem.message or ""):
        return Condition.LONG_CONTEXT_COSTS_EXTRA
    if problem.headers.get("anthropic-ratelimit-unified-status") == "rejected":
        claim = problem.headers.get("anthropic-ratelimit-unified-representative-claim", "")
        return Condition.MODEL_LIMIT if re.search("opus|sonnet|fable", claim) else Condition.PLAN_LIMIT
    return Condition.RATE_LIMIT


def _refusal(said: str) -> Condition:
    """What a 400 means, of which the service has many."""
    if _NO_CREDIT.search(said):
        return Condition.NO_CREDIT
    if _TOO_LONG.search(said):
        return Condition.PROMPT_TOO_LONG
    if "has been disabled" in said and _ORGANISATION.search(said):
        return Condition.ACCOUNT_REFUSED
    if _PICTURE.search(said):
        return Condition.IMAGE_REFUSED
    return Condition.REQUEST_REFUSED


_JUDGES: dict[int, Callable[[Problem], Condition]] = {
    401: _key,
    402: lambda _: Condition.NO_CREDIT,
    403: _permission,
    404: _missing,
    408: lambda _: Condition.TIMED_OUT,
    413: lambda _: Condition.REQUEST_TOO_LARGE,
    429: _limit,
    503: lambda _: Condition.SERVICE_BUSY,
    504: lambda _: Condition.TIMED_OUT,
    529: lambda _: Condition.SERVICE_BUSY,
}


def _asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            wait = float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
        return wait if math.isfinite(wait) else None
    try:
        return email.utils.parsedate_to_datetime(headers["retry-after"]).timestamp() - now
    except (KeyError, ValueError):
        return None


def _exhausted(headers: Mapping[str, str], now: float) -> list[float]:
    """Seconds until each limit that is used up begins anew, soonest first."""
    waits: list[float] = []
    for kind in ("requests", "tokens", "input-tokens", "output-tokens"):
        prefix = f"anthropic-ratelimit-{kind}"
        if headers.get(f"{prefix}-remaining") == "0":
            try:
                waits.append(datetime.fromisoformat(headers[f"{prefix}-reset"]).timestamp() - now)
            except (KeyError, ValueError):
                continue
    return sorted(waits)


def _param(condition: Condition, message: str | None) -> str | None:
    if condition is Condition.MODEL_UNAVAILABLE:
        return "model"
    found = _FIELD.match(message or "") if condition is Condition.REQUEST_REFUSED else None
    return found[1] if found else None


def _quoted(message: str | None) -> str | None:
    """The service's words on one line, short, and without anything that looks like a key."""
    if not message:
        return None
    line = one_line(_SHAPES.clean(" ".join(message.split())))
    return line if len(line) <= DETAIL_CHARACTERS else line[: DETAIL_CHARACTERS - 1] + "…"
