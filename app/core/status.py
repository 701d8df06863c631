"""What tray and dashboard both show of the running program. Frozen values: whoever wants news asks again."""

from __future__ import annotations

from typing import Literal

import msgspec

from app.core.account_state import AccountState
from app.core.moments import moment


class PlanWindow(msgspec.Struct, frozen=True):
    """One of the plan's windows, as the engine reports it."""

    name: str
    """five_hour, seven_day, …"""
    label: str
    used_share: float | None
    """0 to 1."""
    resets_at: float | None
    """Unix seconds."""
    status: str
    """allowed, allowed_warning or rejected."""


class Notice(msgspec.Struct, frozen=True):
    """Something a person should know that stops no answer."""

    kind: Literal["history", "keyring", "access", "settings", "sign_in", "engine", "desktop"]
    sentence: str
    action: str | None = None
    """Command behind the button that helps, if there is one."""


class Build(msgspec.Struct, frozen=True):
    version: str
    platform: str
    python: str
    cli: str | None
    """Version of the engine's program, once it has told."""


class NewVersion(msgspec.Struct, frozen=True):
    """A newer version than the one that runs, signed by its makers."""

    version: str
    page: str
    """Where to download it; https."""
    notes: str
    """What is new, as Markdown."""
    notice: str
    """Something everybody should know; usually empty."""


class Status(msgspec.Struct, frozen=True):
    """Everything but the history."""

    account: AccountState
    sentence: str
    action_label: str
    action_command: str
    address: str
    engine: str
    method_label: str
    method_sentence: str
    started_at: float
    """Unix seconds."""
    build: Build
    windows: tuple[PlanWindow, ...]
    paused: bool
    running: int
    """Answers under way."""
    notices: tuple[Notice, ...]
    update: NewVersion | None = None
    """To be offered; None also when a person skipped it."""
    updates_problem: str | None = None
    """Why nobody can look for newer versions, as a sentence."""
    clock_ahead_seconds: float | None = None
    """This computer's clock against that of whoever answered last; None when nobody told the time."""


_LABELS = {
    "five_hour": "5 hours",
    "seven_day": "7 days",
    "seven_day_opus": "7 days, Opus",
    "seven_day_sonnet": "7 days, Sonnet",
    "overage": "Extra usage",
}


def standing(windows: tuple[PlanWindow, ...], now: float) -> tuple[PlanWindow, ...]:
    """Those of which something is known: once one has begun anew, nobody has told yet how much of it is used."""
    return tuple(each for each in windows if each.resets_at is None or each.resets_at > now)


def window_words(window: PlanWindow, now: float) -> str:
    """How much of it is used, and until when; `now` in Unix seconds."""
    full = window.status == "rejected"
    share = "" if window.used_share is None else f"{window.used_share:.0%} used"
    end = "" if window.resets_at is None else moment(window.resets_at, now)
    until = end and f"{'works again' if full else 'resets'} {end}"
    return ", ".join(filter(None, ("used up" if full else share, until))) or "within its limit"


def window_label(name: str) -> str:
    """A plan window's name for a person."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())
