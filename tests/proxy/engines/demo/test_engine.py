from __future__ import annotations

from app.proxy.engines.demo.engine import DEMO_MODEL, DemoEngine
from app.proxy.neutral.stream import Accepted, Finished, Started, StopReason, TextDelta, UsageReported
from app.proxy.neutral.turn import AssistantMessage, Image, RemoteData, Text, Turn, UserMessage

ENGINE = DemoEngine(word_pause_seconds=0)


async def heard(*said: str) -> str:
    picture = Image(RemoteData("https://example.com/a.png"))
    last = UserMessage((*(Text(text) for text in said), picture))
    turn = Turn(DEMO_MODEL, (UserMessage((Text("earlier"),)), AssistantMessage((Text("yes"),)), last))
    events = [event async for event in ENGINE.answer(turn)]
    assert events[:2] == [Accepted(), Started(DEMO_MODEL)]
    assert isinstance(events[-2], UsageReported)
    assert events[-1] == Finished(StopReason.END_TURN)
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_the_demo_says_that_it_is_one_repeats_the_last_message_and_says_how_to_go_on() -> None:
    text = await heard("Is anybody", "there?")

    assert text.startswith("This is the Tidegate demo, not Claude.")
    assert "“Is anybody\nthere?”" in text
    assert "earlier" not in text
    assert "API key" in text
    assert "sign in" in text


async def test_a_long_message_is_not_repeated_whole() -> None:
    assert len(await heard("long " * 10_000)) < 1_000


async def test_there_is_one_model_with_room_for_apps_that_demand_it() -> None:
    (model,) = await ENGINE.models()

    assert (model.id, model.context_tokens >= 64_000) == ("tidegate-demo", True)
