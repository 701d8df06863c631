"""Restarts, crashes and signals, with runs that end as a test says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.core.errors import PortTaken
from app.supervisor import Supervisor


class ScriptedRun:
    """Stands for a run of the server, because a real one crashes only by a mistake nobody has found yet."""

    def __init__(self, end: str, during: Callable[[], None] = lambda: None) -> None:
        self._end = end
        self._during = during
        self.restarting = False
        self.stopping = False
        self.cut_short = False

    def start(self) -> None:
        if self._end == "taken":
            raise PortTaken("Port 3456 is taken.")
        if self._end == "broken":
            raise ZeroDivisionError

    def stop(self) -> None:
        self.stopping = True

    def stop_now(self) -> None:
        self.stopping = self.cut_short = True

    def wait(self) -> int:
        self._during()
        if self._end == "restart":
            self.restarting = self.stopping = True
        return {"crash": 1, "cut": 130}.get(self._end, 0)


class Built:
    def __init__(self, runtime: ScriptedRun) -> None:
        self.runtime = runtime


class Story:
    """Builds the runs in order, and writes down what happens."""

    def __init__(self, *runs: ScriptedRun) -> None:
        self._runs = list(runs)
        self.events: list[str] = []
        self._waited = 0.0
        self._waiting = ""

    def build(self, ended: Built | None) -> Built:
        self.events.append("again" if ended else "built")
        return Built(self._runs.pop(0))

    def serving(self, app: Built) -> None:
        self.events.append("serving")

    def down(self, trouble: str) -> None:
        self.events.append(f"down: {trouble}" if trouble else "down")

    def wait(self, seconds: float) -> None:
        self._waited += seconds
        self.events = [event for event in self.events if event != self._waiting]
        self._waiting = f"{self._waited:.0f} s in all"
        self.events.append(self._waiting)


def told(story: Story, supervisor: Supervisor) -> int:
    return supervisor.run(story.build, story)


def test_a_restart_follows_at_once():
    story = Story(ScriptedRun("restart"), ScriptedRun("end"))
    assert told(story, Supervisor(patient=False, wait=story.wait)) == 0
    assert story.events == ["built", "serving", "down", "again", "serving"]


def test_after_crashes_the_pauses_grow_and_it_is_said():
    story = Story(ScriptedRun("crash"), ScriptedRun("crash"), ScriptedRun("end"))
    assert told(story, Supervisor(patient=False, wait=story.wait)) == 0
    broke = "down: Something went wrong inside Tidegate; it starts again by itself."
    assert story.events == ["built", "serving", broke, "again", "serving", broke, "3 s in all", "again", "serving"]


def test_what_keeps_the_first_from_starting_reaches_who_started_it():
    story = Story(ScriptedRun("taken"))
    with pytest.raises(PortTaken):
        told(story, Supervisor(patient=False, wait=story.wait))


def test_with_an_icon_to_say_it_the_first_start_is_tried_again_and_a_click_shortens_the_wait():
    story = Story(ScriptedRun("taken"), ScriptedRun("end"))

    def click(seconds: float) -> None:
        story.wait(seconds)
        supervisor.retry()

    supervisor = Supervisor(patient=True, wait=click)
    assert told(story, supervisor) == 0
    assert story.events == ["built", "down: Port 3456 is taken.", "0 s in all", "again", "serving"]


def test_a_mistake_of_ours_is_a_crash_like_any_other_where_an_icon_can_say_it():
    story = Story(ScriptedRun("broken"), ScriptedRun("end"))
    assert told(story, Supervisor(patient=True, wait=story.wait)) == 0
    broke = "down: Something went wrong inside Tidegate; it starts again by itself."
    assert story.events == ["built", broke, "1 s in all", "again", "serving"]


def test_a_watcher_that_fails_stops_no_answers():
    class Clumsy(Story):
        def serving(self, app: Built) -> None:
            raise ZeroDivisionError

    story = Clumsy(ScriptedRun("end"))
    assert told(story, Supervisor(patient=False, wait=story.wait)) == 0
    assert story.events == ["built"]


def test_a_stop_ends_the_run_and_everything():
    supervisor = Supervisor(patient=True)
    run = ScriptedRun("end", during=supervisor.stop)
    assert told(Story(run), supervisor) == 0
    assert (run.stopping, run.cut_short, supervisor.stopping) == (True, False, True)


def test_a_stop_during_the_wait_after_a_crash_ends_everything():
    story = Story(ScriptedRun("crash"))
    supervisor = Supervisor(patient=True, wait=lambda _: supervisor.stop())
    assert told(story, supervisor) == 1


def test_a_second_signal_cuts_the_run_short():
    supervisor = Supervisor(patient=False)

    def signalled_twice() -> None:
        supervisor.stop()
        supervisor.stop_now()

    run = ScriptedRun("cut", during=signalled_twice)
    assert told(Story(run), supervisor) == 130
    assert run.cut_short
