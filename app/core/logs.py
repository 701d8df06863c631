"""The log file: what happened and when, never what was said; without secrets, one event a line."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

from app.core.errors import TidegateError
from app.core.redaction import Redaction, one_line
from app.core.settings import LogSettings

log = logging.getLogger(__name__)

_OUR_LOGGERS = "app"
_WARNING_WORDS = re.compile(r"(?<=Warning): .*", re.DOTALL)


def open_log(path: Path, settings: LogSettings, redaction: Redaction) -> logging.Handler:
    """Log into `path` from now on, and warnings to standard error too. Closing the handler ends the file.

    Where the file can't be opened, that is said, and warnings go to standard error only. Libraries are heard from
    warnings on: below that they write addresses and headers.
    """
    logging.raiseExceptions = False  # else a full disk prints the very message it could not write
    formatter = _Line(redaction)
    file, problem = _file(path, settings)
    file.setFormatter(formatter)
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.WARNING)
    screen.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[file, screen], force=True)
    logging.getLogger(_OUR_LOGGERS).setLevel(settings.level.upper())
    logging.captureWarnings(capture=True)
    if problem:
        log.error("the log can't be written to %s: %s", path, problem)
    return file


def _file(path: Path, settings: LogSettings) -> tuple[logging.Handler, str | None]:
    """The file's handler, or one that does nothing and why."""
    try:
        file = _PrivateFile(path, maxBytes=settings.file_mb << 20, backupCount=settings.files - 1, encoding="utf-8")
    except OSError as error:  # such as one that somebody else owns since Tidegate ran as administrator
        return logging.NullHandler(), error.strerror
    return file, None


def forget_surplus(path: Path, files: int) -> None:
    """Remove files of the log beyond the newest `files`: there are some when fewer are wanted than before."""
    for old in path.parent.glob(f"{path.name}.*"):
        number = old.name.removeprefix(f"{path.name}.")
        if number.isdecimal() and int(number) >= files:
            with contextlib.suppress(OSError):
                old.unlink()


def log_crashes() -> None:
    """From now on what nobody caught goes into the log, in the log's own words: elsewhere it would be printed whole."""

    def crashed(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("a mistake that nobody caught", exc_info=error)

    sys.excepthook = crashed
    sys.unraisablehook = lambda told: crashed(told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback)
    threading.excepthook = lambda told: crashed(told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback)


def log_loops_mistakes(_: object, context: dict[str, Any]) -> None:
    """An exception handler for asyncio's loop, whose own quotes what was being passed around."""
    log.error("a mistake that no task caught", exc_info=context.get("exception"))


class _PrivateFile(RotatingFileHandler):
    """Readable by its owner only, also the new file after a turn; the only one begins anew when it is full."""

    def doRollover(self) -> None:  # noqa: N802  the parent's name
        super().doRollover()
        if self.backupCount == 0 and self.stream:  # the parent would go on for ever
            self.stream.seek(0)
            self.stream.truncate()

    def _open(self):  # type: ignore[no-untyped-def]  # noqa: ANN202  the type of the parent's is private
        stream = super()._open()
        os.chmod(self.baseFilename, 0o600)  # noqa: PTH101  the handler's own name is a str
        return stream


class _Line(logging.Formatter):
    """Time, level, place, message; an exception adds where it came from, and its words only when they are ours.

    Other people's exceptions quote what they choked on, which may be somebody's chat.
    """

    default_msec_format = "%s.%03d"

    def __init__(self, redaction: Redaction) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        before, record.exc_text = record.exc_text, None  # another handler may have written the words of an exception
        try:
            return super().format(record)
        finally:
            record.exc_text = before

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the parent's name
        if record.name == "py.warnings":  # place and kind; the words may quote what they warn of
            record.message = _WARNING_WORDS.sub("", record.message)
        return one_line(self._redaction.clean(super().formatMessage(record)))

    def formatException(  # noqa: N802  the parent's name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        lines: list[str] = []
        error = ei[1]
        while error is not None and len(lines) < 200:
            words = f": {error}" if isinstance(error, TidegateError | OSError) else ""
            lines.append(f"{type(error).__module__}.{type(error).__qualname__}{words}")
            lines += _places(error.__traceback__)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join("    | " + one_line(self._redaction.clean(line)) for line in lines)

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  the parent's name
        return "\n".join("    | " + one_line(line) for line in stack_info.splitlines())


def _places(traceback: TracebackType | None) -> list[str]:
    places: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"  {code.co_filename}:{traceback.tb_lineno} in {code.co_name}")
        traceback = traceback.tb_next
    return places
