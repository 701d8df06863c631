"""What each entry of the menu does: which command it gives, which page it opens, what it copies."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.account_state import AccountState, Kind
from app.core.commands import Outcome, SignInPage
from app.core.conditions import Condition
from app.core.environment import Method
from app.core.status import NewVersion, Status
from app.tray.actions import Actions
from app.tray.board import NoClipboard
from app.tray.menu import Entry, menu
from app.tray.state import View
from tests.tray.statuses import NOON, status

PAGE = "https://claude.example/sign-in"
EXPIRED = AccountState(Kind.EXPIRED, Condition.SIGN_IN_EXPIRED, NOON)
NEWER = NewVersion("0.2.0", "https://tidegate.example/0.2.0", "", "")


class Told:
    """Stands where commands and desktop are, because both reach into the system: writes down what it is told."""

    def __init__(self, shown: Status) -> None:
        self.shown = shown
        self.heard: list[str] = []
        self.clipboard = True
        self.page: str | None = PAGE

    def __getattr__(self, name: str) -> Any:
        def hear(*values: object, **named: object) -> Outcome:
            self.heard.append(" ".join([name, *map(str, values), *(f"{key}={each}" for key, each in named.items())]))
            return Outcome(ok=True, sentence=f"{name} is done.")

        return hear

    def status(self) -> Status:
        return self.shown

    def key(self) -> str:
        return "tg-key"

    def sign_in(self) -> SignInPage:
        return SignInPage(self.page, "Sign in on the page that opens.")

    def copy(self, text: str) -> None:
        if not self.clipboard:
            raise NoClipboard("No clipboard.")
        self.heard.append(f"copy {text}")


def actions(shown: Status | None = None, *, autostart: bool = False) -> tuple[Actions, Told]:
    told = Told(shown or status())
    return Actions(lambda: told, told, lambda: autostart), told


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("open", ["open_dashboard"]),
        ("connect", ["open_dashboard connect"]),
        ("about", ["open_dashboard settings/about"]),
        ("copy_address", ["copy http://127.0.0.1:3456/v1"]),
        ("copy_key", ["copy tg-key"]),
        ("refresh", ["refresh_sign_in"]),
        ("sign_in", [f"browse {PAGE}", "open_dashboard settings/claude"]),
        ("sign_out_now", ["sign_out"]),
        ("pause", ["pause"]),
        ("resume", ["resume"]),
        ("restart", ["restart"]),
        ("autostart", ["set_autostart on=True"]),
        ("updates", ["look_for_update"]),
        ("quit", ["quit"]),
        ("quit_now", ["quit_now"]),
    ],
)
def test_an_entry_does_what_it_says(name: str, heard: list[str]):
    clicked, told = actions()
    assert clicked.do(name).ok
    assert told.heard == heard


def test_the_mark_of_the_start_at_login_is_taken_away_by_a_click():
    clicked, told = actions(autostart=True)
    clicked.do("autostart")
    assert told.heard == ["set_autostart on=False"]


def test_a_newer_version_is_shown_where_it_can_be_downloaded():
    clicked, told = actions(status(update=NEWER))
    clicked.do("updates")
    assert told.heard == [f"browse {NEWER.page}"]


def test_the_button_of_the_state_does_what_helps():
    clicked, told = actions(status(EXPIRED))
    clicked.do("remedy")
    assert told.heard[0] == f"browse {PAGE}"


def test_what_can_not_be_copied_or_begun_is_said():
    clicked, told = actions()
    told.clipboard, told.page = False, None
    assert clicked.do("copy_key") == Outcome(ok=False, sentence="No clipboard.")
    assert clicked.do("sign_in") == Outcome(ok=False, sentence="Sign in on the page that opens.")


@pytest.mark.parametrize(
    "view",
    [
        View(status()),
        View(None, trouble="It broke."),
        View(status(EXPIRED, paused=True)),
        View(status(method=Method.NONE, update=NEWER, updates_problem=None)),
        View(status(), under_way=frozenset({"quit"})),
    ],
)
def test_whatever_can_be_clicked_does_something(view: View):
    asked_first = {"sign_out"}
    clickable = {line.name for line in menu(view, NOON) if isinstance(line, Entry) and line.enabled and line.visible}
    for name in clickable - asked_first:
        clicked, told = actions(view.status)
        clicked.do(name)
        assert told.heard, name
