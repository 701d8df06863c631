"""Keys for single apps: made, known by name, taken back, also by another program while Tidegate runs."""

from __future__ import annotations

import itertools
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.app_keys import MOST_KEYS, AppKeys
from app.core.errors import UsageError

DEFAULT = "tg-default"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app-keys.json"


def clock() -> Callable[[], float]:
    ticks = itertools.count(1_000.0)
    return lambda: next(ticks)


def saved(keys: AppKeys) -> None:
    """Wait for what is written down beside."""
    for thread in threading.enumerate():
        if thread.name == "key uses":
            thread.join(10)


def test_each_key_is_known_by_its_name_and_nothing_else_is(path: Path):
    keys = AppKeys(path, DEFAULT)
    chatbox, obsidian = keys.add("Chatbox"), keys.add("  Obsidian   on  my desk ")

    assert [keys.check(key.encode()) for key in (DEFAULT, chatbox, obsidian)] == [
        "default",
        "Chatbox",
        "Obsidian on my desk",
    ]
    assert [keys.check(given) for given in (b"", b"\xff\xfe", b"tg-other", chatbox[:-1].encode())] == [None] * 4


@pytest.mark.parametrize("given", [b"", b"\xff\xfe", "k\u00e9y".encode(), b"x" * 30_000, DEFAULT.encode() + b"\x00"])
def test_no_bytes_make_the_comparison_raise(path: Path, given: bytes):
    assert AppKeys(path, DEFAULT).check(given) is None


def test_the_default_key_may_be_more_than_ascii(path: Path):
    assert AppKeys(path, "schl\u00fcssel").check("schl\u00fcssel".encode()) == "default"


def test_a_key_is_shown_once_and_only_its_digest_is_kept(path: Path):
    value = AppKeys(path, DEFAULT).add("Chatbox")

    kept = path.read_text()
    assert value not in kept
    assert DEFAULT not in kept
    (listed,) = AppKeys(path, DEFAULT).listed()
    assert (listed.name, listed.last_four, listed.last_used) == ("Chatbox", value[-4:], None)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_files_are_their_owners_alone(path: Path):
    keys = AppKeys(path, DEFAULT)
    keys.check(keys.add("Chatbox").encode())
    saved(keys)

    found = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert found["app-keys.json"] == found["app-keys-used.json"] == 0o600


def test_a_revoked_key_opens_nothing_and_the_others_stay(path: Path):
    keys = AppKeys(path, DEFAULT)
    first, second = keys.add("First"), keys.add("Second")

    assert (keys.remove("first"), keys.remove("first"), keys.remove("default")) == (True, False, False)
    assert [keys.check(key.encode()) for key in (first, second, DEFAULT)] == [None, "Second", "default"]


def test_a_running_program_notices_what_another_one_changes(path: Path):
    running, other = AppKeys(path, DEFAULT), AppKeys(path, "")

    made = other.add("Chatbox")
    assert running.check(made.encode()) == "Chatbox"
    other.remove("Chatbox")
    assert running.check(made.encode()) is None
    assert running.add("Next")
    assert [key.name for key in other.listed()] == ["Next"]


def test_a_renewed_default_key_holds_at_once_and_the_one_before_no_more(path: Path):
    running = AppKeys(path, DEFAULT, clock=clock())
    AppKeys(path, "", clock=lambda: 2_000.0).renewed("tg-new")

    assert [running.check(key) for key in (b"tg-new", DEFAULT.encode())] == ["default", None]
    assert running.listed() == ()
    running.default_key = "tg-newest"
    assert [running.check(key) for key in (b"tg-new", b"tg-newest")] == ["default", None]


def test_a_default_key_that_another_program_replaced_is_read_anew_to_be_shown(path: Path):
    running = AppKeys(path, DEFAULT, kept=lambda: "tg-new", clock=clock())
    assert running.default_key == DEFAULT
    AppKeys(path, "", clock=lambda: 2_000.0).renewed("tg-new")

    assert running.default_key == "tg-new"
    assert [running.check(key) for key in (b"tg-new", DEFAULT.encode())] == ["default", None]


def test_a_start_after_the_renewal_knows_the_kept_key(path: Path):
    AppKeys(path, "", clock=lambda: 500.0).renewed("tg-new")
    started = AppKeys(path, "tg-from-the-keyring", clock=clock())

    assert [started.check(key) for key in (b"tg-from-the-keyring", b"tg-new")] == ["default", None]


def test_a_fixed_default_key_is_not_replaced(path: Path):
    running = AppKeys(path, DEFAULT, fixed=True, clock=clock())
    AppKeys(path, "", clock=lambda: 2_000.0).renewed("tg-new")

    assert [running.check(key) for key in (DEFAULT.encode(), b"tg-new")] == ["default", None]


def test_the_last_use_is_known_here_and_to_another_program(path: Path):
    keys = AppKeys(path, DEFAULT, clock=clock())
    value = keys.add("Chatbox")
    keys.check(value.encode())
    saved(keys)

    (mine,), (theirs,) = keys.listed(), AppKeys(path, "").listed()
    assert mine.last_used == theirs.last_used is not None
    assert keys.last_used("default") is None


def test_every_key_used_within_a_minute_is_known_to_have_been_used(path: Path):
    keys = AppKeys(path, DEFAULT, clock=clock())
    values = [keys.add(f"app {number}") for number in range(5)]
    for value in (DEFAULT, *values):
        keys.check(value.encode())
    saved(keys)

    assert all(key.last_used for key in AppKeys(path, "").listed())


def test_a_new_key_of_an_old_name_was_never_used(path: Path):
    keys = AppKeys(path, DEFAULT, clock=clock())
    keys.check(keys.add("Chatbox").encode())
    saved(keys)
    keys.remove("Chatbox")
    keys.add("Chatbox")

    assert keys.listed()[0].last_used is None


def test_any_key_means_any_but_none_and_names_stay_names(path: Path):
    keys = AppKeys(path, DEFAULT, any_key=True)
    assert [keys.check(given) for given in (b"sk-dummy", b"", DEFAULT.encode())] == ["any", None, "default"]


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 41, "two\nlines\x00", "default", "Dashboard", "ANY", "chatbox", "a/b", ".."]
)
def test_a_name_that_can_not_be_used_is_a_sentence(path: Path, name: str):
    keys = AppKeys(path, DEFAULT)
    keys.add("Chatbox")
    with pytest.raises(UsageError):
        keys.add(name)
    assert len(keys.listed()) == 1


def test_there_is_an_end_to_keys(path: Path):
    keys = AppKeys(path, DEFAULT)
    for number in range(MOST_KEYS):
        keys.add(f"app {number}")
    with pytest.raises(UsageError, match="Revoke one"):
        keys.add("one more")


def test_a_damaged_file_stops_the_start_and_lets_nobody_in_later(path: Path, caplog: pytest.LogCaptureFixture):
    running = AppKeys(path, DEFAULT)
    value = running.add("Chatbox")
    path.write_text("{")

    assert [running.check(key.encode()) for key in (value, DEFAULT)] == [None, "default"]
    assert len(caplog.records) == 1
    with pytest.raises(UsageError, match="can't be read"):
        AppKeys(path, DEFAULT)


def test_many_at_once_lose_no_key(path: Path):
    def make(name: str) -> None:
        AppKeys(path, DEFAULT).add(name)

    threads = [threading.Thread(target=make, args=(f"app {number}",)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {key.name for key in AppKeys(path, DEFAULT).listed()} == {f"app {number}" for number in range(12)}
