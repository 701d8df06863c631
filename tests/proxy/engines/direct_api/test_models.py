"""The list of models, and what it tells the engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.proxy.engines.direct_api import DirectEngine
from app.proxy.engines.direct_api.access import Access
from app.proxy.engines.direct_api.translate import served_models
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.model import ServedModel
from tests.stand_in import KEY, Refusal, StandIn


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def engine(stand_in: StandIn, clock: Clock) -> AsyncIterator[DirectEngine]:
    running = DirectEngine(Access(KEY, stand_in.url), clock=clock)
    yield running
    await running.close()


async def test_the_newest_of_each_family_comes_first(engine: DirectEngine):
    assert [model.id for model in await engine.models()] == [
        "claude-opus-5-5",
        "claude-sonnet-5-5",
        "claude-haiku-5-5",
        "claude-fable-5-2",
        "claude-opus-4-6",
        "claude-sonnet-4-5",
    ]


async def test_a_model_is_listed_as_the_service_describes_it(engine: DirectEngine):
    assert (await engine.models())[-1] == ServedModel(
        id="claude-sonnet-4-5",
        display_name="Claude Sonnet 4.5",
        context_tokens=200_000,
        max_output_tokens=64_000,
        created=1_759_104_000,
        efforts=(),
        thinking_can_be_off=True,
    )


def test_a_list_that_says_little_is_completed_by_the_rule():
    bare: dict[str, Any] = {"id": "claude-opus-4-5", "type": "model"}
    assert served_models([bare, {"id": "claude-2.1", "lifecycle": "retired"}]) == (
        ServedModel("claude-opus-4-5", "claude-opus-4-5", 200_000, 64_000, 0, ("low", "medium", "high")),
    )


async def test_the_list_is_asked_for_once_in_ten_minutes(engine: DirectEngine, stand_in: StandIn, clock: Clock):
    await asyncio.gather(*(engine.models() for _ in range(5)))
    clock.now = 599
    await engine.models()
    assert len(stand_in.requests) == 1
    clock.now = 601
    await engine.models()
    assert len(stand_in.requests) == 2


async def test_the_last_list_is_served_while_the_service_fails(engine: DirectEngine, stand_in: StandIn, clock: Clock):
    before = await engine.models()
    clock.now = 601
    stand_in.answer_next(Refusal(529))
    assert await engine.models() == before
    assert len(stand_in.requests) == 2


async def test_without_any_list_the_failure_is_raised_and_soon_tried_again(
    engine: DirectEngine, stand_in: StandIn, clock: Clock
):
    stand_in.answer_next(Refusal(401, "invalid x-api-key"))
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await engine.models()
        assert refused.value.fault.code == "api_key_invalid"
    assert len(stand_in.requests) == 1
    clock.now = 6
    assert len(await engine.models()) == 6
