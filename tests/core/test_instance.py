from __future__ import annotations

from pathlib import Path

from app.core.instance import Instance
from app.core.paths import Paths


def test_looking_whether_somebody_is_there_takes_nothing(tmp_path: Path):
    paths = Paths(tmp_path)
    paths.create()
    first, other = Instance(paths), Instance(paths)
    assert not other.is_taken()
    assert first.acquire()
    assert other.is_taken()
    assert not other.acquire(seconds=0)
    first.release()
    assert not other.is_taken()
    assert other.acquire(seconds=0)
    other.release()


def test_where_nobody_ever_started_nobody_is_there(tmp_path: Path):
    assert not Instance(Paths(tmp_path / "nothing")).is_taken()
    assert not (tmp_path / "nothing").exists()
