"""Each kind of failure in each shape, byte for byte as it goes over the wire: before the first byte, and after it.

The transcripts are in tests/golden/errors. `python -m tests.proxy.dialects.test_error_transcripts` writes them anew.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from app.core.conditions import Condition
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.stream import Accepted, BlockStarted, Failed, Started, TextBlock, TextDelta, Usage
from tests.fakes import SCRIPTED_MODEL, ScriptedEngine, Step
from tests.proxy.live import Answer, Live, serving

GOLDEN = Path(__file__).parents[2] / "golden" / "errors"
MODEL = SCRIPTED_MODEL.id
USER = [{"role": "user", "content": "hello"}]
TOLD = ("content-type", "retry-after", "x-should-retry")
"""Headers that an app reads of a failure."""


@dataclass(frozen=True)
class Shape:
    name: str
    path: str
    body: dict[str, Any]


SHAPES = (
    Shape("openai_chat", "/v1/chat/completions", {"messages": USER}),
    Shape("openai_responses", "/v1/responses", {"input": "hello"}),
    Shape("anthropic_messages", "/v1/messages", {"messages": USER, "max_tokens": 9}),
)
BEGUN = (Accepted(), Started(MODEL, Usage(input_tokens=3)), BlockStarted(TextBlock()), TextDelta("One"))


def fault(condition: Condition) -> Fault:
    """As an engine says it; what can wait says how long."""
    wait = 7 if condition.status in (429, 503, 529) else None
    return replace(fault_of(condition, retry_after_seconds=wait), param="model" if condition.status == 404 else None)


class Teller(ScriptedEngine):
    """An engine that is told what to say next."""

    def tell(self, *events: Step) -> None:
        self._events = events


async def transcript(shape: Shape) -> str:
    """Every condition of the catalogue in this shape."""
    engine = Teller(())
    async with serving(engine) as live:
        return "\n".join([await _section(live, engine, shape, condition) for condition in Condition])


async def _section(live: Live, engine: Teller, shape: Shape, condition: Condition) -> str:
    failed = Failed(fault(condition))
    engine.tell(Accepted(), failed)
    whole, early = await _asked(live, shape, stream=False), await _asked(live, shape, stream=True)
    assert (whole.status, early.status, _named(whole)) == (condition.status, condition.status, _named(early))
    assert [early.header(name) for name in TOLD] == [whole.header(name) for name in TOLD]
    engine.tell(*BEGUN, failed)
    later = await _asked(live, shape, stream=True)
    assert later.status == 200
    *_, end = _named(later).partition('"One"')  # what comes after the first word
    head = [f"{name}: {value}" for name in TOLD if (value := whole.header(name))]
    return "\n".join([f"## {condition.name}", str(whole.status), *head, "", _named(whole), "", "…" + end.rstrip(), ""])


async def _asked(live: Live, shape: Shape, *, stream: bool) -> Answer:
    body = json.dumps({"model": MODEL, **shape.body, "stream": stream}).encode()
    return await live.request("POST", shape.path, body=body)


def _named(answer: Answer) -> str:
    """The body with what differs each time replaced."""
    text = answer.body.decode().replace(answer.header("x-request-id") or "-", "REQUEST-ID")
    created = [part.partition(",")[0] for part in text.split('"created_at":')[1:]]
    for moment in created:
        text = text.replace(f'"created_at":{moment}', '"created_at":0')
    return text


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
async def test_every_failure_is_told_byte_for_byte_as_recorded(shape: Shape):
    assert await transcript(shape) == (GOLDEN / f"{shape.name}.txt").read_text(encoding="utf-8")


if __name__ == "__main__":
    for each in SHAPES:
        (GOLDEN / f"{each.name}.txt").write_text(asyncio.run(transcript(each)), encoding="utf-8")
