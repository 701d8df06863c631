"""The log file."""

from __future__ import annotations

import io
import logging
import stat
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core.errors import UsageError
from app.core.logs import forget_surplus, open_log
from app.core.redaction import HIDDEN, Redaction, one_line
from app.core.settings import LogSettings
from tests.tidegate_process import ROOT, environment

FULL = Path("/dev/full")
WriteLog = Callable[..., Path]


@pytest.fixture
def write_log(tmp_path: Path) -> Iterator[WriteLog]:
    """Opens a log in an empty folder; afterwards logging is as it was."""
    root, ours = logging.getLogger(), logging.getLogger("app")
    before = root.handlers[:], root.level, ours.level, logging.raiseExceptions
    opened: list[logging.Handler] = []

    def write(redaction: Redaction, files: int = 2) -> Path:
        path = tmp_path / "tidegate.log"
        opened.append(open_log(path, LogSettings(level="info", file_mb=1, files=files), redaction))
        return path

    root.handlers = []  # pytest's own, which basicConfig(force=True) would close
    try:
        yield write
    finally:
        logging.captureWarnings(capture=False)
        for handler in opened:
            handler.close()
        root.handlers, logging.raiseExceptions = before[0], before[3]
        root.setLevel(before[1])
        ours.setLevel(before[2])


def test_a_log_that_cannot_be_opened_is_said_and_keeps_nothing_from_running(
    write_log: WriteLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "tidegate.log").mkdir()
    write_log(Redaction())
    logging.getLogger("app").warning("and then something happened")
    said = capsys.readouterr().err
    assert f"the log can't be written to {tmp_path / 'tidegate.log'}: " in said
    assert "and then something happened" in said


@pytest.mark.parametrize(
    "secret",
    [
        "sk-ant-api03-abcdefgh_12345",
        "tg-abcdefghijklmnopqrstuvwx",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "key={} next", "x-api-key: {}", "{{'authorization': 'Bearer {}'}}", "/p?k={}&b=1"]
)
def test_what_looks_like_a_secret_is_hidden_wherever_it_stands(secret: str, around: str):
    cleaned = Redaction().clean(around.format(secret))
    assert secret not in cleaned
    assert HIDDEN in cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("proxy http://joe:hunter2@proxy:80/", f"proxy http://{HIDDEN}@proxy:80/"),
        ("Authorization: Bearer anything-at-all", f"Authorization: Bearer {HIDDEN}"),
        ("Cookie: a=1; tidegate_dashboard=abc_-9; b=2", f"Cookie: a=1; tidegate_dashboard={HIDDEN}; b=2"),
        ("GET /open?code=abc_-9&x=1", f"GET /open?code={HIDDEN}&x=1"),
        ("key AKIAABCDEFGHIJKLMNOP, token ya29.a0AfH6SMBx", f"key {HIDDEN}, token {HIDDEN}"),
        ("model claude-opus-4-7, 12 tokens, http://127.0.0.1:3456/v1", None),
    ],
)
def test_only_the_secret_is_hidden(text: str, cleaned: str | None):
    assert Redaction().clean(text) == (cleaned or text)


def test_a_known_secret_is_hidden_whatever_it_looks_like():
    redaction = Redaction(["correct horse", "correct horse battery"])
    redaction.learn("a")
    assert redaction.clean("a correct horse battery staple") == f"a {HIDDEN} staple"


def test_control_characters_are_written_out():
    assert one_line("a\r\n2026 INFO forged\x1b[2J\u202e é") == "a\\r\\n2026 INFO forged\\x1b[2J\\u202e é"


def test_a_message_is_one_line_without_secrets(write_log: WriteLog):
    path = write_log(Redaction(["my-own-secret"]))
    logging.getLogger("app.test").info("said %s", "my-own-secret\nsk-ant-abcdefghijkl")
    [line] = path.read_text().splitlines()
    assert line.endswith(f"INFO    app.test: said {HIDDEN}\\n{HIDDEN}")


def test_an_exception_shows_where_it_was_and_not_what_it_quotes(write_log: WriteLog):
    path = write_log(Redaction())
    try:
        try:
            raise UsageError("Our own sentence.")
        except UsageError as error:
            raise ValueError("dear diary") from error
    except ValueError:
        logging.getLogger("app.test").exception("it failed")
    text = path.read_text()
    assert "dear diary" not in text
    assert [line for line in text.splitlines() if "Error" in line] == [
        "    | builtins.ValueError",
        "    | app.core.errors.UsageError: Our own sentence.",
    ]
    assert "test_logs.py" in text


def test_libraries_are_heard_from_warnings_on(write_log: WriteLog):
    path = write_log(Redaction())
    logging.getLogger("httpx").info("request with headers")
    logging.getLogger("app.test").debug("too small")
    logging.getLogger("httpx").warning("lost")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("dear diary", DeprecationWarning, stacklevel=1)
    lines = path.read_text().splitlines()
    assert [line.split()[2:4] for line in lines] == [["WARNING", "httpx:"], ["WARNING", "py.warnings:"]]
    assert lines[1].endswith("DeprecationWarning")


@pytest.mark.skipif(not FULL.exists(), reason="wants a file that is always full")
def test_a_full_disk_costs_the_line_and_shows_it_nowhere_else(write_log: WriteLog, capsys: pytest.CaptureFixture[str]):
    path = write_log(Redaction())
    file = logging.getLogger().handlers[0]
    assert isinstance(file, logging.StreamHandler)
    kept, file.stream = file.stream, FULL.open("w")
    logging.getLogger("app.test").info("dear diary")
    full, file.stream = file.stream, kept
    with pytest.raises(OSError, match="space"):
        full.close()  # the line that found no place
    assert (path.read_text(), *capsys.readouterr()) == ("", "", "")


def test_old_files_are_given_up_and_a_full_one_is_private_too(write_log: WriteLog):
    path = write_log(Redaction())
    log = logging.getLogger("app.test")
    for _ in range(30):
        log.info("x" * 100_000)
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["tidegate.log", "tidegate.log.1"]
    if sys.platform != "win32":
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]


def test_the_only_file_begins_anew_when_it_is_full(write_log: WriteLog):
    path = write_log(Redaction(), files=1)
    log = logging.getLogger("app.test")
    for number in range(30):
        log.info("%d %s", number, "x" * 100_000)
    assert [file.name for file in path.parent.iterdir()] == ["tidegate.log"]
    assert path.stat().st_size < 1 << 20
    assert " 29 xxx" in path.read_text()


def test_files_beyond_the_wanted_number_go_and_nothing_else_does(tmp_path: Path):
    names = ["tidegate.log", "tidegate.log.1", "tidegate.log.2", "tidegate.log.7", "tidegate.log.kept", "other.log.9"]
    for name in names:
        (tmp_path / name).touch()
    forget_surplus(tmp_path / "tidegate.log", 2)
    assert {file.name for file in tmp_path.iterdir()} == set(names) - {"tidegate.log.2", "tidegate.log.7"}


def test_what_another_handler_wrote_of_an_exception_is_not_taken_over(write_log: WriteLog):
    path = write_log(Redaction())
    library = logging.getLogger("some.library")
    talkative = logging.StreamHandler(io.StringIO())
    library.addHandler(talkative)
    try:
        raise ValueError("dear diary")
    except ValueError:
        library.exception("it failed")
    finally:
        library.removeHandler(talkative)
    text = path.read_text()
    assert "builtins.ValueError" in text
    assert "dear diary" not in text


CRASHES = """
import asyncio, gc, sys, threading
from pathlib import Path
from app.core.logs import log_crashes, log_loops_mistakes, open_log
from app.core.redaction import Redaction
from app.core.settings import LogSettings

open_log(Path(sys.argv[1]), LogSettings(), Redaction())
log_crashes()

def fail(*_):
    raise ValueError("dear diary")

class Unraisable:
    def __del__(self):
        fail()

async def on_a_loop():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log_loops_mistakes)
    loop.call_soon(fail, "dear diary")
    task = loop.create_task(in_a_task())
    await asyncio.wait([task])
    del task
    gc.collect()

async def in_a_task():
    fail()

asyncio.run(on_a_loop())
thread = threading.Thread(target=fail)
thread.start()
thread.join()
Unraisable()
fail()
"""


def test_what_nobody_caught_is_told_without_its_words_wherever_it_happened(tmp_path: Path):
    path = tmp_path / "tidegate.log"
    ended = subprocess.run(
        [sys.executable, "-c", CRASHES, path],
        cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    text = path.read_text()
    assert ended.returncode == 1
    assert text.count("    | builtins.ValueError\n") == 5
    assert text.count(" in fail\n") == 5
    assert "dear diary" not in text + ended.stderr + ended.stdout
