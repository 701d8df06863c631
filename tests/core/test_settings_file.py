"""`config.toml` as people write it, changed through the dashboard."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.core.errors import UsageError
from app.core.settings_file import file_layer, write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def _values(file: Path) -> dict[str, object]:
    return {name: given.value for name, given in file_layer(file).items()}


@pytest.mark.parametrize(
    "written",
    [
        "[server]\nport = 4000\nbody_seconds = 9\n\n[model]\nlist_aliases = true\n",
        "server = {port = 4000, body_seconds = 9}\nmodel.list_aliases = true\n",
        "server.port = 4000\nmodel.list_aliases = true\nserver.body_seconds = 9 # in pieces\n",
        "\ufeff[server]\nport = 4000\nbody_seconds = 9\n[model]\nlist_aliases = true\n",
        "[server]\r\nport = 4000\r\nbody_seconds = 9\r\n[model]\r\nlist_aliases = true",
    ],
)
def test_however_a_person_writes_the_file_it_is_read_and_changed(file: Path, written: str):
    file.write_bytes(written.encode())
    assert _values(file) == {"server.port": 4000, "server.body_seconds": 9, "model.list_aliases": True}
    write(file, {"server.port": 4001, "server.host": "localhost", "server.body_seconds": None, "log.files": 3})
    assert _values(file) == {
        "server.port": 4001,
        "server.host": "localhost",
        "model.list_aliases": True,
        "log.files": 3,
    }


def test_a_link_to_where_a_person_keeps_such_files_stays_one(file: Path, tmp_path: Path):
    kept = tmp_path / "kept" / "tidegate.toml"
    kept.parent.mkdir()
    kept.write_text("[server]\nport = 4000\n")
    file.symlink_to(kept)
    write(file, {"server.port": 4001})
    assert (file.is_symlink(), kept.read_text()) == (True, "[server]\nport = 4001\n")


def test_changes_at_the_same_time_are_all_kept(file: Path):
    names = [("log.files", 3), ("log.file_mb", 7), ("history.days", 9), ("history.total_days", 99)]
    names += [
        ("server.port", 4000),
        ("server.body_seconds", 8),
        ("session.ttl_minutes", 5),
        ("server.drain_seconds", 3),
    ]
    threads = [threading.Thread(target=write, args=(file, {name: value})) for name, value in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _values(file) == dict(names)


def test_where_nothing_can_be_written_that_is_said(file: Path):
    file.symlink_to(file.with_name("nowhere") / "config.toml")
    with pytest.raises(UsageError, match=r"config\.toml can't be written: No such file or directory\. Mend that"):
        write(file, {"server.port": 4001})
