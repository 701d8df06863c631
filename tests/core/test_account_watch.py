"""The state of the account, kept up to date by what happens and by what is remembered."""

from __future__ import annotations

from pathlib import Path

from app.core.account_state import (
    AccountState,
    Kind,
    sentence,
)
from app.core.account_watch import AccountWatch
from app.core.bus import Bus
from app.core.conditions import Condition
from app.core.events import AccountChanged, Event, Outcome, SignInChecked
from app.core.history import History
from tests.core.exchange_events import NOON, Clock, ended, started


def kind_of(watch: AccountWatch) -> Kind:
    return watch.state.kind


def watched(folder: Path, clock: Clock, *, limit_ends: float | None = None) -> tuple[Bus, History, AccountWatch]:
    bus = Bus(clock=clock)
    history = History(folder / "history.db", bus, clock=clock)
    watch = AccountWatch(bus, history, not_claude=frozenset({"demo"}), limit_ends=lambda: limit_ends, clock=clock)
    return bus, history, watch


def exchange(bus: Bus, name: str, outcome: Outcome = Outcome.OK, **more: object) -> None:
    bus.publish(started(name))
    bus.publish(ended(name, outcome, **more))


def test_what_a_clock_that_was_ahead_wrote_down_proves_nothing_later(tmp_path: Path):
    clock = Clock(NOON + 30 * 86_400)
    bus, history, watch = watched(tmp_path, clock)
    watch.choose("a key")
    exchange(bus, "ahead")
    clock.now = NOON
    exchange(bus, "refused", Outcome.FAILED, detail="api_key_invalid")
    history.close()
    bus, history, watch = watched(tmp_path, clock)
    watch.choose("a key")
    assert kind_of(watch) is Kind.REFUSED
    clock.now += 60
    exchange(bus, "right")
    history.close()
    clock.now += 60
    bus, history, watch = watched(tmp_path, clock)
    watch.choose("a key")
    assert (kind_of(watch), watch.state.proven_at) == (Kind.PROVEN, NOON + 60 + 1.5)
    history.close()


def test_the_bus_hears_of_each_change_once(tmp_path: Path):
    clock = Clock(NOON)
    bus, history, watch = watched(tmp_path, clock)
    heard: list[Event] = []
    bus.subscribe(lambda event: heard.append(event) if isinstance(event, AccountChanged) else None)
    watch.choose("a key")
    exchange(bus, "one")
    clock.now += 1
    exchange(bus, "two")
    exchange(bus, "three", Outcome.FAILED, detail="plan_limit", until=NOON + 601)
    clock.now += 600
    watch.tick()
    assert [event.kind for event in heard if isinstance(event, AccountChanged)] == [
        "configured", "proven", "limited", "proven",
    ]  # fmt: skip
    history.close()


def test_the_demo_and_a_client_that_left_prove_nothing(tmp_path: Path):
    bus, history, watch = watched(tmp_path, Clock(NOON))
    watch.choose("a key")
    exchange(bus, "demo", served_model="demo")
    exchange(bus, "left", Outcome.CLIENT_LEFT)
    exchange(bus, "unnamed", served_model=None)
    assert kind_of(watch) is Kind.CONFIGURED
    history.close()


def test_a_limit_ends_when_the_service_says_or_the_engine_does_or_soon(tmp_path: Path):
    for number, (engine, service, told, over) in enumerate(
        [(NOON + 900, NOON + 600, NOON + 600, 600), (NOON + 900, None, NOON + 900, 900), (None, None, None, 300)]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        clock = Clock(NOON)
        bus, history, watch = watched(folder, clock, limit_ends=engine)
        watch.choose("a key")
        exchange(bus, "one", Outcome.FAILED, detail="plan_limit", until=service)
        assert watch.state.until == told
        clock.now += over - 1
        assert kind_of(watch) is Kind.LIMITED
        clock.now += 1
        assert kind_of(watch) is Kind.SIGNED_IN
        history.close()


def test_the_proof_outlives_the_program_but_not_the_credential(tmp_path: Path):
    clock = Clock(NOON)
    bus, history, watch = watched(tmp_path, clock)
    watch.choose("a key")
    exchange(bus, "one", duration_seconds=2.0)
    history.close()

    clock.now += 60
    _, history, watch = watched(tmp_path, clock)
    watch.choose("a key")
    assert watch.state == AccountState(Kind.PROVEN, None, NOON + 2.0)
    watch.choose("another key")
    assert kind_of(watch) is Kind.CONFIGURED
    history.close()

    _, history, watch = watched(tmp_path, clock)
    watch.choose("another key")
    assert kind_of(watch) is Kind.CONFIGURED
    watch.choose(None)
    assert kind_of(watch) is Kind.NOT_CONFIGURED
    history.close()


def test_a_refusal_after_the_last_answer_outlives_the_program_too(tmp_path: Path):
    clock = Clock(NOON)
    bus, history, watch = watched(tmp_path, clock)
    watch.choose("an account")
    exchange(bus, "one")
    clock.now += 60
    exchange(bus, "offline", Outcome.FAILED, detail="no_connection")
    exchange(bus, "refused", Outcome.FAILED, detail="sign_in_expired")
    history.close()
    _, history, watch = watched(tmp_path, clock)
    watch.choose("an account")
    assert kind_of(watch) is Kind.EXPIRED
    clock.now += 1
    watch.changed("an account", signed_in=True)
    assert kind_of(watch) is Kind.SIGNED_IN
    history.close()
    _, history, watch = watched(tmp_path, clock)
    watch.choose("an account")
    assert kind_of(watch) is Kind.CONFIGURED
    history.close()


def test_an_answer_begun_with_another_credential_proves_and_refutes_nothing(tmp_path: Path):
    bus, history, watch = watched(tmp_path, Clock(NOON))
    watch.choose("the old key")
    for name in ("old", "old too"):
        bus.publish(started(name))
    watch.choose("the new key")
    bus.publish(ended("old"))
    assert kind_of(watch) is Kind.CONFIGURED
    bus.publish(ended("old too", Outcome.FAILED, detail="api_key_invalid"))
    assert kind_of(watch) is Kind.CONFIGURED
    exchange(bus, "new")
    assert kind_of(watch) is Kind.PROVEN
    assert watch._begun == set()
    history.close()


def test_who_signs_in_or_out_is_told_just_that_and_once(tmp_path: Path):
    bus, history, watch = watched(tmp_path, Clock(NOON))
    heard: list[Event] = []
    bus.subscribe(lambda event: heard.append(event) if isinstance(event, AccountChanged) else None)
    watch.choose("an account", renewable=True)
    exchange(bus, "one")
    watch.changed("an account", signed_in=False)
    assert watch.state.condition is Condition.NOT_SIGNED_IN
    bus.publish(SignInChecked(ok=True, signed_in=False, duration_seconds=0.2))
    watch.changed("an account", signed_in=True)
    bus.publish(SignInChecked(ok=True, signed_in=True, duration_seconds=0.2))
    assert [event.kind for event in heard if isinstance(event, AccountChanged)] == [
        "configured", "proven", "not_configured", "signed_in",
    ]  # fmt: skip
    history.close()


def test_a_look_at_the_sign_in_says_nothing_of_a_key(tmp_path: Path):
    bus, history, watch = watched(tmp_path, Clock(NOON))
    watch.choose("a key")
    exchange(bus, "one")
    bus.publish(SignInChecked(ok=True, signed_in=False, duration_seconds=0.2))
    assert kind_of(watch) is Kind.PROVEN
    bus.publish(SignInChecked(ok=False, signed_in=False, duration_seconds=0.2, problem=".", code="engine_missing"))
    assert kind_of(watch) is Kind.PROVEN
    history.close()


def test_a_program_that_is_missing_is_told_at_the_first_look_and_until_it_answers_again(tmp_path: Path):
    bus, history, watch = watched(tmp_path, Clock(NOON))
    watch.choose("an account", renewable=True)
    exchange(bus, "one")
    bus.publish(SignInChecked(ok=False, signed_in=False, duration_seconds=0.2, problem=".", code="engine_missing"))
    assert sentence(watch.state, NOON) == Condition.ENGINE_MISSING.sentence
    bus.publish(SignInChecked(ok=True, signed_in=True, duration_seconds=0.2))
    assert kind_of(watch) is Kind.PROVEN
    history.close()


def test_a_look_at_the_sign_in_counts_only_when_there_was_an_answer(tmp_path: Path):
    bus, history, watch = watched(tmp_path, Clock(NOON))
    watch.choose("an account", renewable=True)
    bus.publish(SignInChecked(ok=False, signed_in=False, duration_seconds=20.0, problem="No answer."))
    assert kind_of(watch) is Kind.CONFIGURED
    bus.publish(SignInChecked(ok=True, signed_in=False, duration_seconds=0.2))
    assert watch.state.condition is Condition.NOT_SIGNED_IN
    history.close()
