"""The settings tree, its layers and its file."""

from __future__ import annotations

import dataclasses
import stat
import sys
from pathlib import Path

import pytest

from app.core import settings_file
from app.core.errors import UsageError
from app.core.settings import Settings
from app.core.settings_file import file_layer
from app.core.settings_layers import Given, environment_layer, fields, settings_from, variable_of


def complaint_about(environ: dict[str, str]) -> str:
    with pytest.raises(UsageError) as raised:
        settings_from(environment_layer(environ))
    return str(raised.value)


def test_nobody_said_anything_gives_the_defaults():
    assert settings_from() == Settings()


def test_every_default_is_within_its_own_range():
    defaults = Settings()
    given = {}
    for name in fields():
        section, key = name.split(".")
        value = getattr(getattr(defaults, section), key)
        given[name] = Given(dict(value) if name == "model.aliases" else value, "the defaults")
    assert settings_from(given) == defaults


def test_the_command_line_beats_the_environment_which_beats_the_file(tmp_path: Path):
    config = tmp_path / "config.toml"
    config.write_text('[server]\nport = 1\nhost = "localhost"\n[engine]\nchoice = "demo"\n')
    environment = environment_layer({"TIDEGATE_PORT": "2", "TIDEGATE_ENGINE": "direct"})
    options = {"server.port": Given("3", "from --port", textual=True)}
    settings = settings_from(options, environment, file_layer(config))
    assert (settings.server.port, settings.engine.choice, settings.server.host) == (3, "direct", "localhost")


def test_the_environment_is_read_as_what_the_field_is():
    settings = settings_from(
        environment_layer(
            {
                "TIDEGATE_ACCESS_ALLOWED_ORIGINS": "https://www.typingmind.com, app://obsidian.md,file://",
                "TIDEGATE_ACCESS_ANY_KEY": "true",
                "TIDEGATE_MODEL_ALIASES": "fast=claude-haiku-4-5, best = claude-opus-4-7",
                "TIDEGATE_SESSION_TTL_MINUTES": "1.5",
                "TIDEGATE_DEFAULT_MODEL": "123",
                "TIDEGATE_LOG_LEVEL": "",
                "PATH": "/bin",
            }
        )
    )
    assert settings.access.allowed_origins == ("https://www.typingmind.com", "app://obsidian.md", "file://")
    assert settings.access.any_key is True
    assert settings.model.aliases == {"fast": "claude-haiku-4-5", "best": "claude-opus-4-7"}
    assert settings.session.ttl_minutes == 1.5
    assert settings.model.default == "123"
    assert settings.log.level == "info"


def test_the_variables_people_know_have_the_names_they_expect():
    known = {variable_of(name): name for name in fields()}
    assert len(known) == len(fields())
    assert {
        name: known.get(name) for name in ("TIDEGATE_PORT", "TIDEGATE_HOST", "TIDEGATE_ENGINE", "TIDEGATE_LOG_LEVEL")
    } == {
        "TIDEGATE_PORT": "server.port",
        "TIDEGATE_HOST": "server.host",
        "TIDEGATE_ENGINE": "engine.choice",
        "TIDEGATE_LOG_LEVEL": "log.level",
    }


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("TIDEGATE_PORT", "65536", "a whole number from 0 to 65,535"),
        ("TIDEGATE_PORT", "3456.5", "a whole number from 0 to 65,535"),
        ("TIDEGATE_SERVER_DRAIN_SECONDS", "nan", "a number from 0 to 600"),
        ("TIDEGATE_ENGINE", "turbo", "one of auto, agent, direct, demo"),
        ("TIDEGATE_ACCESS_ANY_KEY", "perhaps", "true or false"),
        (
            "TIDEGATE_ACCESS_ALLOWED_ORIGINS",
            "https://a.example,*",
            "a list of web origins such as https://chat.example",
        ),
        ("TIDEGATE_MODEL_ALIASES", "fast", "names and what they stand for, such as name=model"),
    ],
)
def test_a_complaint_names_the_field_the_value_the_place_and_what_is_allowed(variable: str, value: str, expected: str):
    name = next(name for name in fields() if variable_of(name) == variable)
    assert complaint_about({variable: value}) == f"{name} = {value!r} (from {variable}) won't do: expected {expected}."


def test_a_misspelt_variable_is_refused_with_the_nearest_one():
    assert complaint_about({"TIDEGATE_PROT": "1"}) == (
        "There is no variable TIDEGATE_PROT (in the environment). Did you mean TIDEGATE_PORT?"
    )


def test_variables_that_are_no_settings_are_left_alone():
    assert environment_layer({"TIDEGATE_HOME": "/x", "TIDEGATE_API_KEY": "k"}) == {}


def test_the_hard_exit_may_not_come_before_the_end_of_draining():
    complaint = complaint_about({"TIDEGATE_SERVER_DRAIN_SECONDS": "20"})
    assert complaint == "server.hard_exit_seconds may not be less than server.drain_seconds: 15 < 20."


def test_a_missing_file_says_nothing(tmp_path: Path):
    assert file_layer(tmp_path / "config.toml") == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[server]\nprot = 1\n", "There is no setting server.prot (in {path}). Did you mean server.port?"),
        ("[sever]\nport = 1\n", "There is no section sever (in {path}). Did you mean server?"),
        ("port = 1\n", "There is no section port (in {path})."),
        ("[server]\nport = '1'\n", "server.port = '1' (in {path}) won't do: expected a whole number from 0 to 65,535."),
        (
            "[engine]\nspares = true\n",
            "engine.spares = True (in {path}) won't do: expected a whole number from 0 to 16.",
        ),
    ],
)
def test_what_the_file_gets_wrong_is_named(tmp_path: Path, text: str, expected: str):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as raised:
        settings_from(file_layer(path))
    assert str(raised.value) == expected.format(path=path)


@pytest.mark.parametrize("content", [b"[server\n", b"\xff\xfe", b"[server]\nport = 1\nport = 2\n"])
def test_a_file_that_is_not_toml_is_refused_and_says_what_to_do(tmp_path: Path, content: bytes):
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"config\.toml .* Mend or remove it\.$"):
        file_layer(path)


def test_a_change_keeps_a_persons_comments_and_everything_else(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("# mine\n[server]\nport = 4000 # the old app uses this\n\n[log]\nlevel = 'debug'\n")
    settings_file.write(path, {"server.port": 5000, "access.allowed_origins": ["https://a.example"], "log.level": None})
    assert path.read_text() == (
        "# mine\n[server]\nport = 5000 # the old app uses this\n\n[log]\n\n"
        '[access]\nallowed_origins = ["https://a.example"]\n'
    )
    assert settings_from(file_layer(path)).server.port == 5000


def test_a_wrong_change_leaves_the_file_as_it_was(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("[server]\nport = 4000\n")
    with pytest.raises(UsageError, match=r"server\.port = 70000"):
        settings_file.write(path, {"server.port": 70000})
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.toml"]
    assert path.read_text() == "[server]\nport = 4000\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_file_is_for_its_owner_only(tmp_path: Path):
    path = tmp_path / "config.toml"
    settings_file.write(path, {"server.port": 4000})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_settings_can_not_be_changed_behind_anybodys_back():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().server.port = 1  # type: ignore[misc]
