"""Where state is kept."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from app.core.errors import UsageError
from app.core.paths import Paths, paths_from


def test_tidegate_home_moves_everything(tmp_path: Path):
    paths = paths_from({"TIDEGATE_HOME": str(tmp_path / "state")})
    assert not paths.is_default
    places = {paths.home, paths.config, paths.log, paths.engine, paths.run}
    assert len(places) == 5
    assert all(place.is_relative_to(tmp_path / "state") for place in places)


def test_without_it_the_platforms_own_place_is_used():
    assert paths_from({}).is_default


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_folders_are_closed_to_others_even_when_they_were_open(tmp_path: Path):
    home = tmp_path / "state"
    home.mkdir(mode=0o755)
    paths = Paths(home)
    paths.create()
    folders = [home, paths.log.parent, paths.engine, paths.run]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700] * 4
    assert list(paths.engine.iterdir()) == []


def test_a_place_that_can_not_be_used_is_named_with_what_to_do(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"can't use .*file.* Set TIDEGATE_HOME to another folder\.$"):
        Paths(tmp_path / "file" / "state").create()


def test_every_tidegate_of_a_person_renews_the_one_sign_in_behind_the_same_lock(tmp_path: Path):
    one, other = (
        paths_from({"TIDEGATE_HOME": str(tmp_path / "one")}),
        paths_from({"TIDEGATE_HOME": str(tmp_path / "two")}),
    )
    assert one.sign_in_lock == other.sign_in_lock == paths_from({}).sign_in_lock
    assert Paths(tmp_path).sign_in_lock.is_relative_to(tmp_path)
