"""The tray's menu: always the same entries in the same order, whose labels, marks and visibility change.

That they are the same is what lets an open menu stay open while it changes.
"""

from __future__ import annotations

import textwrap
from typing import TypeAlias

import msgspec

from app.core.account_state import Kind
from app.core.environment import Method
from app.core.status import PlanWindow, Status, window_words
from app.tray.state import View, sentence

_WIDTH = 58
_STATE_LINES = 3
_SAID_LINES = 2
_WINDOWS = 4
_SIGNED_OUT = {Kind.NOT_CONFIGURED, Kind.EXPIRED, Kind.CONFIGURED}
_NO_BUTTON = {"dashboard"}
"""Commands behind the state's button that the menu has an entry for anyway."""


class Entry(msgspec.Struct, frozen=True):
    """A line of the menu."""

    name: str
    """What `actions` does when it is clicked; unique."""
    label: str
    enabled: bool = True
    """False: it only tells something."""
    visible: bool = True
    checked: bool | None = None
    """None: it has no check mark."""
    default: bool = False
    """Done by a click on the icon itself, where the system has such a thing."""


Line: TypeAlias = Entry | None
"""None is a separator."""


def menu(view: View, now: float) -> tuple[Line, ...]:
    """The whole menu; `now` in Unix seconds."""
    serving = view.status is not None
    return (
        *_state(view),
        None,
        *_facts(view, now),
        None,
        Entry("open", "Open dashboard", enabled=serving, default=True),
        Entry("connect", "Connect an app…", enabled=serving),
        Entry("copy_key", "Copy key", enabled=serving),
        None,
        *_sign_in(view),
        _pause(view),
        _busy(view, Entry("restart", "Restart"), "Restarting…"),
        None,
        Entry("autostart", "Start at login", checked=view.autostart),
        _updates(view),
        Entry("about", "About and terms", enabled=serving),
        None,
        _quit(view),
    )


def _state(view: View) -> list[Line]:
    """The state sentence, broken into lines because no system wraps a menu's, and the one button that helps."""
    lines = _told("state", sentence(view), _STATE_LINES)
    status = view.status
    helps = status is not None and not status.paused and status.action_command not in _NO_BUTTON
    remedy = Entry("remedy", status.action_label if helps and status else "", visible=helps)
    lines.append(_busy(view, remedy, "One moment…"))
    return lines + _told("said", view.said, _SAID_LINES)


def _told(name: str, words: str, most: int) -> list[Line]:
    """So many lines of the menu, of which those that are needed are to be seen."""
    broken = textwrap.wrap(words, _WIDTH, max_lines=most, placeholder=" …")
    shown = broken + [""] * (most - len(broken))
    return [Entry(f"{name}_{number}", line, enabled=False, visible=bool(line)) for number, line in enumerate(shown)]


def _facts(view: View, now: float) -> list[Line]:
    status = view.status
    lines: list[Line] = [
        Entry(
            "copy_address",
            f"Copy address  {api_base(status)}" if status else "Copy address",
            enabled=status is not None,
        ),
        Entry("requests", _requests(view), enabled=False),
    ]
    windows = status.windows[:_WINDOWS] if status else ()
    for number in range(_WINDOWS):
        shown = number < len(windows)
        label = _window(windows[number], now) if shown else ""
        lines.append(Entry(f"window_{number}", label, enabled=False, visible=shown))
    return lines


def api_base(status: Status) -> str:
    """What most chat apps want as their address."""
    return f"{status.address}/v1"


def _requests(view: View) -> str:
    today = view.today
    parts = [f"{today.requests:,} request{'' if today.requests == 1 else 's'} today"]
    if today.failed:
        parts.append(f"{today.failed:,} failed")
    if view.status and view.status.running:
        parts.append(f"{view.status.running} running")
    return ", ".join(parts)


def _window(window: PlanWindow, now: float) -> str:
    return f"Limit, {window.label}: {window_words(window, now)}"


def _sign_in(view: View) -> list[Line]:
    """Only where Claude is reached as whoever is signed in, or in no way yet, is there anything to sign in to."""
    status = view.status
    by_account = status is not None and status.method_label == Method.ACCOUNT.label
    signed_out = status is None or status.account.kind in _SIGNED_OUT
    visible = by_account or (status is not None and signed_out)
    return [
        _busy(view, Entry("refresh", "Refresh sign-in now", visible=by_account), "Refreshing sign-in…"),
        _busy(view, Entry("sign_in", "Sign in…", visible=visible), "Opening the sign-in page…")
        if signed_out
        else _busy(view, _sign_out(view, visible=visible), "Signing out…"),
    ]


def _sign_out(view: View, *, visible: bool) -> Entry:
    if view.asked == "sign_out" or "sign_out_now" in view.under_way:
        return Entry("sign_out_now", "Yes, sign out of Claude Code", visible=visible)
    return Entry("sign_out", "Sign out…", visible=visible)


def _pause(view: View) -> Entry:
    paused = view.status is not None and view.status.paused
    return Entry("resume" if paused else "pause", "Resume" if paused else "Pause", enabled=view.status is not None)


def _quit(view: View) -> Entry:
    """Running answers may end first; whoever can't wait clicks again."""
    return Entry("quit_now", "Quit at once") if "quit" in view.under_way else Entry("quit", "Quit Tidegate")


def _updates(view: View) -> Entry:
    """Where a newer version is, or the way to look for one; why not, where nobody can."""
    status = view.status
    if status is None:
        return Entry("updates", "Check for updates", enabled=False)
    if status.updates_problem:
        return Entry("updates", "Check for updates (none are published yet)", enabled=False)
    if status.update:
        return Entry("updates", f"Get Tidegate {status.update.version}…")
    return _busy(view, Entry("updates", "Check for updates"), "Looking for updates…")


def _busy(view: View, entry: Entry, meanwhile: str) -> Entry:
    if entry.name not in view.under_way:
        return entry
    return Entry(entry.name, meanwhile, enabled=False, visible=entry.visible)
