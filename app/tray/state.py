"""What the tray shows, out of what is known. Pure: values in, values out."""

from __future__ import annotations

from enum import Enum

import msgspec

from app.core.account_state import Kind
from app.core.status import Status

_TROUBLE = {Kind.NOT_CONFIGURED, Kind.LIMITED, Kind.EXPIRED, Kind.REFUSED, Kind.OFFLINE, Kind.ENGINE_MISSING}
_ENDS = {"quit": "closes", "restart": "restarts"}
"""Clicks that let running answers end first."""
_LONGEST_TITLE = 63
"""Windows cuts a tooltip after as many characters on its older versions."""


class Look(Enum):
    """What the icon tells at a glance; the value is the picture's name."""

    READY = "ready"
    BUSY = "busy"
    ATTENTION = "attention"
    STOPPED = "stopped"


class Today(msgspec.Struct, frozen=True):
    """Requests since midnight."""

    requests: int = 0
    failed: int = 0


class View(msgspec.Struct, frozen=True):
    """Everything the menu is made of."""

    status: Status | None
    """None while Tidegate does not serve."""
    today: Today = Today()
    autostart: bool = False
    trouble: str = ""
    """Why it does not serve, as a sentence."""
    said: str = ""
    """What came of the last click, for a while."""
    under_way: frozenset[str] = frozenset()
    """Names of clicks that are being done."""
    asked: str = ""
    """The click that has to be made once more, for a while, because it is hard to take back."""


def look(view: View) -> Look:
    """Trouble is shown before work: an answer of the demo must not hide that Claude can't be reached."""
    status = view.status
    if status is None:
        return Look.ATTENTION if view.trouble else Look.STOPPED
    if status.paused:
        return Look.STOPPED
    if status.account.kind in _TROUBLE or any(notice.action for notice in status.notices):
        return Look.ATTENTION
    return Look.BUSY if status.running else Look.READY


def sentence(view: View) -> str:
    """The state in words."""
    if view.status is None:
        return view.trouble or "Tidegate is starting."
    for name, word in _ENDS.items():
        if name in view.under_way:
            return f"Tidegate {word}{_once_answered(view.status.running)}."
    if view.status.paused:
        return "Paused: chat apps are told to try again later."
    return view.status.sentence


def _once_answered(running: int) -> str:
    match running:
        case 0:
            return ""
        case 1:
            return " as soon as the running answer has ended"
        case _:
            return f" as soon as {running} running answers have ended"


def title(view: View) -> str:
    """The icon's tooltip and name for screen readers."""
    words = sentence(view)
    if not words.startswith("Tidegate "):
        words = f"Tidegate: {words}"
    return words if len(words) <= _LONGEST_TITLE else words[: _LONGEST_TITLE - 1].rstrip() + "…"
