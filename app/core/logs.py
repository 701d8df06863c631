"""The log file: what happened and when, never what was said; without secrets, one event a line."""

from __future__ import annotations

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from app.core.errors import TidegateError
from app.core.redaction import Redaction, one_line
from app.core.settings import LogSettings

_OUR_LOGGERS = "app"


def open_log(path: Path, settings: LogSettings, redaction: Redaction) -> logging.Handler:
    """Log into `path` from now on, and warnings to standard error too. Closing the handler ends the file.

    Libraries are heard from warnings on: below that they write addresses and headers.
    """
    logging.raiseExceptions = False  # else a full disk prints the very message it could not write
    formatter = _Line(redaction)
    file = _PrivateFile(path, maxBytes=settings.file_mb << 20, backupCount=settings.files - 1, encoding="utf-8")
    file.setFormatter(formatter)
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.WARNING)
    screen.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[file, screen], force=True)
    logging.getLogger(_OUR_LOGGERS).setLevel(settings.level.upper())
    logging.captureWarnings(capture=True)
    return file


class _PrivateFile(RotatingFileHandler):
    """Readable by its owner only, also the new file after a turn."""

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

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the parent's name
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
