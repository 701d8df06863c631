"""What the CLI says went wrong, word for word, and what a person and a program are told instead."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.conditions import Condition
from app.proxy.engines.agent_sdk.account import Account, LimitWindow
from app.proxy.engines.agent_sdk.faults import fault_of_end, fault_of_result
from app.proxy.engines.agent_sdk.transport import ProcessEnded

NOW = 1_790_000_000.0
SAID: list[tuple[int | None, str, Condition, int]] = [
    (None, "Not logged in · Please run /login", Condition.NOT_SIGNED_IN, 401),
    (None, "Login expired · Please run /login", Condition.SIGN_IN_EXPIRED, 401),
    (401, "OAuth session expired and could not be refreshed · Please run /login", Condition.SIGN_IN_EXPIRED, 401),
    (401, "OAuth token revoked · Please run /login", Condition.SIGNED_OUT_ELSEWHERE, 401),
    (403, "OAuth token revoked · Please run /login", Condition.SIGNED_OUT_ELSEWHERE, 401),
    (
        401,
        "Failed to authenticate. API Error: 401 Invalid authentication credentials",
        Condition.ACCOUNT_REFUSED,
        401,
    ),
    (
        403,
        "Your organization has disabled Claude subscription access for Claude Code",
        Condition.ORG_FORBIDS_SUBSCRIPTION,
        403,
    ),
    (403, "oauth_org_not_allowed", Condition.ORG_FORBIDS_SUBSCRIPTION, 403),
    (403, "Your organization has disabled API key authentication", Condition.ORG_FORBIDS_KEYS, 403),
    (401, "Invalid API key · Fix external API key", Condition.KEY_INVALID, 401),
    (400, "Credit balance is too low", Condition.NO_CREDIT, 402),
    (429, "You've hit your session limit · resets 3:45pm", Condition.PLAN_LIMIT, 429),
    (429, "You've hit your weekly limit · resets Mon 9am", Condition.PLAN_LIMIT, 429),
    (429, "You've hit your Opus limit · resets Mon 9am", Condition.MODEL_LIMIT, 429),
    (429, "API Error: Usage credits required for 1M context", Condition.LONG_CONTEXT_COSTS_EXTRA, 402),
    (400, "API Error: Usage credits required for 1M context", Condition.LONG_CONTEXT_COSTS_EXTRA, 402),
    (429, "API Error: Extra usage is required for 1M context", Condition.LONG_CONTEXT_COSTS_EXTRA, 402),
    (
        429,
        "API Error: Request rejected (429) · Extra usage is required for long context requests.",
        Condition.LONG_CONTEXT_COSTS_EXTRA,
        402,
    ),
    (401, "Failed to authenticate. API Error: 401 OAuth token has expired.", Condition.SIGN_IN_EXPIRED, 401),
    (None, "This model needs usage credits; the prompt to confirm went unanswered", Condition.MODEL_COSTS_EXTRA, 402),
    (
        429,
        "API Error: Server is temporarily limiting requests (not your usage limit) · Rate limited",
        Condition.SERVICE_BUSY,
        529,
    ),
    (529, "API Error: 529 Overloaded. This is a server-side issue, usually temporary", Condition.SERVICE_BUSY, 529),
    (503, "API Error: 503 unavailable", Condition.SERVICE_BUSY, 529),
    (429, "API Error: Request rejected (429) · slow down", Condition.RATE_LIMIT, 429),
    (400, "Prompt is too long", Condition.PROMPT_TOO_LONG, 400),
    (None, "Prompt is too long", Condition.PROMPT_TOO_LONG, 400),
    (413, "Request too large (max 32MB). Try with a smaller file.", Condition.REQUEST_TOO_LARGE, 413),
    (400, "API Error: 400 messages.0: image exceeds 5 MB maximum", Condition.IMAGE_REFUSED, 400),
    (400, "API Error: 400 Could not process image", Condition.IMAGE_REFUSED, 400),
    (None, "Image was too large. Try a smaller one.", Condition.IMAGE_REFUSED, 400),
    (
        404,
        "There's an issue with the selected model (claude-x). It may not exist or you may not have access to it.",
        Condition.MODEL_UNAVAILABLE,
        404,
    ),
    (None, "API Error: Unable to connect to API (ECONNREFUSED)", Condition.NO_CONNECTION, 502),
    (None, "API Error: Unable to connect to API: SSL certificate error", Condition.NO_CONNECTION, 502),
    (None, "API Error: The computer slept mid-response", Condition.STALLED, 502),
    (None, "API Error: Response stalled mid-stream", Condition.STALLED, 502),
    (504, "API Error: 504 timeout", Condition.TIMED_OUT, 504),
    (500, "API Error: 500 Internal server error", Condition.SERVICE_ERROR, 502),
    (400, "API Error: 400 messages.3: something else", Condition.REQUEST_REFUSED, 400),
    (None, "something nobody has heard of", Condition.SERVICE_ERROR, 502),
]
CLOCK_RUNS_OUT = {Condition.PLAN_LIMIT, Condition.MODEL_LIMIT}


@pytest.mark.parametrize(("status", "said", "condition", "http"), SAID)
def test_each_saying_of_the_cli_has_its_entry(status: int | None, said: str, condition: Condition, http: int) -> None:
    fault = fault_of_result({"is_error": True, "api_error_status": status, "result": said}, None, now=NOW)

    assert (fault.code, fault.kind.status) == (condition.code, http)
    assert fault.message.startswith(condition.sentence)
    assert condition.action
    assert fault.retryable == (http in (429, 502, 504, 529) and condition not in CLOCK_RUNS_OUT)


@pytest.mark.parametrize(
    ("exit_code", "condition"),
    [
        (127, Condition.ENGINE_MISSING),
        (126, Condition.ENGINE_MISSING),
        (1, Condition.ENGINE_FAILED),
        (-9, Condition.ENGINE_FAILED),
    ],
)
def test_how_the_program_ended_has_its_entry_too(exit_code: int, condition: Condition) -> None:
    assert fault_of_end(ProcessEnded("it ended", exit_code, "")).code == condition.code


def test_every_entry_about_the_service_is_tried() -> None:
    tried = {condition for _, _, condition, _ in SAID} | {Condition.ENGINE_MISSING, Condition.ENGINE_FAILED}
    own = {
        Condition.NOT_CONFIGURED,
        Condition.NOT_PERMITTED,  # in test_faults, where the service says it
        Condition.QUEUE_FULL,
        Condition.SHUTTING_DOWN,
        Condition.PAUSED,
        Condition.INTERNAL_ERROR,
    }
    assert tried | own == set(Condition)


def account(*windows: LimitWindow) -> Account:
    learned = Account(clock=lambda: NOW)
    for window in windows:
        learned.note_frame(_event(window))
    return learned


def test_a_limit_of_one_family_of_models_is_none_for_the_others() -> None:
    opus = LimitWindow("seven_day_opus", "rejected", None, int(NOW) + 90_000)

    learned = account(opus)

    assert learned.reached_limit("claude-opus-5-5") == opus
    assert learned.reached_limit("claude-sonnet-5-5") is None
    assert learned.facts().limit_ends is None


def test_of_two_limits_that_are_reached_the_longer_one_counts() -> None:
    hours = LimitWindow("five_hour", "rejected", None, int(NOW) + 600)
    days = LimitWindow("seven_day", "rejected", None, int(NOW) + 90_000)

    assert account(days, hours).reached_limit("claude-opus-5-5") == days


def test_the_window_that_turned_an_answer_away_is_told_with_it() -> None:
    learned = account(LimitWindow("seven_day", "rejected", None, int(NOW) + 90_000))
    hours = LimitWindow("five_hour", "rejected", None, int(NOW) + 600)

    assert learned.note_frame(_event(hours)) == hours
    assert learned.note_frame(_event(LimitWindow("five_hour", "allowed", 0.5, int(NOW) + 600))) is None


def test_a_window_without_a_name_is_told_only_while_it_turns_requests_away():
    learned = Account(clock=lambda: NOW)
    learned.note_frame({"type": "rate_limit_event", "rate_limit_info": {"status": "allowed"}})
    assert learned.facts().windows == ()
    learned.note_frame({"type": "rate_limit_event", "rate_limit_info": {"status": "rejected"}})
    assert [window.label for window in learned.facts().windows] == ["Plan"]


def test_whoever_signs_in_or_out_takes_along_what_was_known_of_the_account():
    learned = account(LimitWindow("five_hour", "rejected", None, int(NOW) + 600))
    learned.note_bound({"account": {"email": "me@example.org", "subscriptionType": "Claude Max"}, "models": ()})
    learned.forget()
    assert (learned.facts().windows, learned.facts().identity) == ((), {})
    assert learned.reached_limit() is None


def _event(window: LimitWindow) -> dict[str, Any]:
    info = {"rateLimitType": window.name, "status": window.status, "resetsAt": window.resets_at}
    return {"type": "rate_limit_event", "rate_limit_info": info}
