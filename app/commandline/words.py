"""What the running program says, put into words. Pure: values in, text out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from app.core.moments import moment
from app.core.status import PlanWindow, window_words

_NAME_WIDTH = 10


def status_text(status: Mapping[str, Any], now: float) -> str:
    """Everything a person asks for; `now` in Unix seconds."""
    rows = [
        ("State", "Paused." if status.get("paused") else str(status["sentence"])),
        ("Address", f"{status['address']}/v1   (apps that speak Anthropic's shape: {status['address']})"),
        ("Claude", str(status["method_sentence"])),
        ("Since", f"{moment(float(status['started_at']), now)[3:]}, version {status['build']['version']}"),
        ("Running", _answers(int(status["running"]))),
        *((f"Limit, {each.label}", window_words(each, now)) for each in _windows(status)),
        *(("Mind", str(notice["sentence"])) for notice in status.get("notices", ())),
    ]
    width = max(_NAME_WIDTH, *(len(name) for name, _ in rows))
    return "\n".join(f"{name:<{width}}  {words}" for name, words in rows)


def _windows(status: Mapping[str, Any]) -> list[PlanWindow]:
    return msgspec.convert(status.get("windows", []), list[PlanWindow])


def _answers(running: int) -> str:
    return f"{running or 'no'} answer{'' if running == 1 else 's'} under way"
