"""Prints the end of the log file, and goes on with what is added to it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

from app.core.errors import UsageError

_LINE = re.compile(r"(?P<at>\S+ \S+) (?P<level>[A-Z]+) +(?P<source>[\w.]+): (?P<message>.*)", re.DOTALL)
_POLL_SECONDS = 0.3
_BLOCK = 64 * 1024


def last_lines(path: Path, count: int) -> list[str]:
    """The newest lines, oldest first; raises UsageError when there is no log yet."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            end = position = file.tell()
            data = b""
            while position > 0 and data.count(b"\n") <= count:
                position = max(position - _BLOCK, 0)
                file.seek(position)
                data = file.read(end - position)
    except OSError as error:
        raise UsageError(f"There is no log to read at {path}: {error.strerror}.") from error
    return data.decode("utf-8", "replace").splitlines()[-count:] if count else []


def followed(path: Path) -> Iterator[str]:
    """Lines as they are added, for ever; a log that is begun anew is followed there."""
    file = path.open(encoding="utf-8", errors="replace")
    file.seek(0, 2)
    rest = ""
    try:
        while True:
            rest += file.read()
            *lines, rest = rest.split("\n")
            yield from lines
            if _is_new(path, file.tell()):
                file.close()
                file, rest = path.open(encoding="utf-8", errors="replace"), ""
            else:
                time.sleep(_POLL_SECONDS)
    finally:
        file.close()


def as_json(line: str) -> str:
    """The same line for a program; what goes on from the line before has a message only."""
    found = _LINE.fullmatch(line)
    return json.dumps(found.groupdict() if found else {"message": line.removeprefix("    | ")})


def _is_new(path: Path, read: int) -> bool:
    try:
        return path.stat().st_size < read
    except OSError:
        return False
