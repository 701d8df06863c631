from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.core.errors import UsageError
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


def test_a_place_where_nothing_can_be_locked_is_one_sentence(tmp_path: Path):
    paths = Paths(tmp_path)
    (paths.run / "instance.lock").mkdir(parents=True)
    for asked in (Instance(paths).acquire, Instance(paths).is_taken):
        with pytest.raises(UsageError, match="Set TIDEGATE_HOME to another folder"):
            asked()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_the_lock_is_its_owners_whatever_new_files_are_usually(tmp_path: Path):
    paths = Paths(tmp_path)
    paths.create()
    usual = os.umask(0)
    try:
        first = Instance(paths)
        assert first.acquire()
    finally:
        os.umask(usual)
    assert stat.S_IMODE((paths.run / "instance.lock").stat().st_mode) == 0o600
    first.release()
