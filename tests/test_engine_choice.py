"""What the settings say reaches the engine that is chosen."""

from __future__ import annotations

from app.core.settings import EngineSettings
from app.engine_choice import _limits
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits


def test_without_a_word_of_the_person_the_engine_takes_on_what_is_written_beside_each_limit() -> None:
    assert _limits(EngineSettings()) == AgentLimits()
    assert (AgentLimits().turns_at_once, AgentLimits().turns_waiting) == (12, 64)


def test_each_setting_of_the_engine_arrives() -> None:
    wanted = EngineSettings(
        concurrency=3,
        queue_length=4,
        queue_seconds=5.0,
        spares=0,
        bound_processes=6,
        process_idle_minutes=7.0,
        recycle_requests=8,
        recycle_mb=900,
        start_seconds=10.0,
        thinking_allowance=11,
    )

    assert _limits(wanted) == AgentLimits(
        PoolLimits(spares=0, idle=6, burst=3, idle_seconds=420.0, turns=8, megabytes=900, start_seconds=10.0),
        turns_at_once=3,
        turns_waiting=4,
        wait_seconds=5.0,
        thinking_allowance=11,
    )
