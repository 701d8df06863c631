"""The history: its own troubles reach nobody else."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from app.core.bus import Bus
from app.core.history import History
from app.core.history_file import MIGRATIONS, SCHEMA_VERSION
from app.core.history_queries import (
    exchanges,
)
from tests.core.exchange_events import ids, started
from tests.tidegate_process import ROOT, environment


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_for_its_owner_only(history: History, bus: Bus, tmp_path: Path):
    bus.publish(started())
    history.read(exchanges)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes
    assert set(modes.values()) == {0o600}


def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path, bus: Bus):
    path = tmp_path / "history.db"
    path.write_bytes(b"this is no database, but somebody's notes" * 100)
    history = History(path, bus)
    bus.publish(started())
    assert ids(history) == ["r1"]
    assert history.set_aside == "The history was damaged. It was set aside as history.db.damaged, and a new one begun."
    assert (tmp_path / "history.db.damaged").read_bytes().startswith(b"this is no database")
    history.close()


def test_a_file_that_breaks_while_it_is_used_is_replaced_too(tmp_path: Path, bus: Bus):
    path = tmp_path / "history.db"
    history = History(path, bus)
    for number in range(200):
        bus.publish(started(f"r{number}"))
    assert len(ids(history, limit=500)) == 200
    history.close()
    content = bytearray(path.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    path.write_bytes(content)
    again = History(path, bus)
    bus.publish(started("after"))
    assert ids(again) == ["after"]
    assert again.set_aside
    again.close()


def test_an_older_programs_file_is_brought_up_to_date_and_keeps_what_it_has(tmp_path: Path, bus: Bus):
    path = tmp_path / "history.db"
    connection = sqlite3.connect(path)
    connection.executescript(f"{MIGRATIONS[0]};PRAGMA user_version = 1;")
    columns = "request_id, started_at, app, path, model, streaming, messages, images, tools, outcome"
    values = "'old', 1.0, 'Chatbox', '/v1/messages', 'm', 1, 1, 0, 0, 'ok'"
    connection.execute(f"INSERT INTO exchanges ({columns}) VALUES ({values})")
    connection.commit()
    connection.close()
    history = History(path, bus)
    bus.publish(started("new", errand=True))
    found, _ = history.read(exchanges)
    assert [(exchange.request_id, exchange.errand) for exchange in found] == [("new", True), ("old", False)]
    assert history.set_aside is None
    history.close()


def test_a_newer_programs_file_is_left_as_it_was(tmp_path: Path, bus: Bus):
    path = tmp_path / "history.db"
    connection = sqlite3.connect(path)
    connection.executescript(f"CREATE TABLE later (x); PRAGMA user_version = {SCHEMA_VERSION + 1};")
    connection.close()
    history = History(path, bus)
    bus.publish(started())
    assert ids(history) == ["r1"]
    assert "newer Tidegate" in (history.set_aside or "")
    history.close()
    kept = sqlite3.connect(tmp_path / "history.db.damaged")
    assert kept.execute("SELECT name FROM sqlite_master").fetchall() == [("later",)]
    kept.close()


def test_a_full_disk_stops_the_history_and_nothing_else(history: History, bus: Bus):
    bus.publish(started("before"))
    assert ids(history) == ["before"]
    pages = history.read(lambda found: found.execute("PRAGMA page_count").fetchone()[0])
    history.read(lambda found: found.execute(f"PRAGMA max_page_count={pages}").fetchone())
    for number in range(2_000):
        bus.publish(started(f"r{number}", path="/v1/" + "x" * 100))
    assert ids(history) == ["before"]
    assert history.problem == ("The disk is full: Tidegate answers, but no longer remembers requests. Free some space.")
    history.read(lambda found: found.execute("PRAGMA max_page_count=100000").fetchone())
    history._retry_at = 0.0
    bus.publish(started("after"))
    assert ids(history) == ["after", "before"]
    assert history.problem is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_really_full_disk_stops_the_history_and_nothing_else(tmp_path: Path, bus: Bus):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(tmp_path)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this system lets nobody mount")
    history = History(tmp_path / "history.db", bus)
    try:
        bus.publish(started("before"))
        assert ids(history) == ["before"]
        fill(tmp_path / "filler")
        for number in range(500):
            bus.publish(started(f"r{number}", path="/v1/" + "x" * 100))
        assert ids(history) == ["before"]
        assert history.problem
    finally:
        history.close()
        subprocess.run(["umount", str(tmp_path)], check=True)


def fill(path: Path) -> None:
    """Write until the disk has no room left."""
    handle = os.open(path, os.O_CREAT | os.O_WRONLY)
    with pytest.raises(OSError, match="No space"):
        os.write(handle, b"x" * 1_000_000) and os.write(handle, b"x" * 1_000_000)
    os.close(handle)


def test_a_place_that_cannot_be_written_leaves_an_empty_history(tmp_path: Path, bus: Bus):
    history = History(tmp_path / "missing" / "history.db", bus)
    bus.publish(started())
    assert ids(history) == []
    assert history.problem
    assert history.fact("proof") is None
    history.close()


def test_a_killed_program_loses_at_most_the_last_second(tmp_path: Path):
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom app.core.bus import Bus\n"
        "from app.core.history import History\nfrom tests.core.exchange_events import started\n"
        "bus = Bus()\nHistory(Path(sys.argv[1]), bus).start()\nnumber = 0\n"
        "while True:\n    number += 1\n    bus.publish(started(f'r{number}'))\n"
        "    print(number, time.time(), flush=True)\n    time.sleep(0.01)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "history.db")],
        env=environment(tmp_path), cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout
    published: dict[int, float] = {}
    for line in child.stdout:
        number, at = line.split()
        published[int(number)] = float(at)
        if len(published) == 250:
            child.kill()  # SIGKILL, where there are signals
    child.stdout.close()
    child.wait()
    connection = sqlite3.connect(tmp_path / "history.db")
    kept = {int(row[0][1:]) for row in connection.execute("SELECT request_id FROM exchanges")}
    connection.close()
    last = max(published.values())
    lost = [number for number, at in published.items() if number not in kept and last - at > 1]
    assert kept
    assert lost == []
    history = History(tmp_path / "history.db", Bus())
    [newest], _ = history.read(partial(exchanges, limit=1))
    assert (newest.outcome, newest.detail) == ("error", "cut_off")
    history.close()
