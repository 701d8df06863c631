"""What is known of the way to Claude: a state machine. Pure: what happened goes in, the state and its words come out.

    not configured ── a credential appears ──► configured ── someone is signed in ──► signed in
                                                    └──────────── a real answer ───────────┴──► proven at HH:MM
    from any of them:  a refusal ► expired or refused    a plan's limit ► limited until HH:MM, then as before
                       no network ► offline              no program ► engine missing

Only a real answer proves anything, and only a real answer or a new credential takes back what a refusal said.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

import msgspec

from app.core.conditions import Condition
from app.core.moments import moment


class Kind(Enum):
    """Where things stand."""

    NOT_CONFIGURED = "not_configured"
    CONFIGURED = "configured"
    SIGNED_IN = "signed_in"
    PROVEN = "proven"
    LIMITED = "limited"
    EXPIRED = "expired"
    REFUSED = "refused"
    OFFLINE = "offline"
    ENGINE_MISSING = "engine_missing"


class AccountState(msgspec.Struct, frozen=True):
    kind: Kind = Kind.NOT_CONFIGURED
    condition: Condition | None = Condition.NOT_CONFIGURED
    """What stands between a person and an answer; None when nothing is known to."""
    proven_at: float | None = None
    """Unix seconds of the last real answer with this credential."""
    until: float | None = None
    """Unix seconds of a limit's end, where somebody told."""
    look_again: float | None = None
    """Unix seconds at which a limit counts as over; soon, when nobody told its end."""
    signed_out: bool = False
    """The signed-in program itself said that nobody is."""


class CredentialChosen(msgspec.Struct, frozen=True):
    """The program started, or a person changed how Claude is reached."""

    there: bool
    """False: there is nothing to reach Claude with; the demo answers."""
    proven_at: float | None = None
    """When this very credential was proven before."""


class SignInSeen(msgspec.Struct, frozen=True):
    """The signed-in program said whether anyone is signed in; it does not know whether that is still valid."""

    signed_in: bool


class Answered(msgspec.Struct, frozen=True):
    """Claude answered a real request."""

    at: float


class NotAnswered(msgspec.Struct, frozen=True):
    """A real request failed for a reason of the catalogue."""

    code: str
    at: float
    until: float | None = None
    """The end of a limit, where the service told."""


class TimePassed(msgspec.Struct, frozen=True):
    now: float


AccountEvent: TypeAlias = CredentialChosen | SignInSeen | Answered | NotAnswered | TimePassed

_KIND_OF = {
    Condition.NOT_CONFIGURED: Kind.NOT_CONFIGURED,
    Condition.NOT_SIGNED_IN: Kind.NOT_CONFIGURED,
    Condition.SIGN_IN_EXPIRED: Kind.EXPIRED,
    Condition.SIGNED_OUT_ELSEWHERE: Kind.EXPIRED,
    Condition.ACCOUNT_REFUSED: Kind.REFUSED,
    Condition.KEY_INVALID: Kind.REFUSED,
    Condition.ORG_FORBIDS_SUBSCRIPTION: Kind.REFUSED,
    Condition.ORG_FORBIDS_KEYS: Kind.REFUSED,
    Condition.NO_CREDIT: Kind.REFUSED,
    Condition.PLAN_LIMIT: Kind.LIMITED,
    Condition.NO_CONNECTION: Kind.OFFLINE,
    Condition.ENGINE_MISSING: Kind.ENGINE_MISSING,
}
"""What a failure says of the account; every other one is about a single request and says nothing."""
ABOUT_THE_ACCOUNT = frozenset(_KIND_OF)
"""Conditions that tray and dashboard show as the state, in the same sentence that the app gets."""
_BY_CODE = {condition.code: condition for condition in _KIND_OF}
_ACTIONS = {
    Kind.NOT_CONFIGURED: (None, "set_up"),
    Kind.CONFIGURED: ("Try it", "probe"),
    Kind.SIGNED_IN: ("Try it", "probe"),
    Kind.PROVEN: ("Open dashboard", "dashboard"),
    Kind.LIMITED: (None, "dashboard"),
    Kind.EXPIRED: (None, "sign_in"),
    Kind.REFUSED: (None, "set_up"),
    Kind.OFFLINE: (None, "probe"),
    Kind.ENGINE_MISSING: (None, "probe"),
}
"""Label and command of the button; None: the label is the condition's own."""
_SOON_SECONDS = 300.0
"""A limit whose end nobody told is looked at again after this long."""


def after(state: AccountState, event: AccountEvent) -> AccountState:
    """The state once the event has happened."""
    match event:
        case CredentialChosen(there, proven_at):
            if not there:
                return AccountState()
            return AccountState(Kind.PROVEN if proven_at else Kind.CONFIGURED, None, proven_at)
        case Answered(at):
            return AccountState(Kind.PROVEN, None, at)
        case NotAnswered(code, at, until):
            return _failed(state, _BY_CODE.get(code), at, until)
        case SignInSeen(signed_in):
            return _seen(state, signed_in=signed_in)
        case TimePassed(now):
            over = state.look_again is not None and state.look_again <= now
            return _before_trouble(state) if over else state


def sentence(state: AccountState, now: float) -> str:
    """The state for a person."""
    match state.kind:
        case Kind.CONFIGURED:
            return "Claude is set up, but has not been asked anything yet."
        case Kind.SIGNED_IN:
            return "Signed in to Claude; the next answer will prove it."
        case Kind.PROVEN:
            return f"Claude answered {moment(state.proven_at or now, now)}."
        case Kind.LIMITED if state.until is not None:
            return Condition.PLAN_LIMIT.until(state.until, now)
        case _:
            return (state.condition or Condition.INTERNAL_ERROR).sentence


def action(state: AccountState) -> tuple[str, str]:
    """The one button that helps: its label, and the command behind it."""
    if state.condition is Condition.NOT_SIGNED_IN:
        return state.condition.action, "sign_in"
    label, command = _ACTIONS[state.kind]
    return label or (state.condition or Condition.INTERNAL_ERROR).action, command


def _failed(state: AccountState, condition: Condition | None, at: float, until: float | None) -> AccountState:
    if condition is None:
        return state
    kind, proven_at = _KIND_OF[condition], state.proven_at
    if kind is Kind.LIMITED:
        return AccountState(kind, condition, proven_at, until, look_again=until or at + _SOON_SECONDS)
    return AccountState(kind, condition, proven_at, signed_out=condition is Condition.NOT_SIGNED_IN)


def _seen(state: AccountState, *, signed_in: bool) -> AccountState:
    """A sign-in that the service refused is not good again because the program still shows it."""
    if signed_in and state.kind is Kind.ENGINE_MISSING:
        return _before_trouble(state)  # the program has just answered
    if signed_in:
        return AccountState(Kind.SIGNED_IN, None) if state.signed_out or state.kind is Kind.CONFIGURED else state
    if state.proven_at:
        return AccountState(Kind.EXPIRED, Condition.SIGNED_OUT_ELSEWHERE, state.proven_at, signed_out=True)
    return AccountState(Kind.NOT_CONFIGURED, Condition.NOT_SIGNED_IN, signed_out=True)


def _before_trouble(state: AccountState) -> AccountState:
    """A limit says that the credential was good."""
    return AccountState(Kind.PROVEN if state.proven_at else Kind.SIGNED_IN, None, state.proven_at)
