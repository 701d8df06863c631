"""Settings as a person sees and changes them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.core.errors import UsageError
from app.core.setting_words import WORDS
from app.core.settings import Settings
from app.core.settings_editor import LIVE, MOVES, SettingsEditor
from app.core.settings_layers import Given, fields


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_every_setting_has_a_name_and_a_reason_in_words_for_people():
    assert list(WORDS) == list(fields())
    for name, words in WORDS.items():
        assert words.title[0].isupper(), name
        assert words.reason.endswith("."), name
        said = " ".join((words.title, words.reason, words.empty))
        assert re.findall(r"[`_…]|\b(True|False|None|HTTP|4\d\d|5\d\d)\b", said) == [], name
    assert len({words.title for words in WORDS.values()}) == len(WORDS)


def test_every_choice_has_a_name(file: Path):
    listed = SettingsEditor(file, {}, {}).listed()
    assert {each.name: list(each.choices or ()) for each in listed} == {
        each.name: list(each.words.choices) for each in listed
    }


def test_a_number_says_within_which_bounds_it_may_be(file: Path):
    wanted = ("server.port", "session.ttl_minutes", "log.level")
    listed = SettingsEditor(file, {}, {}).listed()
    assert [(each.least, each.most) for each in listed if each.name in wanted] == [
        (0, 65_535), (1, 43_200), (None, None)
    ]  # fmt: skip


def test_what_takes_effect_at_once_is_a_setting():
    assert set(fields()) > LIVE | MOVES


def test_values_are_told_with_where_they_come_from(file: Path):
    file.write_text("[log]\nlevel = 'debug'\nfiles = 7\n")
    options = {"server.port": Given("4000", "from --port", textual=True)}
    editor = SettingsEditor(file, options, {"TIDEGATE_LOG_FILES": "9"})
    told = {each.name: each for each in editor.listed()}
    assert list(told) == list(fields())
    shown = {name: (told[name].value, told[name].source) for name in ("server.port", "log.files", "log.level")}
    assert shown == {
        "server.port": (4000, "command line"),
        "log.files": (9, "environment"),
        "log.level": ("debug", "file"),
    }
    assert (told["log.file_mb"].value, told["log.file_mb"].source) == (5, "default")
    assert (told["model.aliases"].kind, told["access.allowed_origins"].kind) == ("map", "list")
    assert (told["model.default"].kind, told["updates.feed"].kind) == ("str", "str")
    assert (told["engine.queue_seconds"].unit, told["log.file_mb"].unit, told["log.level"].unit) == (
        "seconds", "mb", None,
    )  # fmt: skip


def test_a_change_says_what_works_now_what_later_and_what_moves(file: Path):
    file.write_text("# mine\n[log]\nlevel = 'info'\n")
    change = SettingsEditor(file, {}, {}).change(
        {"log.level": "debug", "session.ttl_minutes": 5, "server.port": 4000, "log.files": 3}
    )
    assert (change.applied, change.moves, change.needs_restart) == (("log.level",), ("server.port",), True)
    assert (change.before.log.level, change.after.log.level) == ("info", "debug")
    assert file.read_text().startswith("# mine\n")


def test_a_value_taken_out_becomes_the_default_again(file: Path):
    editor = SettingsEditor(file, {}, {})
    editor.change({"session.ttl_minutes": 5})
    assert editor.change({"session.ttl_minutes": None}).after == Settings()


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"log.level": "loud"}, "log.level = 'loud'"),
        ({"log.lvl": "info"}, "Did you mean log.level"),
        ({"server.port": 1}, "TIDEGATE_PORT, which wins"),
        ({"server.drain_seconds": 99, "log.level": "debug"}, "hard_exit_seconds may not be less"),
    ],
)
def test_what_will_not_do_changes_nothing(file: Path, values: dict[str, object], complaint: str):
    editor = SettingsEditor(file, {}, {"TIDEGATE_PORT": "4000"})
    with pytest.raises(UsageError, match=complaint):
        editor.change(values)
    assert not file.exists()
