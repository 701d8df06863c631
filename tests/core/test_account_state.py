"""What is known of the way to Claude: every step of the state machine, in its own words."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from app.core.account_state import (
    AccountEvent,
    AccountState,
    Answered,
    CredentialChosen,
    Kind,
    NotAnswered,
    SignInSeen,
    TimePassed,
    action,
    after,
    sentence,
)
from app.core.account_watch import AccountWatch
from app.core.bus import Bus
from app.core.conditions import Condition
from app.core.events import AccountChanged, Event, Outcome, SignInChecked
from app.core.history import History
from tests.core.exchange_events import ended, started

NOON = time.mktime((2026, 11, 21, 12, 0, 0, 0, 0, -1))
CHOSEN = CredentialChosen(there=True)
LIMIT = NotAnswered(Condition.PLAN_LIMIT.code, NOON + 3_600)


def kinds(*events: AccountEvent) -> list[Kind]:
    state, found = AccountState(), list[Kind]()
    for event in events:
        state = after(state, event)
        found.append(state.kind)
    return found


def last(*events: AccountEvent) -> AccountState:
    state = AccountState()
    for event in events:
        state = after(state, event)
    return state


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([CredentialChosen(there=False)], [Kind.NOT_CONFIGURED]),
        ([CHOSEN, SignInSeen(True), Answered(NOON)], [Kind.CONFIGURED, Kind.SIGNED_IN, Kind.PROVEN]),
        ([CHOSEN, SignInSeen(False), SignInSeen(True)], [Kind.CONFIGURED, Kind.NOT_CONFIGURED, Kind.SIGNED_IN]),
        ([CHOSEN, LIMIT, TimePassed(NOON)], [Kind.CONFIGURED, Kind.LIMITED, Kind.LIMITED]),
        ([CHOSEN, LIMIT, TimePassed(NOON + 3_600)], [Kind.CONFIGURED, Kind.LIMITED, Kind.SIGNED_IN]),
        ([CHOSEN, Answered(NOON), LIMIT, TimePassed(NOON + 3_601)][1:], [Kind.PROVEN, Kind.LIMITED, Kind.PROVEN]),
        ([CHOSEN, NotAnswered("no_connection"), Answered(NOON)], [Kind.CONFIGURED, Kind.OFFLINE, Kind.PROVEN]),
        ([CHOSEN, NotAnswered("engine_missing"), CHOSEN], [Kind.CONFIGURED, Kind.ENGINE_MISSING, Kind.CONFIGURED]),
        ([Answered(NOON), SignInSeen(True)], [Kind.PROVEN, Kind.PROVEN]),
        ([Answered(NOON), SignInSeen(False)], [Kind.PROVEN, Kind.EXPIRED]),
        ([Answered(NOON), CredentialChosen(there=False)], [Kind.PROVEN, Kind.NOT_CONFIGURED]),
    ],
)
def test_what_happens_leads_to_the_right_state(events: list[AccountEvent], expected: list[Kind]):
    assert kinds(*events) == expected


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        (Condition.NOT_SIGNED_IN, Kind.NOT_CONFIGURED),
        (Condition.SIGN_IN_EXPIRED, Kind.EXPIRED),
        (Condition.SIGNED_OUT_ELSEWHERE, Kind.EXPIRED),
        (Condition.ACCOUNT_REFUSED, Kind.REFUSED),
        (Condition.KEY_INVALID, Kind.REFUSED),
        (Condition.NO_CREDIT, Kind.REFUSED),
        (Condition.ENGINE_MISSING, Kind.ENGINE_MISSING),
    ],
)
def test_a_refusal_is_told_in_the_sentence_and_with_the_button_of_the_catalogue(condition: Condition, kind: Kind):
    state = last(CHOSEN, Answered(NOON), NotAnswered(condition.code))
    assert (state.kind, sentence(state, NOON), action(state)[0]) == (kind, condition.sentence, condition.action)


@pytest.mark.parametrize(
    "condition",
    [
        Condition.MODEL_LIMIT,
        Condition.RATE_LIMIT,
        Condition.PROMPT_TOO_LONG,
        Condition.SERVICE_BUSY,
        Condition.MODEL_UNAVAILABLE,
        Condition.STALLED,
        Condition.PAUSED,
    ],
)
def test_what_failed_for_a_reason_of_its_own_says_nothing_of_the_account(condition: Condition):
    assert kinds(CHOSEN, Answered(NOON), NotAnswered(condition.code)) == [Kind.CONFIGURED, Kind.PROVEN, Kind.PROVEN]


def test_a_sign_in_that_the_service_refused_is_not_good_because_the_program_shows_it():
    assert kinds(CHOSEN, NotAnswered("sign_in_expired"), SignInSeen(True))[-1] is Kind.EXPIRED
    assert kinds(CHOSEN, NotAnswered("sign_in_expired"), Answered(NOON))[-1] is Kind.PROVEN


def test_only_an_answer_proves_and_its_time_is_kept_through_trouble():
    state = last(CHOSEN, Answered(NOON), NotAnswered("no_connection"))
    assert state.proven_at == NOON
    assert last(CHOSEN, SignInSeen(True)).proven_at is None


def test_times_are_told_as_a_person_tells_them():
    proven = last(Answered(NOON + 123))
    assert sentence(proven, NOON + 200) == "Claude answered at 12:02."
    assert sentence(proven, NOON + 86_400) == "Claude answered on Saturday at 12:02."
    assert sentence(last(CHOSEN, LIMIT), NOON) == "Your Claude plan's limit is reached. It works again at 13:00."


def test_every_state_has_one_sentence_and_one_button():
    events: list[AccountEvent] = [CHOSEN, SignInSeen(True), Answered(NOON), LIMIT, CredentialChosen(there=False)]
    states = [last(event) for event in events]
    states += [last(CHOSEN, NotAnswered(condition.code)) for condition in Condition]
    assert {state.kind for state in states} >= set(Kind) - {Kind.SIGNED_IN}
    for state in [*states, last(CHOSEN, SignInSeen(True))]:
        label, command = action(state)
        assert re.fullmatch(r"[A-Z].*\.", sentence(state, NOON))
        assert label
        assert command in {"probe", "dashboard", "set_up", "sign_in", "restart"}


# Kept up to date


def kind_of(watch: AccountWatch) -> Kind:
    return watch.state.kind


class Clock:
    now = NOON

    def __call__(self) -> float:
        return self.now


def watched(folder: Path, clock: Clock, *, limit_ends: float | None = None) -> tuple[Bus, History, AccountWatch]:
    bus = Bus(clock=clock)
    history = History(folder / "history.db", bus, clock=clock)
    watch = AccountWatch(bus, history, not_claude=frozenset({"demo"}), limit_ends=lambda: limit_ends, clock=clock)
    return bus, history, watch


def exchange(bus: Bus, name: str, outcome: Outcome = Outcome.OK, **more: object) -> None:
    bus.publish(started(name))
    bus.publish(ended(name, outcome, **more))


def test_the_bus_hears_of_each_change_once(tmp_path: Path):
    clock = Clock()
    bus, history, watch = watched(tmp_path, clock)
    heard: list[Event] = []
    bus.subscribe(lambda event: heard.append(event) if isinstance(event, AccountChanged) else None)
    watch.choose("a key")
    exchange(bus, "one")
    clock.now += 1
    exchange(bus, "two")
    exchange(bus, "three", Outcome.FAILED, detail="plan_limit", retry_after_seconds=600)
    clock.now += 600
    watch.tick()
    assert [event.kind for event in heard if isinstance(event, AccountChanged)] == [
        "configured", "proven", "limited", "proven",
    ]  # fmt: skip
    history.close()


def test_the_demo_and_a_client_that_left_prove_nothing(tmp_path: Path):
    bus, history, watch = watched(tmp_path, Clock())
    watch.choose("a key")
    exchange(bus, "demo", served_model="demo")
    exchange(bus, "left", Outcome.CLIENT_LEFT)
    exchange(bus, "unnamed", served_model=None)
    assert kind_of(watch) is Kind.CONFIGURED
    history.close()


def test_a_limit_ends_when_the_service_says_or_the_engine_does_or_soon(tmp_path: Path):
    for number, (ends, retry, expected) in enumerate(
        [(NOON + 900, 600, 600), (NOON + 900, None, 900), (None, None, 300)]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        bus, history, watch = watched(folder, Clock(), limit_ends=ends)
        watch.choose("a key")
        exchange(bus, "one", Outcome.FAILED, detail="plan_limit", retry_after_seconds=retry)
        assert watch.state.until == NOON + expected
        history.close()


def test_the_proof_outlives_the_program_but_not_the_credential(tmp_path: Path):
    clock = Clock()
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
    clock = Clock()
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
    watch.changed("an account")
    assert kind_of(watch) is Kind.CONFIGURED
    history.close()
    _, history, watch = watched(tmp_path, clock)
    watch.choose("an account")
    assert kind_of(watch) is Kind.CONFIGURED
    history.close()


def test_a_look_at_the_sign_in_counts_only_when_there_was_an_answer(tmp_path: Path):
    bus, history, watch = watched(tmp_path, Clock())
    watch.choose("an account")
    bus.publish(SignInChecked(ok=False, signed_in=False, duration_seconds=20.0, problem="No answer."))
    assert kind_of(watch) is Kind.CONFIGURED
    bus.publish(SignInChecked(ok=True, signed_in=False, duration_seconds=0.2))
    assert watch.state.condition is Condition.NOT_SIGNED_IN
    history.close()
