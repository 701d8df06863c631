"""The end of the log file, and a report for whoever is asked for help. Both without secrets."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from quart import Blueprint, Response

from app.core.redaction import Redaction
from app.ui.api.json_http import answer, number
from app.ui.desk import Desk
from app.ui.diagnostics import report

_MOST_BYTES = 2 << 20
"""How far back the file is read for its last lines."""


def add_routes(blueprint: Blueprint, desk: Desk) -> None:
    """GET /dashboard/logs and /dashboard/diagnostics."""

    @blueprint.get("/dashboard/logs")
    async def logs() -> Response:
        lines = number("lines", 200, most=2_000)
        return answer(await asyncio.to_thread(tail, desk.log_file, lines, desk.redaction))

    @blueprint.get("/dashboard/diagnostics")
    async def diagnostics() -> Response:
        text = await asyncio.to_thread(report, desk)
        return Response(text, 200, content_type="text/plain; charset=utf-8")


def tail(path: Path, lines: int, redaction: Redaction) -> dict[str, object]:
    """The last lines, redacted once more: what became a secret after it was written is hidden too."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _MOST_BYTES, 0))
            content = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return {"path": str(path), "lines": [], "totalLines": 0, "sizeBytes": 0, "note": "There is no log yet."}
    except OSError as error:
        note = f"The log can't be read: {error.strerror}."
        return {"path": str(path), "lines": [], "totalLines": 0, "sizeBytes": 0, "note": note}
    found = content.splitlines()
    if size > _MOST_BYTES:
        found = found[1:]  # the first one is cut
    shown = [redaction.clean(line) for line in found[-lines:]]
    return {"path": str(path), "lines": shown, "totalLines": len(found), "sizeBytes": size}
