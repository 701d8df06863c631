"""What the menu says for each state of things."""

from __future__ import annotations

import pytest

from app.core.account_state import AccountState, Kind
from app.core.conditions import Condition
from app.core.environment import Method
from app.core.moments import moment
from app.core.status import Notice, PlanWindow
from app.tray.menu import Entry, menu
from app.tray.state import Look, Today, View, look, title
from tests.tray.statuses import NOON, status

EXPIRED = AccountState(Kind.EXPIRED, Condition.SIGN_IN_EXPIRED, NOON)
LIMITED = AccountState(Kind.LIMITED, Condition.PLAN_LIMIT, NOON, until=NOON + 3_600)


def shown(view: View) -> list[str]:
    """What a person reads; - is a separator, (…) can't be clicked."""
    lines = []
    for line in menu(view, NOON):
        if line is None:
            lines.append("-")
        elif line.visible:
            mark = {None: "", True: "✓ ", False: "☐ "}[line.checked]
            lines.append(f"{mark}{line.label}" if line.enabled else f"({mark}{line.label})")
    return lines


def test_everything_works():
    windows = (
        PlanWindow("five_hour", "5 hours", 0.42, NOON + 7_200, "allowed"),
        PlanWindow("seven_day", "7 days", None, None, "allowed"),
    )
    view = View(status(windows=windows, running=2), Today(1_234, 3), autostart=True)
    assert shown(view) == [
        f"(Claude answered {moment(NOON, NOON)}.)",
        "-",
        "Copy address  http://127.0.0.1:3456/v1",
        "(1,234 requests today, 3 failed, 2 running)",
        f"(Limit, 5 hours: 42% used, resets {moment(NOON + 7_200, NOON)})",
        "(Limit, 7 days: within its limit)",
        "-",
        "Open dashboard",
        "Connect an app…",
        "Copy key",
        "-",
        "Refresh sign-in now",
        "Sign out…",
        "Pause",
        "Restart",
        "-",
        "✓ Start at login",
        "(Check for updates (none are published yet))",
        "About and terms",
        "-",
        "Quit Tidegate",
    ]


def test_an_expired_sign_in_offers_the_one_button_that_helps():
    lines = shown(View(status(EXPIRED)))
    assert lines[:2] == ["(Your Claude sign-in has run out. Sign in again.)", "Sign in again"]
    assert "Sign in…" in lines


def test_with_an_api_key_there_is_nothing_to_sign_in_to():
    lines = shown(View(status(method=Method.KEPT_KEY)))
    assert not {"Sign in…", "Sign out…", "Refresh sign-in now"} & set(lines)


def test_what_came_of_the_last_click_is_said_and_what_is_under_way_can_not_be_clicked_twice():
    lines = shown(View(status(), said="✗ No.", under_way=frozenset({"restart", "refresh"})))
    assert "(✗ No.)" in lines
    assert {"(Restarting…)", "(Refreshing sign-in…)"} <= set(lines)


def test_a_sign_out_is_asked_about_first():
    assert "Yes, sign out of Claude Code" in shown(View(status(), asked="sign_out"))
    assert "(Signing out…)" in shown(View(status(), under_way=frozenset({"sign_out_now"})))


def test_an_end_that_waits_for_answers_says_so_and_can_be_hurried():
    for running, words in (
        (0, ""),
        (1, " as soon as the running answer has ended"),
        (3, " as soon as 3 running answers"),
    ):
        lines = shown(View(status(running=running), under_way=frozenset({"quit"})))
        assert lines[0].startswith(f"(Tidegate closes{words}")
        assert lines[-1] == "Quit at once"
    assert shown(View(status(), under_way=frozenset({"restart"})))[0] == "(Tidegate restarts.)"


def test_while_it_does_not_serve_it_can_be_tried_again_and_ended():
    lines = shown(View(None, trouble="Port 3456 is taken by mobygate: stop it, or use the next free port, 3457."))
    clickable = [line for line in lines if not line.startswith("(") and line != "-"]
    assert clickable == ["Restart", "☐ Start at login", "Quit Tidegate"]
    assert lines[:2] == ["(Port 3456 is taken by mobygate: stop it, or use the next)", "(free port, 3457.)"]


STATES = [
    View(None),
    View(None, trouble="It broke."),
    View(status()),
    View(status(running=1)),
    View(status(paused=True)),
    View(status(EXPIRED)),
    View(status(LIMITED, windows=(PlanWindow("five_hour", "5 hours", 1.0, NOON, "rejected"),) * 6)),
    View(status(method=Method.NONE), said="✓ Done.", under_way=frozenset({"pause"})),
]


def test_the_lines_are_always_the_same_so_that_an_open_menu_stays_open():
    shapes = {tuple(None if line is None else line.checked is None for line in menu(view, NOON)) for view in STATES}
    assert len(shapes) == 1
    for view in STATES:
        names = [line.name for line in menu(view, NOON) if isinstance(line, Entry)]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (View(None), Look.STOPPED),
        (View(None, trouble="It broke."), Look.ATTENTION),
        (View(status()), Look.READY),
        (View(status(running=1)), Look.BUSY),
        (View(status(paused=True, running=1)), Look.STOPPED),
        (View(status(LIMITED, running=1)), Look.ATTENTION),
        (View(status(notices=(Notice("keyring", "This system has no keyring."),))), Look.READY),
        (View(status(notices=(Notice("sign_in", "Sign in.", "sign_in"),))), Look.ATTENTION),
    ],
)
def test_the_icon_shows_at_a_glance_whether_a_person_is_needed(view: View, expected: Look):
    assert look(view) is expected


def test_the_tooltip_fits_where_windows_cuts_it():
    assert title(View(status())) == f"Tidegate: Claude answered {moment(NOON, NOON)}."
    assert len(title(View(None, trouble="x" * 200))) == 63
    assert title(View(None)) == "Tidegate is starting."
