"""Beginning anew within the program."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from app.beside import Lasting
from app.bootstrap import App, build, load
from app.core.paths import Paths
from app.core.secrets import Secrets, local_key
from app.restart import built_again, first_or_again
from tests.core.test_secrets import Locked
from tests.tidegate_process import environment


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("app")
    before = root.handlers[:], root.level, ours.level, logging.raiseExceptions
    root.handlers = []  # pytest's own, which would be closed
    yield
    logging.captureWarnings(capture=False)
    for handler in root.handlers:
        handler.close()
    root.handlers, logging.raiseExceptions = before[0], before[3]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def _run_to_its_end(app: App) -> App:
    app.runtime.start()
    app.runtime.stop()
    assert app.runtime.wait() == 0
    return app


def _log() -> tuple[str, int, int]:
    (file,) = (each for each in logging.getLogger().handlers if isinstance(each, RotatingFileHandler))
    return logging.getLevelName(logging.getLogger("app").level), file.maxBytes >> 20, file.backupCount + 1


@pytest.mark.usefixtures("_logging_as_before")
def test_the_log_is_as_the_settings_want_it_after_a_restart_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for hook in ("sys.excepthook", "sys.unraisablehook", "threading.excepthook"):
        monkeypatch.setattr(hook, lambda _: None)  # put back as they were afterwards
    paths = Paths(tmp_path)
    paths.config.write_text("[log]\nfile_mb = 3\n")
    built = first_or_again({}, environment(tmp_path), paths, Lasting())
    app = _run_to_its_end(built(None))
    assert _log() == ("INFO", 3, app.settings.log.files)
    paths.config.write_text("[log]\nlevel = 'debug'\nfile_mb = 4\nfiles = 9\n")
    _run_to_its_end(built(app))
    assert _log() == ("DEBUG", 4, 9)


def test_a_keyring_that_was_locked_is_asked_again(tmp_path: Path):
    keyring = Locked()
    known = local_key(Secrets(keyring), {})
    keyring.locked = True
    environ = {**environment(tmp_path), "TIDEGATE_API_KEY": ""}
    settings = load({}, environ, Paths(tmp_path))
    app = build(settings, environ, paths=Paths(tmp_path), secrets=Secrets(keyring))
    assert app.key.value != known.value
    keyring.locked = False
    app.runtime.start()
    app.runtime.restart()
    app.runtime.wait()
    again = built_again(app, {}, environ)
    assert again.key == known
    _run_to_its_end(again)


def test_settings_with_a_mistake_leave_the_old_ones_and_that_is_known(tmp_path: Path):
    paths, environ = Paths(tmp_path), environment(tmp_path)
    app = _run_to_its_end(build(load({}, environ, paths), environ, paths=paths))
    paths.config.write_text("[nonsense]\n")
    again = _run_to_its_end(built_again(app, {}, environ))
    assert again.old_settings_because == f"There is no section nonsense (in {paths.config})."
    paths.config.write_text("[log]\nfiles = 3\n")
    mended = _run_to_its_end(built_again(again, {}, environ))
    assert (mended.old_settings_because, mended.settings.log.files) == ("", 3)
