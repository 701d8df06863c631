from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.proxy.engines.agent_sdk.command import cli_command
from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.stream import Failed, TextDelta
from tests.proxy.engines.agent_sdk.turns import events_of, reply_to, result_of, said, turn, user
from tests.stand_in import KEY, StandIn, engine_environment
from tests.stand_in.answer import Answer, Break, Cut, Refusal, Say, Script, say, unified_limit


@pytest.fixture
async def subscriber(stand_in: StandIn, tmp_path: Path) -> AsyncIterator[AgentEngine]:
    """The engine of somebody who is signed in, as far as the CLI can tell from a made-up token."""
    environment = engine_environment(stand_in.url, tmp_path)
    del environment["ANTHROPIC_API_KEY"]
    environment["CLAUDE_CODE_OAUTH_TOKEN"] = "sk-ant-oat01-made-up"
    command = cli_command(environment, tmp_path)
    engine = AgentEngine(lambda: command, tmp_path, AgentLimits(pool=PoolLimits(spares=0)))
    await engine.start()
    yield engine
    await engine.close()


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (Refusal(400, "messages.0: something is wrong"), 400, "request_refused"),
        (Refusal(400, "prompt is too long: 1200000 tokens > 1000000 maximum"), 400, "context_length_exceeded"),
        (Refusal(401, "invalid x-api-key"), 401, "api_key_invalid"),
        (Refusal(403, "This key may not."), 403, "not_permitted"),
        (Refusal(404, "model: claude-opus-5-5"), 404, "model_not_found"),
        (Refusal(413, "Request exceeds the maximum size"), 413, "request_too_large"),
        (Refusal(429, "slow down", headers=(("retry-after", "7"),)), 429, "rate_limit"),
        (Refusal(500, "Internal server error"), 502, "service_error"),
        (Refusal(529, "Overloaded"), 529, "service_busy"),
    ],
)
async def test_each_refusal_of_the_service_has_its_status_its_code_and_a_sentence(
    engine: AgentEngine, stand_in: StandIn, refusal: Refusal, status: int, code: str
) -> None:
    stand_in.answer_next(*[refusal] * 3)  # to some of them the CLI reacts by asking once more

    result = await result_of(engine, turn(user("Hello")))

    assert isinstance(result, Fault)
    assert (result.kind.status, result.code) == (status, code)
    assert result.retry_after_seconds == (5 if status in (429, 529) else None)
    assert KEY not in result.message
    assert "\n" not in result.message


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (Answer((Say(("One", " two", " three")),), end=Cut(2), pause=0.5), "answer_cut_off"),
        (Answer((Say(("One", " two", " three")),), end=Cut(2, clean=True)), "answer_cut_off"),
        (Answer((Say(("One", " two", " three")),), end=Break(2)), "service_busy"),
    ],
)
async def test_an_answer_that_breaks_off_is_a_failure_and_no_word_of_it_comes_twice(
    engine: AgentEngine, stand_in: StandIn, script: Script, code: str
) -> None:
    stand_in.answer_next(script, say("From the beginning again"))

    *events, end = await events_of(engine, turn(user("Hello")))

    assert [event.text for event in events if isinstance(event, TextDelta)] == ["One", " two"]
    assert isinstance(end, Failed)
    assert end.fault.code == code


async def test_after_a_failure_the_same_process_serves_on_without_the_failed_question(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    stand_in.answer_next(Refusal(529, "Overloaded"))
    await result_of(engine, turn(user("first")))

    answer = await reply_to(engine, turn(user("second")))

    assert said(answer) == "Echo: second"
    assert [message["content"][0]["text"] for message in stand_in.asked[-1].messages] == ["second"]


async def test_no_connection_is_said_to_be_that(engine: AgentEngine, stand_in: StandIn) -> None:
    await engine.models()
    await stand_in.close()

    result = await result_of(engine, turn(user("Hello")))

    assert isinstance(result, Fault)
    assert (result.kind.status, result.code) == (502, "no_connection")


async def test_somebody_who_is_not_signed_in_is_told_so(stand_in: StandIn, tmp_path: Path) -> None:
    environment = engine_environment(stand_in.url, tmp_path)
    del environment["ANTHROPIC_API_KEY"]
    command = cli_command(environment, tmp_path)
    engine = AgentEngine(lambda: command, tmp_path, AgentLimits(pool=PoolLimits(spares=0)))
    await engine.start()

    result = await result_of(engine, turn(user("Hello")))
    await engine.close()

    assert isinstance(result, Fault)
    assert (result.kind.status, result.code) == (401, "not_signed_in")
    assert stand_in.asked == []


@pytest.mark.parametrize(
    ("claim", "code"),
    [("five_hour", "plan_limit"), ("seven_day", "plan_limit"), ("seven_day_opus", "model_limit")],
)
async def test_a_plan_limit_says_when_it_ends_and_that_trying_sooner_is_no_use(
    subscriber: AgentEngine, stand_in: StandIn, claim: str, code: str
) -> None:
    resets_at = int(time.time()) + 3_000
    stand_in.answer_next(Refusal(429, "limit", headers=tuple(unified_limit(resets_at, claim).items())))

    result = await result_of(subscriber, turn(user("Hello")))

    assert isinstance(result, Fault)
    assert (result.code, result.retryable) == (code, False)
    assert result.retry_after_seconds in range(2_900, 3_002)
    assert time.strftime("at %H:%M", time.localtime(resets_at)) in result.message


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (Refusal(429, "Extra usage is required for long context requests."), 402, "long_context_costs_extra"),
        (Refusal(429, "slow down"), 529, "service_busy"),
        (Refusal(401, "OAuth token has expired."), 401, "sign_in_expired"),
        (Refusal(403, "OAuth token has been revoked."), 401, "sign_in_revoked"),
        (Refusal(403, "Your organization has disabled API key authentication"), 403, "api_key_not_allowed"),
        (Refusal(400, "Your credit balance is too low to access the Anthropic API."), 402, "no_credit"),
    ],
)
async def test_what_the_service_refuses_to_a_sign_in_has_its_own_words(
    subscriber: AgentEngine, stand_in: StandIn, refusal: Refusal, status: int, code: str
) -> None:
    stand_in.answer_next(*[refusal] * 3)

    result = await result_of(subscriber, turn(user("Hello")))

    assert isinstance(result, Fault)
    assert (result.kind.status, result.code) == (status, code)


async def test_a_limit_of_another_time_does_not_outlive_the_one_that_is_met_now(
    subscriber: AgentEngine, stand_in: StandIn
) -> None:
    now = int(time.time())
    for resets_at, claim in ((now + 500_000, "seven_day"), (now + 600, "five_hour")):
        stand_in.answer_next(Refusal(429, "limit", headers=tuple(unified_limit(resets_at, claim).items())))
    await result_of(subscriber, turn(user("Hello")))

    result = await result_of(subscriber, turn(user("Hello")))

    assert isinstance(result, Fault)
    assert (result.code, result.retry_after_seconds in range(500, 602)) == ("plan_limit", True)


async def test_a_limit_that_is_over_is_not_held_against_anybody(subscriber: AgentEngine, stand_in: StandIn) -> None:
    over = int(time.time()) - 5
    stand_in.answer_next(Refusal(429, "limit", headers=tuple(unified_limit(over).items())))
    await result_of(subscriber, turn(user("Hello")))

    assert subscriber.account.reached_limit() is None
    assert said(await reply_to(subscriber, turn(user("Hello again")))) == "Echo: Hello again"


async def test_how_much_of_the_plan_is_used_is_learned_in_passing(subscriber: AgentEngine, stand_in: StandIn) -> None:
    prefix, resets_at = "anthropic-ratelimit-unified", int(time.time()) + 3_000
    told = {
        f"{prefix}-status": "allowed",
        f"{prefix}-reset": str(resets_at),
        f"{prefix}-representative-claim": "five_hour",
        f"{prefix}-5h-utilization": "0.83",
        f"{prefix}-5h-reset": str(resets_at),
        f"{prefix}-7d-utilization": "0.4",
        f"{prefix}-7d-reset": str(resets_at + 9),
    }
    stand_in.answer_next(say("Yes", headers=tuple(told.items())))

    await reply_to(subscriber, turn(user("Hello")))

    windows = subscriber.account.windows
    assert (windows["five_hour"].used_share, windows["five_hour"].resets_at) == (0.83, resets_at)
    assert (windows["seven_day"].used_share, windows["seven_day"].resets_at) == (0.4, resets_at + 9)


async def test_an_organisation_that_forbids_subscriptions_is_told_to_use_a_key(
    subscriber: AgentEngine, stand_in: StandIn
) -> None:
    stand_in.answer_next(Refusal(403, "OAuth authentication is currently not allowed for this organization."))

    result = await result_of(subscriber, turn(user("Hello")))

    assert isinstance(result, Fault)
    assert (result.kind.status, result.code) == (403, "subscription_not_allowed")
