"""What an app sees of the running program: its start, and an answer in each shape through each engine."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path

import msgspec

from app.self_test.parts import Absent, engine_program_missing
from app.self_test.program import KEY, serving
from app.self_test.service import Service

_MODEL = "claude-sonnet-4-5"
_LIMIT_SECONDS = 60.0


def start(home: Path) -> str:
    """How long a person waits from the double click to the first thing an app can ask."""
    started = time.perf_counter()
    with serving("demo", home):
        return f"after {time.perf_counter() - started:.2f} s"


def through(engine: str, home: Path, service: Service) -> str:
    """The same question in the shape of OpenAI and of Anthropic, streamed and not; the played service says yes."""
    if engine == "agent" and engine_program_missing():
        raise Absent("built without the engine's program")
    way = {"ANTHROPIC_BASE_URL": service.url, "ANTHROPIC_API_KEY": "tidegate-self-test"}
    before = service.asked
    with serving(engine, home, way) as address:
        for path, told in (("/v1/chat/completions", b'"yes"'), ("/v1/messages", b'"yes"')):
            for streaming in (False, True):
                answer = _ask(address + path, streaming=streaming)
                if told not in answer:
                    raise ValueError(f"{path} answered {answer[:200].decode(errors='replace')!r}")
                if streaming and not (b"[DONE]" in answer or b"message_stop" in answer):
                    raise ValueError(f"{path} ended before its end")
    if service.asked == before:
        raise ValueError("the answers did not come from the service")
    return "OpenAI's and Anthropic's shape, streamed and not"


def _ask(url: str, *, streaming: bool) -> bytes:
    body = {
        "model": _MODEL,
        "max_tokens": 64,
        "stream": streaming,
        "messages": [{"role": "user", "content": "Does it work?"}],
    }
    request = urllib.request.Request(  # noqa: S310 - our own address
        url,
        data=msgspec.json.encode(body),
        headers={"authorization": f"Bearer {KEY}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_LIMIT_SECONDS) as response:  # noqa: S310 - our own address
        content: bytes = response.read()
        return content
