"""The tray's threads: what is shown follows what happens, and a click never waits for another."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.core.bus import Bus
from app.core.commands import Outcome
from app.core.errors import TidegateError
from app.core.events import AccountChanged, ExchangeEnded, ExchangeStarted
from app.core.events import Outcome as Ending
from app.tray.menu import Line
from app.tray.state import Look, Today
from app.tray.tray import Tray
from tests.tray.statuses import NOON, status

LIMIT_SECONDS = 20


class Screen:
    """Stands where the icon is, because a screen to draw on is not everywhere: takes what would be drawn."""

    def __init__(self) -> None:
        self.views: queue.Queue[tuple[Look, list[str]]] = queue.Queue()
        self.told: queue.Queue[tuple[str, str]] = queue.Queue()

    def show(self, look: Look, title: str, lines: tuple[Line, ...]) -> None:
        self.views.put((look, [line.label for line in lines if line and line.visible]))

    def notify(self, title: str, text: str) -> None:
        self.told.put((title, text))

    def until(self, seen: Callable[[Look, list[str]], bool]) -> list[str]:
        while True:
            look, labels = self.views.get(timeout=LIMIT_SECONDS)
            if seen(look, labels):
                return labels


@contextmanager
def tray(
    bus: Bus, do: Callable[[str], Outcome] = lambda _: Outcome(ok=True, sentence="Done.")
) -> Iterator[tuple[Tray, Screen]]:
    screen = Screen()
    running = Tray(screen, bus, do=do, autostart=lambda: False, clock=lambda: NOON)
    running.start()
    try:
        yield running, screen
    finally:
        running.close()


def started(number: int) -> ExchangeStarted:
    return ExchangeStarted(f"r{number}", "/v1/messages", "default", "m", None, False, 1, 0, 0)


def ended(number: int, outcome: Ending) -> ExchangeEnded:
    return ExchangeEnded(f"r{number}", outcome, "end_turn", 200, "m", 1.0, None, 1, 1, 0, 0, None)


def test_requests_are_counted_on_from_what_the_history_knows():
    bus = Bus()
    with tray(bus) as (shown, screen):
        shown.serving(status, lambda: Today(40, 2))
        screen.until(lambda _, labels: "40 requests today, 2 failed" in labels)
        for number in range(2):
            bus.publish(started(number))
        bus.publish(ended(0, Ending.OK))
        bus.publish(ended(1, Ending.FAILED))
        screen.until(lambda _, labels: "42 requests today, 3 failed" in labels)


def test_a_click_that_takes_its_time_holds_up_no_other_and_is_done_once():
    go_on, done = threading.Event(), queue.Queue[str]()

    def do(name: str) -> Outcome:
        done.put(name)
        if name == "refresh":
            assert go_on.wait(LIMIT_SECONDS)
        return Outcome(ok=True, sentence=f"{name} is done.")

    with tray(Bus(), do) as (shown, screen):
        shown.serving(status, Today)
        shown.click("refresh")
        shown.click("refresh")
        shown.click("pause")
        screen.until(lambda _, labels: "✓ pause is done." in labels and "Refreshing sign-in…" in labels)
        go_on.set()
        screen.until(lambda _, labels: "✓ refresh is done." in labels and "Refresh sign-in now" in labels)
    assert sorted(done.queue) == ["pause", "refresh"]


def test_what_is_hard_to_take_back_is_done_by_the_second_click_only():
    done = queue.Queue[str]()

    def do(name: str) -> Outcome:
        done.put(name)
        return Outcome(ok=True, sentence="You are signed out.")

    with tray(Bus(), do) as (shown, screen):
        shown.serving(status, Today)
        shown.click("sign_out")
        labels = screen.until(lambda _, labels: "Yes, sign out of Claude Code" in labels)
        assert any(label.startswith("This signs out Claude Code on this computer too") for label in labels)
        assert done.empty()
        shown.click("sign_out_now")
        screen.until(lambda _, labels: "✓ You are signed out." in labels and "Sign out…" in labels)
    assert list(done.queue) == ["sign_out_now"]


def test_a_clock_that_is_set_back_keeps_no_question_open():
    bus, screen, times = Bus(), Screen(), {"clock": NOON, "ticking": 100.0}
    running = Tray(
        screen,
        bus,
        do=lambda _: Outcome(ok=True, sentence=""),
        autostart=lambda: False,
        clock=lambda: times["clock"],
        ticking=lambda: times["ticking"],
    )
    running.start()
    try:
        running.serving(status, Today)
        running.click("sign_out")
        screen.until(lambda _, labels: "Yes, sign out of Claude Code" in labels)
        times.update(clock=NOON - 3_600, ticking=113.0)
        bus.publish(started(1))
        screen.until(lambda _, labels: "Sign out…" in labels and "1 request today" in labels)
    finally:
        running.close()


def test_a_window_that_opens_says_enough_and_one_that_does_not_is_told():
    outcomes = iter((Outcome(ok=True, sentence="The dashboard opens."), Outcome(ok=False, sentence="No browser.")))
    with tray(Bus(), lambda _: next(outcomes)) as (shown, screen):
        shown.serving(status, Today)
        shown.click("open")
        screen.until(lambda _, labels: "✓ The dashboard opens." in labels)
        shown.click("open")
        screen.until(lambda _, labels: "✗ No browser." in labels)
    assert list(screen.told.queue) == [("Tidegate", "No browser.")]


def test_what_goes_wrong_is_said():
    def do(name: str) -> Outcome:
        raise TidegateError("Not now.") if name == "copy_key" else ZeroDivisionError

    with tray(Bus(), do) as (shown, screen):
        shown.serving(status, Today)
        shown.click("copy_key")
        screen.until(lambda _, labels: "✗ Not now." in labels)
        shown.click("pause")
        screen.until(lambda _, labels: any(label.startswith("✗ That did not work.") for label in labels))
    assert screen.told.get(timeout=LIMIT_SECONDS) == ("Tidegate", "Not now.")


def test_a_server_that_is_down_is_shown_and_told_and_so_is_its_return():
    with tray(Bus()) as (shown, screen):
        shown.serving(status, Today)
        screen.until(lambda look, _: look is Look.READY)
        shown.down("Port 3456 is taken.")
        labels = screen.until(lambda look, _: look is Look.ATTENTION)
        assert labels[0] == "Port 3456 is taken."
        shown.serving(status, Today)
        screen.until(lambda look, _: look is Look.READY)
    assert screen.told.get(timeout=LIMIT_SECONDS) == ("Tidegate does not run", "Port 3456 is taken.")


def test_news_of_the_account_become_notifications():
    bus = Bus()
    with tray(bus) as (_, screen):
        bus.publish(AccountChanged("expired", "Your Claude sign-in has run out. Sign in again.", None, None))
        assert screen.told.get(timeout=LIMIT_SECONDS) == (
            "Sign in again",
            "Your Claude sign-in has run out. Sign in again.",
        )
