"""How refusals are judged, without a network."""

from __future__ import annotations

import pytest

from app.core.conditions import Condition
from app.proxy.engines.direct_api.faults import Problem, condition_of, fault_of_event, retry_after_seconds
from tests.stand_in import unified_limit

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("status", "message", "headers", "condition"),
    [
        (401, "This organization has been disabled.", {}, Condition.ACCOUNT_REFUSED),
        (400, "This organization has been disabled.", {}, Condition.ACCOUNT_REFUSED),
        (403, "Your organization has disabled API key authentication", {}, Condition.ORG_FORBIDS_KEYS),
        (404, None, {}, Condition.SERVICE_ERROR),
        (400, "input length and `max_tokens` exceed context limit", {}, Condition.PROMPT_TOO_LONG),
        (400, None, {}, Condition.SERVICE_ERROR),
        (429, "Extra usage is required for long context requests.", {}, Condition.LONG_CONTEXT_COSTS_EXTRA),
        (429, "limit", unified_limit(0), Condition.PLAN_LIMIT),
        (429, "limit", unified_limit(0, "seven_day_opus"), Condition.MODEL_LIMIT),
        (429, "limit", {}, Condition.RATE_LIMIT),
        (504, None, {}, Condition.TIMED_OUT),
        (502, "<html>", {}, Condition.SERVICE_ERROR),
        (307, None, {}, Condition.SERVICE_ERROR),
    ],
)
def test_a_refusal_is_judged_by_its_status_first(
    status: int, message: str | None, headers: dict[str, str], condition: Condition
):
    assert condition_of(Problem(status, message, headers)) is condition


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30),
        ({"retry-after": "0.2"}, 1),
        ({"retry-after-ms": "2500", "retry-after": "30"}, 3),
        ({"retry-after": "Mon, 21 Sep 2026 14:13:40 GMT"}, 20),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "3600", **unified_limit(int(NOW) + 90)}, 90),
        (unified_limit(int(NOW) + 90), 90),
        (unified_limit(int(NOW) - 90), 0),
        (
            {
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2026-09-21T14:13:25Z",
                "anthropic-ratelimit-tokens-remaining": "0",
                "anthropic-ratelimit-tokens-reset": "2026-09-21T14:13:50Z",
                "anthropic-ratelimit-input-tokens-remaining": "10",
                "anthropic-ratelimit-input-tokens-reset": "2026-09-21T15:00:00Z",
            },
            30,
        ),
    ],
)
def test_waiting_ends_when_the_service_says_and_never_after_the_reset(headers: dict[str, str], seconds: int | None):
    assert retry_after_seconds(headers, NOW) == seconds


def test_an_error_event_is_judged_by_its_type():
    assert fault_of_event({"type": "overloaded_error", "message": "Overloaded"}).code == "service_busy"
    assert fault_of_event({"type": "brand_new_error"}).code == "service_error"
