"""Short ways to write a turn and to read an answer."""

from __future__ import annotations

from typing import Any

from app.proxy.engines.direct_api import DirectEngine
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.stream import Accepted, Failed, StreamEvent, TextDelta
from app.proxy.neutral.turn import Parameters, Text, Turn, UserMessage

MODEL = "claude-opus-5-5"
OLDER = "claude-sonnet-4-5"
"""A model that takes temperature and friends."""


def turn(text: str = "Hi", model: str = MODEL, **rest: Any) -> Turn:
    """A turn of one user message; what is not a field of the turn is a parameter."""
    fields = {name: rest.pop(name) for name in tuple(rest) if name in Turn.__struct_fields__}
    fields.setdefault("messages", (UserMessage((Text(text),)),))
    return Turn(model, parameters=Parameters(**rest), **fields)


async def answered(engine: DirectEngine, asked: Turn) -> list[StreamEvent]:
    return [event async for event in engine.answer(asked)]


async def fault(engine: DirectEngine, asked: Turn) -> Fault:
    """Why there was no answer."""
    *_, last = await answered(engine, asked)
    assert isinstance(last, Failed)
    return last.fault


def said(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def ignored(events: list[StreamEvent]) -> tuple[str, ...]:
    """What the engine finally said it left out."""
    return [event.ignored for event in events if isinstance(event, Accepted)][-1]
