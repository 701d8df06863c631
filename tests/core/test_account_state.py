"""What is known of the way to Claude: every step of the state machine, in its own words."""

from __future__ import annotations

import re

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
from app.core.conditions import Condition
from tests.core.exchange_events import NOON

CHOSEN = CredentialChosen(there=True)
LIMIT = NotAnswered(Condition.PLAN_LIMIT.code, NOON, NOON + 3_600)


def refused(code: str) -> NotAnswered:
    return NotAnswered(code, NOON)


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
        ([CHOSEN, refused("plan_limit"), TimePassed(NOON + 299)], [Kind.CONFIGURED, Kind.LIMITED, Kind.LIMITED]),
        ([CHOSEN, refused("plan_limit"), TimePassed(NOON + 300)], [Kind.CONFIGURED, Kind.LIMITED, Kind.SIGNED_IN]),
        ([CHOSEN, refused("no_connection"), Answered(NOON)], [Kind.CONFIGURED, Kind.OFFLINE, Kind.PROVEN]),
        ([CHOSEN, refused("engine_missing"), SignInSeen(True)], [Kind.CONFIGURED, Kind.ENGINE_MISSING, Kind.SIGNED_IN]),
        ([CHOSEN, refused("engine_missing"), CHOSEN], [Kind.CONFIGURED, Kind.ENGINE_MISSING, Kind.CONFIGURED]),
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
    state = last(CHOSEN, Answered(NOON), refused(condition.code))
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
    assert kinds(CHOSEN, Answered(NOON), refused(condition.code)) == [Kind.CONFIGURED, Kind.PROVEN, Kind.PROVEN]


def test_a_sign_in_that_the_service_refused_is_not_good_because_the_program_shows_it():
    assert kinds(CHOSEN, refused("sign_in_expired"), SignInSeen(True))[-1] is Kind.EXPIRED
    assert kinds(CHOSEN, refused("sign_in_expired"), Answered(NOON))[-1] is Kind.PROVEN


def test_only_an_answer_proves_and_its_time_is_kept_through_trouble():
    state = last(CHOSEN, Answered(NOON), refused("no_connection"))
    assert state.proven_at == NOON
    assert last(CHOSEN, SignInSeen(True)).proven_at is None


def test_times_are_told_as_a_person_tells_them():
    proven = last(Answered(NOON + 123))
    assert sentence(proven, NOON + 200) == "Claude answered at 12:02."
    assert sentence(proven, NOON + 86_400) == "Claude answered on Saturday at 12:02."
    assert sentence(last(CHOSEN, LIMIT), NOON) == "Your Claude plan's limit is reached. It works again at 13:00."
    assert sentence(last(CHOSEN, refused("plan_limit")), NOON) == "Your Claude plan's limit is reached."


def test_every_state_has_one_sentence_and_one_button():
    events: list[AccountEvent] = [CHOSEN, SignInSeen(True), Answered(NOON), LIMIT, CredentialChosen(there=False)]
    states = [last(event) for event in events]
    states += [last(CHOSEN, refused(condition.code)) for condition in Condition]
    assert {state.kind for state in states} >= set(Kind) - {Kind.SIGNED_IN}
    for state in [*states, last(CHOSEN, SignInSeen(True))]:
        label, command = action(state)
        assert re.fullmatch(r"[A-Z].*\.", sentence(state, NOON))
        assert label
        assert command in {"probe", "dashboard", "set_up", "sign_in"}
