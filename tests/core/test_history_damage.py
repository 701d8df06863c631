"""The history's file: every older version is brought up to date, and no damage to it reaches anybody else."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from app.core import history_file
from app.core.bus import Bus
from app.core.history import History
from app.core.history_file import SCHEMA_VERSION
from app.core.history_queries import exchanges
from app.core.history_spending import spending
from tests.core.exchange_events import Clock, ended, ids, started

# Every older version, and every kind of damage


def filled(path: Path, bus: Bus, clock: Clock) -> list[str]:
    """A history with two hundred requests, as a program that ended well leaves it; their ids, the newest first."""
    history = History(path, bus, clock=clock)
    for number in range(200):
        bus.publish(started(f"r{number}"))
        bus.publish(ended(f"r{number}"))
    history.keep_fact("proof", "12")
    history.close()
    return [f"r{number}" for number in reversed(range(200))]


@pytest.mark.parametrize("version", range(SCHEMA_VERSION + 1))
def test_a_file_of_every_older_version_is_brought_up_to_date_with_all_that_is_in_it(
    tmp_path: Path, bus: Bus, version: int
):
    path = tmp_path / "history.db"
    connection = sqlite3.connect(path)
    for number, script in enumerate(history_file.MIGRATIONS[:version], 1):
        connection.executescript(f"{script};PRAGMA user_version={number};")
    if version:
        connection.execute("INSERT INTO facts VALUES ('proof', '12')")
        connection.commit()
    connection.close()
    history = History(path, bus)
    bus.publish(started())
    bus.publish(ended())
    assert ids(history) == ["r1"]
    assert history.fact("proof") == ("12" if version else None)
    assert (history.set_aside, history.problem) == (None, None)
    assert history.read(lambda found: found.execute("PRAGMA user_version").fetchone()[0]) == SCHEMA_VERSION
    history.close()


NEXT_STEP = "ALTER TABLE exchanges ADD COLUMN mood TEXT; CREATE INDEX by_mood ON exchanges (mood);"


def test_the_next_step_keeps_what_the_one_before_wrote(
    tmp_path: Path, bus: Bus, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    kept = filled(tmp_path / "history.db", bus, clock)
    monkeypatch.setattr(history_file, "MIGRATIONS", (*history_file.MIGRATIONS, NEXT_STEP))
    monkeypatch.setattr(history_file, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    history = History(tmp_path / "history.db", bus)
    assert ids(history, limit=500) == kept
    assert history.read(lambda found: found.execute("SELECT DISTINCT mood FROM exchanges").fetchall()) == [(None,)]
    history.close()


def test_a_step_that_fails_in_the_middle_leaves_the_file_as_it_was(
    tmp_path: Path, bus: Bus, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    kept = filled(tmp_path / "history.db", bus, clock)
    with monkeypatch.context() as patched:
        patched.setattr(history_file, "MIGRATIONS", (*history_file.MIGRATIONS, f"{NEXT_STEP} CREATE TABLE facts (x)"))
        patched.setattr(history_file, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
        with pytest.raises(sqlite3.OperationalError, match="facts already exists"):
            history_file.open_history(tmp_path / "history.db")
    history = History(tmp_path / "history.db", bus)
    assert ids(history, limit=500) == kept
    assert history.read(lambda found: found.execute("SELECT * FROM exchanges LIMIT 1").description[-1][0]) != "mood"
    assert (history.set_aside, history.problem) == (None, None)
    history.close()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_anywhere_is_set_aside_or_still_whole(tmp_path: Path, bus: Bus, clock: Clock, share: float):
    path = tmp_path / "history.db"
    kept = filled(path, bus, clock)
    os.truncate(path, left := int(path.stat().st_size * share))
    history = History(path, bus, clock=clock)
    bus.publish(started("after"))
    first, *older = ids(history, limit=500)
    assert first == "after"
    assert older == ([] if history.set_aside or not left else kept)
    assert history.problem is None
    history.close()


def foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE exchanges (of TEXT, another TEXT, program TEXT);")
    connection.close()


def half_ours(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(f"CREATE TABLE exchanges (id); PRAGMA user_version = {SCHEMA_VERSION};")
    connection.close()


def with_another_mark(path: Path) -> None:
    """As long as a real one, but its first bytes are another program's."""
    foreign(path)
    path.write_bytes(b"Another format 7\0" + path.read_bytes()[17:])


def of_an_impossible_version(path: Path) -> None:
    foreign(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = -3")
    connection.close()


@pytest.mark.parametrize("made", [foreign, half_ours, with_another_mark, of_an_impossible_version])
def test_a_file_that_is_something_else_is_set_aside_unharmed(tmp_path: Path, bus: Bus, made: Callable[[Path], None]):
    path = tmp_path / "history.db"
    made(path)
    content = path.read_bytes()
    history = History(path, bus)
    bus.publish(started())
    assert ids(history) == ["r1"]
    assert "set aside as history.db.damaged" in (history.set_aside or "")
    # SQLite itself notes in bytes 18 and 19 that it was opened for writing ahead, and counts that in others
    aside = (tmp_path / "history.db.damaged").read_bytes()
    assert len(aside) == len(content)
    assert aside[100:] == content[100:]
    history.close()


def test_garbage_beside_the_file_costs_nothing_that_was_in_it(tmp_path: Path, bus: Bus, clock: Clock):
    path = tmp_path / "history.db"
    kept = filled(path, bus, clock)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).write_bytes(b"\x37garbage" * 9_000)
    history = History(path, bus, clock=clock)
    bus.publish(started("after"))
    assert ids(history, limit=500) == ["after", *kept]
    history.close()


def test_a_file_that_another_program_holds_is_waited_for_and_never_set_aside(tmp_path: Path, bus: Bus, clock: Clock):
    path = tmp_path / "history.db"
    kept = filled(path, bus, clock)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    history = History(path, bus, clock=clock)
    bus.publish(started("meanwhile"))
    assert ids(history) == []
    assert (history.set_aside, "can't be written" in (history.problem or "")) == (None, True)
    other.close()
    history._retry_at = 0.0
    bus.publish(started("after"))
    assert ids(history, limit=500) == ["after", "meanwhile", *kept]
    assert (history.set_aside, history.problem) == (None, None)
    history.close()


def test_that_the_history_can_be_written_again_is_noticed_without_a_request(tmp_path: Path, bus: Bus, clock: Clock):
    path = tmp_path / "history.db"
    kept = filled(path, bus, clock)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("UPDATE exchanges SET outcome = 'running' WHERE request_id = 'r7'")  # as a killed program leaves it
    other.execute("BEGIN IMMEDIATE")
    history = History(path, bus, clock=clock)
    bus.publish(started("meanwhile"))
    assert "meanwhile" not in ids(history, limit=500)
    assert "can't be written" in (history.problem or "")
    other.close()
    history._retry_at = 0.0
    assert ids(history, limit=500) == ["meanwhile", *kept]
    outcomes = dict(history.read(lambda found: found.execute("SELECT request_id, outcome FROM exchanges").fetchall()))
    assert (history.problem, outcomes["meanwhile"], outcomes["r7"]) == (None, "running", "error")
    history.close()


def test_what_could_not_be_written_is_written_at_the_end(tmp_path: Path, bus: Bus, clock: Clock):
    path = tmp_path / "history.db"
    filled(path, bus, clock)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    history = History(path, bus, clock=clock)
    bus.publish(started("meanwhile"))
    assert "meanwhile" not in ids(history, limit=500)
    bus.publish(ended("meanwhile"))
    other.close()
    history.close()
    after = History(path, bus, clock=clock)
    assert ids(after)[0] == "meanwhile"
    after.close()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="a read-only disk needs root")
def test_a_disk_that_can_only_be_read_is_said_and_keeps_what_is_there(tmp_path: Path, bus: Bus, clock: Clock):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody mount")
    try:
        kept = filled(disk / "history.db", bus, clock)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        history = History(disk / "history.db", bus, clock=clock)
        bus.publish(started("lost"))
        ids(history)
        assert (history.set_aside, "can't be written" in (history.problem or "")) == (None, True)
        history.close()
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        again = History(disk / "history.db", bus, clock=clock)
        assert ids(again, limit=500) == kept
        again.close()
    finally:
        subprocess.run(["umount", disk], check=True)


# Clocks and ends


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows can't change a program's time zone")
@pytest.mark.parametrize("day", [(2026, 3, 30, 0, 30), (2026, 10, 26, 23, 30)])
def test_no_day_is_missing_or_told_twice_when_the_clocks_change(
    tmp_path: Path, bus: Bus, clock: Clock, monkeypatch: pytest.MonkeyPatch, day: tuple[int, int, int, int, int]
):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        history = History(tmp_path / "history.db", bus, clock=clock)
        now = time.mktime((*day, 0, 0, 0, -1))
        days = [each.day for each in history.read(partial(spending, now=now)).days]
        history.close()
        last = date(*day[:3])
        assert days == [(last - timedelta(days=29 - number)).isoformat() for number in range(30)]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_closed_history_leaves_the_file_to_the_next_one(tmp_path: Path):
    first = History(tmp_path / "history.db", Bus())
    first.close()
    bus = Bus()
    second = History(tmp_path / "history.db", bus)
    bus.publish(started("running"))
    assert ids(second) == ["running"]
    assert ids(first) == []
    [running], _ = second.read(exchanges)
    assert running.outcome == "running"
    second.close()
