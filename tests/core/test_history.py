"""The history: what it remembers and what it forgets."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from app.core.bus import Bus
from app.core.events import Outcome, SignInChecked
from app.core.history import History
from app.core.history_queries import (
    Check,
    Counts,
    Latency,
    Minute,
    apps,
    checks,
    counts,
    error_counts,
    exchanges,
    latency,
    traffic,
)
from app.core.history_spending import Day, Hour, ModelUse, Tokens, spending
from app.core.moments import day_of
from tests.core.exchange_events import NOON, Clock, ended, ids, started

DAY = 86_400.0


def test_an_exchange_is_remembered_with_everything_but_its_words(history: History, bus: Bus, clock: Clock):
    bus.publish(started("r1", session_key="chat-1", tools=2, images=1, messages=3, errand=True))
    [running], more = history.read(exchanges)
    assert (running.outcome, running.detail, running.duration_seconds, more) == ("running", None, None, False)
    clock.now += 2
    bus.publish(ended("r1"))
    [exchange], _ = history.read(exchanges)
    assert exchange == type(exchange)(
        id=1, request_id="r1", started_at=NOON, app="Chatbox", path="/v1/messages", model="sonnet",
        served_model="claude-sonnet-5", session_key="chat-1", streaming=True, messages=3, images=1, tools=2,
        errand=True, outcome="ok", detail="end_turn", status=200, duration_seconds=1.5, first_token_seconds=0.5,
        input_tokens=10, output_tokens=5, cache_read_tokens=2, cache_creation_tokens=1, cost_usd=0.25,
    )  # fmt: skip


def test_the_outcome_counts_and_not_the_status(history: History, bus: Bus):
    for number, outcome in enumerate([Outcome.OK, Outcome.FAILED, Outcome.CLIENT_LEFT]):
        bus.publish(started(f"r{number}"))
        bus.publish(ended(f"r{number}", outcome, status=200))
    bus.publish(started("still running", streaming=False, images=1))
    assert history.read(partial(counts, now=NOON)) == Counts(
        total=4,
        ok=1,
        failed=1,
        client_left=1,
        streamed=3,
        with_tools=0,
        with_images=1,
        today=4,
        today_failed=1,
        since=NOON,
    )


def test_pages_filters_and_search_find_the_right_ones(history: History, bus: Bus):
    bus.publish(started("plain"))
    bus.publish(ended("plain"))
    bus.publish(started("failed", model="<script>alert(1)</script>"))
    bus.publish(ended("failed", Outcome.FAILED))
    bus.publish(started("slow", session_key="Chat-7"))
    bus.publish(ended("slow", duration_seconds=15.1))
    assert ids(history) == ["slow", "failed", "plain"]
    assert ids(history, outcome="error") == ["failed"]
    assert ids(history, outcome="slow") == ["slow"]
    assert ids(history, search="<SCRIPT>") == ["failed"]
    assert ids(history, search="chat-7") == ["slow"]
    assert ids(history, search="%") == []
    first, more = history.read(partial(exchanges, limit=2))
    assert ([each.request_id for each in first], more) == (["slow", "failed"], True)
    assert ids(history, before=first[-1].id) == ["plain"]


def test_latency_is_that_of_answers_that_came_to_their_end(history: History, bus: Bus):
    assert history.read(latency) == Latency(None, None, ())
    for number in range(20):
        bus.publish(started(f"r{number}"))
        bus.publish(ended(f"r{number}", duration_seconds=float(number + 1)))
    bus.publish(started("failed"))
    bus.publish(ended("failed", Outcome.FAILED, duration_seconds=99.0))
    assert history.read(latency) == Latency(10.0, 19.0, tuple(float(number) for number in range(7, 21)))


def test_traffic_shows_fifteen_minutes_with_their_failures(history: History, bus: Bus, clock: Clock):
    clock.now = NOON - 15 * 60
    bus.publish(started("too old"))
    clock.now = NOON - 14 * 60
    bus.publish(started("oldest"))
    clock.now = NOON + 30
    bus.publish(started("now"))
    bus.publish(ended("now", Outcome.FAILED))
    minutes = history.read(partial(traffic, now=clock.now))
    assert len(minutes) == 15
    assert [minute for minute in minutes if minute.requests] == [
        Minute(int(NOON) - 14 * 60, 1, 0),
        Minute(int(NOON), 1, 1),
    ]


def test_spending_is_told_by_day_and_model_and_an_unknown_cost_stays_unknown(history: History, bus: Bus, clock: Clock):
    clock.now = NOON - DAY
    bus.publish(started("yesterday"))
    bus.publish(ended("yesterday", served_model="claude-haiku-4-5", cost_usd=None))
    clock.now = NOON
    for name in ("a", "b"):
        bus.publish(started(name))
        bus.publish(ended(name))
    bus.publish(started("refused", model="opus"))
    bus.publish(ended("refused", Outcome.FAILED, served_model=None, input_tokens=0, output_tokens=0, cost_usd=None))
    assert history.read(partial(error_counts, now=NOON)) == (("service_error", 1),)
    told = history.read(partial(spending, now=NOON))
    assert told.today == Tokens(20, 10, 0.5)
    assert [day for day in told.days if day.requests] == [
        Day(day_of(NOON - DAY), 1, 0, 10, 5, None),
        Day(day_of(NOON), 3, 1, 20, 10, 0.5),
    ]
    assert [day.day for day in told.days][-1] == day_of(NOON)
    assert len(told.days) == 30
    assert [hour for hour in told.hours if hour.requests] == [Hour(int(NOON), 3, 20, 10, 0.5)]
    assert [hour.start for hour in told.hours] == [int(NOON) + (hour - 12) * 3_600 for hour in range(24)]
    assert told.models == (
        ModelUse("claude-sonnet-5", 2, 20, 10, 0.5),
        ModelUse("claude-haiku-4-5", 1, 10, 5, None),
        ModelUse("opus", 1, 0, 0, None),
    )


def test_apps_and_looks_at_the_sign_in_are_remembered(history: History, bus: Bus, clock: Clock):
    for number, app in enumerate(["Chatbox", "Cherry", "Chatbox"]):
        clock.now = NOON + number
        bus.publish(started(f"r{number}", key_name=app))
    bus.publish(SignInChecked(ok=True, signed_in=True, duration_seconds=0.2))
    bus.publish(SignInChecked(ok=False, signed_in=False, duration_seconds=20.0, problem="It did not answer."))
    assert history.read(partial(apps, since=NOON)) == ("Chatbox", "Cherry")
    assert history.read(checks) == (
        Check(NOON + 2, False, False, 20.0, "It did not answer."),
        Check(NOON + 2, True, True, 0.2, None),
    )


def test_facts_outlive_the_program(tmp_path: Path):
    first = History(tmp_path / "history.db", Bus())
    first.keep_fact("proof", "12")
    first.keep_fact("other", "x")
    first.keep_fact("other", None)
    first.close()
    second = History(tmp_path / "history.db", Bus())
    assert (second.fact("proof"), second.fact("other")) == ("12", None)
    second.close()


# What is forgotten


def test_old_requests_go_before_their_totals_do(history: History, bus: Bus, clock: Clock):
    for back in (500, 31, 1):
        clock.now = NOON - back * DAY
        bus.publish(started(f"{back} days"))
        bus.publish(ended(f"{back} days"))
    clock.now = NOON
    history.forget_old()
    assert ids(history) == ["1 days"]
    days = history.read(lambda found: found.execute("SELECT day FROM totals ORDER BY day").fetchall())
    assert days == [(day_of(NOON - 31 * DAY),), (day_of(NOON - DAY),)]
    history.keep_for(days=1, total_days=2)
    clock.now = NOON + 3 * DAY
    history.forget_old()
    assert ids(history) == []
