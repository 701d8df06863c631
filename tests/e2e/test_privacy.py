"""No word of anybody's stays anywhere: marked words go through everything, and every file and event is searched."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import ENGINES, Running, running
from tests.stand_in.answer import Answer, Break, CallTool, Cut, Refusal, Say, Script, Stall, Think, say, wanting
from tests.tidegate_process import KEY, environment, run

MARK = "quokka"
"""Stands in every word of people and models that is sent, in any capitals; nothing of ours contains it."""
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURE = "data:image/png;base64," + base64.b64encode(PNG + MARK.encode()).decode()
IN_BASE64 = base64.b64encode(b"  " + MARK.encode() + b"  ")[4:-4]
"""Of the mark, whatever stands before it, as far as it is the same for each of the three ways to be cut."""
TOOL = {"type": "object", "description": f"{MARK} of a schema", "properties": {f"{MARK}_field": {"type": "string"}}}
WORDS = (Think((f"{MARK} thought",)), Say((f"{MARK} ", "said")))
QUOTES = f"messages.0.content: the text '{MARK} quoted' is not what it should be"
SCRIPTS: tuple[Script, ...] = (
    Answer(WORDS),
    Answer((CallTool("toolu_1", f"{MARK}_tool", (f'{{"{MARK}_field": ', f'"{MARK} argument"}}')),)),
    *(Refusal(status, QUOTES) for status in (400, 403, 404, 413, 429, 500, 529)),
    Refusal(400, "prompt is too long: " + QUOTES),
    Answer(WORDS, end=Break(2, message=QUOTES)),
    Answer(WORDS, end=Cut(2), pause=0.02),
    Answer(WORDS, end=Cut(2, clean=True)),
)


def requests(model: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every dialect, with each script, whole and as a stream."""
    for script in SCRIPTS:
        asked = wanting(script, f"{MARK} asked")
        for stream in (False, True):
            for path, body in in_each_dialect(asked).items():
                yield path, {"model": model, "stream": stream, **body}


def in_each_dialect(asked: str) -> dict[str, dict[str, Any]]:
    function = {"name": f"{MARK}_tool", "description": f"{MARK} described", "parameters": TOOL}
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE[22:]}}
    return {
        "/v1/chat/completions": {
            "user": "app-user-1",
            "tools": [{"type": "function", "function": function}],
            "messages": [
                {"role": "system", "content": f"{MARK} ordered"},
                {"role": "user", "content": [
                    {"type": "image_url", "image_url": {"url": PICTURE}}, {"type": "text", "text": f"{MARK} shown"},
                ]},
                {"role": "assistant", "content": f"{MARK} answered", "tool_calls": [{
                    "id": "call_1", "type": "function",
                    "function": {"name": f"{MARK}_tool", "arguments": json.dumps({f"{MARK}_field": f"{MARK} given"})},
                }]},
                {"role": "tool", "tool_call_id": "call_1", "content": f"{MARK} found"},
                {"role": "user", "content": asked},
            ],
        },
        "/v1/messages": {
            "max_tokens": 4_000, "system": f"{MARK} ordered", "stop_sequences": [f"{MARK} stop"],
            "tools": [{"name": f"{MARK}_tool", "description": f"{MARK} described", "input_schema": TOOL}],
            "messages": [
                {"role": "user", "content": [picture, {"type": "text", "text": f"{MARK} shown"}]},
                {"role": "assistant", "content": f"{MARK} answered"},
                {"role": "user", "content": asked},
            ],
        },
        "/v1/responses": {
            "store": False, "instructions": f"{MARK} ordered",
            "input": [{"role": "user", "content": [
                {"type": "input_image", "image_url": PICTURE}, {"type": "input_text", "text": asked},
            ]}],
        },
        "/api/chat": {
            "messages": [
                {"role": "system", "content": f"{MARK} ordered"},
                {"role": "user", "content": asked, "images": [PICTURE[22:]]},
            ],
        },
    }  # fmt: skip


REFUSED: tuple[tuple[str, bytes], ...] = (
    ("/v1/chat/completions", b'{"messages": "quokka is no list"'),
    ("/v1/chat/completions", b'{"model": "m", "messages": [{"role": "quokka", "content": "quokka"}]}'),
    ("/v1/chat/completions", b'{"messages": [{"role": "user", "content": "\xff quokka"}]}'),
    ("/v1/messages", b'{"model": "m", "max_tokens": "quokka", "messages": []}'),
    ("/v1/responses", b'{"input": [{"type": "quokka"}]}'),
    (
        "/v1/messages/count_tokens",
        b'{"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": "quokka"}]}',
    ),
)


@contextmanager
def listening(address: str, link: str, heard: list[bytes]) -> Iterator[httpx.Client]:
    """The dashboard, with everything that is told to it as it happens."""
    with httpx.Client(base_url=address, timeout=60) as dashboard:
        assert dashboard.get(link).status_code == 303
        begun = threading.Event()

        def listen() -> None:
            with dashboard.stream("GET", "/events", timeout=None) as stream:
                for piece in stream.iter_raw():
                    heard.append(piece)
                    begun.set()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        assert begun.wait(30)
        yield dashboard


def ask_everything(tidegate: Running, model: str) -> list[int]:
    headers = {"Authorization": f"Bearer {KEY}"}
    statuses = []
    with httpx.Client(base_url=tidegate.address, headers=headers, timeout=120) as app:
        for path, body in requests(model):
            statuses.append(app.post(path, json=body).status_code)
        for path, content in REFUSED:
            app.post(path, content=content, headers={"Content-Type": "application/json"})
        long = [{"role": role, "content": f"{MARK} {number}"} for number in range(45) for role in ("user", "assistant")]
        long_chat = {"model": model, "messages": [*long, {"role": "user", "content": f"{MARK}?"}]}
        assert app.post("/v1/chat/completions", json=long_chat).status_code == 200
        stalls = wanting(Answer(WORDS, end=Stall(1)), MARK)
        asked = {"model": model, "stream": True, "messages": [{"role": "user", "content": stalls}]}
        with app.stream("POST", "/v1/chat/completions", json=asked) as cut:
            next(cut.iter_raw())
        app.post("/v1/chat/completions", json=asked, headers={"Authorization": "Bearer wrong"})
    return statuses


def holding(folder: Path) -> list[str]:
    """The files with a marked word in them, in any coding."""
    found = []
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            content = file.read_bytes().lower()
            if MARK.encode() in content or IN_BASE64.lower() in content or MARK.encode("utf-16-le") in content:
                found.append(str(file.relative_to(folder)))
    return found


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_that_was_said_is_in_any_file_any_event_or_any_report(engine: str, model_api: str, tmp_path: Path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    more = {"TIDEGATE_LOG_LEVEL": "debug", "TIDEGATE_SERVER_OLLAMA": "true", "TMPDIR": str(temporary)}
    heard: list[bytes] = []
    with running(engine, model_api, tmp_path, **more) as tidegate:
        environ = environment(tmp_path, **more)
        with listening(tidegate.address, run(environ, "dashboard", "--link").stdout.strip(), heard) as dashboard:
            statuses = ask_everything(tidegate, "claude-sonnet-5-5")
            told = [
                dashboard.get(path).content
                for path in (
                    "/dashboard/exchanges?limit=500", "/dashboard/recent?limit=500", "/dashboard/overview",
                    "/dashboard/logs?lines=2000", "/dashboard/diagnostics", "/dashboard/sessions", "/auth/status",
                )
            ]  # fmt: skip
            kept = json.loads(told[0])["exchanges"]
            assert holding(tmp_path) == []  # while it runs: the files beside SQLite's too
    assert holding(tmp_path) == []
    assert len(statuses) == len(SCRIPTS) * 8
    assert {200, 400, 404, 429, 529} <= set(statuses)
    assert len(kept) >= len(statuses)
    assert {each["outcome"] for each in kept} >= {"ok", "error", "client_disconnect"}
    for each in (*told, *heard):
        assert MARK.encode() not in each.lower()


def test_what_a_key_keeps_is_gone_from_every_file_when_it_is_ended(model_api: str, tmp_path: Path):
    """And so the search above can find something."""
    with running("direct", model_api, tmp_path) as tidegate:
        headers = {"Authorization": f"Bearer {KEY}", "X-Session-Id": "a-chat"}
        body = {"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": wanting(say("Yes"), MARK)}]}
        with httpx.Client(base_url=tidegate.address, headers=headers, timeout=60) as app:
            assert app.post("/v1/chat/completions", json=body).status_code == 200
            assert {Path(name).name for name in holding(tmp_path)} <= {
                "conversations.db",
                "conversations.db-wal",
            }
            assert holding(tmp_path) != []
            assert app.delete("/sessions/a-chat").json()["deleted"] is True
            assert holding(tmp_path) == []
