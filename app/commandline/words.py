"""What the running program says, put into words. Pure: values in, text out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.moments import moment

_NAME_WIDTH = 10


def status_text(status: Mapping[str, Any], now: float) -> str:
    """Everything a person asks for; `now` in Unix seconds."""
    rows = [
        ("State", "Paused." if status.get("paused") else str(status["sentence"])),
        ("Address", f"{status['address']}/v1   (apps that speak Anthropic's shape: {status['address']})"),
        ("Claude", str(status["method_sentence"])),
        ("Since", f"{moment(float(status['started_at']), now)[3:]}, version {status['build']['version']}"),
        ("Running", _answers(int(status["running"]))),
        *((f"Plan {window['label']}", _window(window, now)) for window in status.get("windows", ())),
        *(("Mind", str(notice["sentence"])) for notice in status.get("notices", ())),
    ]
    width = max(_NAME_WIDTH, *(len(name) for name, _ in rows))
    return "\n".join(f"{name:<{width}}  {words}" for name, words in rows)


def _answers(running: int) -> str:
    return f"{running or 'no'} answer{'' if running == 1 else 's'} under way"


def _window(window: Mapping[str, Any], now: float) -> str:
    share, resets = window.get("used_share"), window.get("resets_at")
    parts = [f"{share:.0%} used"] if share is not None else []
    if resets is not None:
        parts.append(f"resets {moment(float(resets), now)}")
    return ", ".join(parts) or str(window.get("status", ""))
