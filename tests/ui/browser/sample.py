"""What a dashboard may have to show: a busy week, names that try to be markup, and every state of the account."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from app.core.settings_editor import SettingsEditor
from app.ui.apps import Place, catalogue, shown

NOW = time.time()
HOSTILE = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>"
ADDRESS = "http://127.0.0.1:3456"
MODELS = ["claude-sonnet-4-6", "claude-opus-4-8", "claude-haiku-4-5", "tidegate-demo"]
STATES = {
    "proven": ("Claude answered at 14:02.", "Open dashboard", "dashboard"),
    "signed_in": ("Signed in to Claude; the next answer will prove it.", "Try it", "probe"),
    "configured": ("Claude is set up, but has not been asked anything yet.", "Try it", "probe"),
    "limited": ("Your Claude plan's limit is reached. It works again at 15:45.", "Show limits", "dashboard"),
    "not_configured": (
        "Tidegate has no way to reach Claude yet. Add an API key, or sign in with Claude Code on this computer.",
        "Set up",
        "set_up",
    ),
    "expired": ("Your Claude sign-in has run out. Sign in again.", "Sign in again", "sign_in"),
    "refused": ("The Claude API key is wrong. Enter it again, and check that no other is set.", "Fix key", "set_up"),
    "engine_missing": (
        "Tidegate's engine is missing or was blocked, perhaps by antivirus software. Repair the installation.",
        "Retry",
        "probe",
    ),
    "offline": (
        "Tidegate can't reach Claude. Check the internet connection; a company network may block it.",
        "Retry",
        "probe",
    ),
}


def exchange(number: int, **more: Any) -> dict[str, Any]:
    apps = ["Chatbox", "Cherry Studio", "Open WebUI", "default", "Obsidian", "Dashboard"]
    return {
        "id": number,
        "request_id": f"req_{number:024x}",
        "started_at": NOW - (400 - number) * 47,
        "app": apps[number % 6],
        "path": "/v1/messages" if number % 5 == 0 else "/v1/chat/completions",
        "model": MODELS[number % 3],
        "served_model": MODELS[number % 3],
        "session_key": "notes-2026" if number % 7 == 0 else None,
        "streaming": number % 4 != 0,
        "messages": 3 + number % 9,
        "images": 1 if number % 6 == 0 else 0,
        "tools": number % 8 if number % 3 == 0 else 0,
        "errand": number % 9 == 2,
        "outcome": "ok",
        "detail": "end_turn",
        "status": 200,
        "duration_seconds": [1.4, 2.2, 6.8, 4.1, 18.3, 0.9][number % 6],
        "first_token_seconds": 0.7,
        "input_tokens": 900 + number * 37,
        "output_tokens": 120 + number * 3,
        "cache_read_tokens": 640 if number % 2 else 0,
        "cache_creation_tokens": 0,
        "cost_usd": 0.004 + number / 40_000,
        "sentence": None,
        **more,
    }


def exchanges() -> list[dict[str, Any]]:
    """The newest first: one under way, failures of both kinds, one that was cancelled, one that tries to be markup."""
    special: dict[int, dict[str, Any]] = {
        400: {"outcome": "running", "started_at": NOW - 4, "duration_seconds": None, "status": None, "detail": None},
        397: {
            "outcome": "error",
            "detail": "plan_limit",
            "status": 429,
            "duration_seconds": 0.3,
            "cost_usd": None,
            "sentence": "Your Claude plan's limit is reached.",
        },
        394: {"outcome": "client_disconnect", "detail": "client_disconnect", "duration_seconds": 3.4},
        392: {"app": HOSTILE, "model": HOSTILE, "session_key": HOSTILE, "served_model": HOSTILE, "detail": HOSTILE},
        388: {"outcome": "error", "detail": "service_busy", "status": 529, "duration_seconds": 31.0},
    }
    return [exchange(number, **special.get(number, {})) for number in range(400, 280, -1)]


def overview(state: str = "proven", **more: Any) -> dict[str, Any]:
    sentence, label, command = STATES[state]
    days = [_day(back) for back in range(29, -1, -1)]
    return {
        "state": {
            "kind": state,
            "sentence": sentence,
            "action": {"label": label, "command": command},
            "proven_at": None if state in ("not_configured", "configured") else NOW - 340,
            "until": NOW + 3000 if state == "limited" else None,
        },
        "address": ADDRESS,
        "api_base": f"{ADDRESS}/v1",
        "default_model": MODELS[0],
        "models": MODELS,
        "engine": "agent",
        "method": {
            "kind": "account",
            "label": "Claude Code sign-in",
            "sentence": "Your own plan, by the Claude Code sign-in of this computer, under Anthropic's terms for it.",
        },
        "key": {"available": True},
        "uptime_seconds": 187_425.0,
        "started_at": NOW - 187_425,
        "build": {"version": "0.1.0", "platform": "linux-x86_64", "python": "3.13.1", "cli": "2.1.329"},
        "windows": [
            _window("five_hour", "5 hours", 0.62, 8_400, "allowed"),
            _window("seven_day", "7 days", 0.91, 190_000, "allowed_warning"),
        ],
        "paused": False,
        "running": 1,
        "notices": [],
        "update": None,
        "sessions": 3,
        "autostart": False,
        "sign_in_page": None,
        "requests": {
            "total": 12_480, "ok": 12_301, "failed": 41, "client_left": 138, "streamed": 11_020,
            "with_tools": 1_930, "with_images": 310, "today": 214, "today_failed": 3,
            "since": NOW - 29 * 86_400,
        },
        "success_rate": 12_301 / 12_342,
        "latency": {
            "p50_seconds": 2.6,
            "p95_seconds": 14.2,
            "recent_seconds": [1.2, 2.9, 4.8, 0.8, 17.5, 2.2, 1.9, 3.3, 6.4, 2.0, 1.1, 2.4, 9.7, 2.6],
        },
        "traffic": [
            {"minute": int(NOW // 60 - 14 + place) * 60, "requests": many, "failed": 1 if place == 6 else 0}
            for place, many in enumerate([2, 4, 3, 0, 5, 9, 12, 8, 6, 7, 3, 0, 1, 4, 6])
        ],
        "spending": {
            "today": {"input_tokens": 412_000, "output_tokens": 38_200, "cost_usd": 2.41},
            "days": days,
            "hours": [_hour(hour) for hour in range(24)],
            "models": [
                {"model": MODELS[0], "requests": 9_800, "input_tokens": 8_120_000, "output_tokens": 731_000,
                 "cost_usd": 35.32},
                {"model": MODELS[1], "requests": 1_120, "input_tokens": 1_950_000, "output_tokens": 214_000,
                 "cost_usd": 45.3},
                {"model": MODELS[2], "requests": 1_560, "input_tokens": 640_000, "output_tokens": 80_000,
                 "cost_usd": None},
            ],
        },
        **more,
    }  # fmt: skip


def nothing_yet(state: str = "not_configured") -> dict[str, Any]:
    """The very first minute."""
    return overview(
        state,
        windows=[],
        running=0,
        uptime_seconds=41.0,
        started_at=NOW - 41,
        method={
            "kind": "none",
            "label": "none",
            "sentence": "The demo only: nothing is sent anywhere, and nobody's terms apply.",
        },
        engine="demo",
        sessions=0,
        success_rate=None,
        requests=dict.fromkeys(overview()["requests"], 0),
        latency={"p50_seconds": None, "p95_seconds": None, "recent_seconds": []},
        traffic=[{**minute, "requests": 0, "failed": 0} for minute in overview()["traffic"]],
        spending={
            "today": {"input_tokens": 0, "output_tokens": 0, "cost_usd": None},
            "days": [
                {**day, "requests": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": None}
                for day in overview()["spending"]["days"]
            ],
            "hours": [
                {**hour, "requests": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": None}
                for hour in overview()["spending"]["hours"]
            ],
            "models": [],
        },
    )


def sessions() -> dict[str, Any]:
    found = [("Obsidian", "notes-2026", 12, 240), ("Chatbox", "work:report", 48, 2_900), (HOSTILE, HOSTILE, 3, 3_400)]
    return {
        "ttlMs": 3_600_000,
        "sessions": [
            {
                "app": app, "key": key, "sdkSessionId": None, "model": MODELS[0], "messageCount": messages,
                "createdAt": _moment(idle + 900), "lastUsedAt": _moment(idle), "idleSec": idle,
                "ttlRemainingSec": 3_600 - idle,
            }
            for app, key, messages, idle in found
        ],
    }  # fmt: skip


def logs() -> dict[str, Any]:
    stamp = time.strftime("%Y-%m-%d %H:%M", time.localtime(NOW))
    lines = [
        f"{stamp}:{second:02}.120 INFO    app.proxy.pipeline: answered req_{second:024x} in {second / 7:.1f} s"
        for second in range(50)
    ]
    lines[20] = f"{stamp}:20.120 WARNING app.proxy.access: refused: origin https://example.org {HOSTILE}"
    lines[31:33] = [
        f"{stamp}:31.120 ERROR   app.proxy.engines: the engine stopped unexpectedly",
        "    | app.core.errors.EngineGone: exit code 1",
    ]
    lines[40] = f"{stamp}:40.120 DEBUG   app.proxy.engines.agent_sdk.pool: a spare is ready"
    return {"path": "~/.local/share/Tidegate/logs/tidegate.log", "lines": lines, "totalLines": 812, "sizeBytes": 91_204}


def settings() -> dict[str, Any]:
    """The real settings, one of them set by the environment, one by the file, and one waiting for a restart."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        file.write_text("[server]\nport = 4000\n")
        listed = SettingsEditor(file, {}, {"TIDEGATE_LOG_LEVEL": "info"}).listed()
    return {"settings": msgspec.to_builtins(listed), "waiting": []}


def cards() -> dict[str, Any]:
    return {"apps": [shown(app) for app in catalogue(Place(ADDRESS, MODELS[0]))]}


def _day(back: int) -> dict[str, Any]:
    weekend = time.localtime(NOW - back * 86_400).tm_wday >= 5
    busy = (7 + (back * 5) % 11) * (0.25 if weekend else 1)
    return {
        "day": time.strftime("%Y-%m-%d", time.localtime(NOW - back * 86_400)),
        "requests": int(busy * 20), "failed": back % 3, "input_tokens": int(busy * 41_000),
        "output_tokens": int(busy * 9_000), "cost_usd": round(busy * 0.21, 2),
    }  # fmt: skip


def _hour(hour: int) -> dict[str, Any]:
    today = time.localtime(NOW)
    start = time.mktime((today.tm_year, today.tm_mon, today.tm_mday, hour, 0, 0, 0, 0, -1))
    busy = (hour * 7) % 5
    return {
        "start": int(start), "requests": busy * 6, "input_tokens": busy * 21_000, "output_tokens": busy * 4_100,
        "cost_usd": round(busy * 0.12, 2) if busy else None,
    }  # fmt: skip


def _window(name: str, label: str, share: float, seconds: float, status: str) -> dict[str, Any]:
    return {"name": name, "label": label, "used_share": share, "resets_at": NOW + seconds, "status": status}


def _moment(seconds_ago: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(NOW - seconds_ago))
