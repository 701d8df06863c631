from __future__ import annotations

import pytest

from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.neutral.reply import Reply
from app.proxy.neutral.stream import (
    Accepted,
    BlockStarted,
    BlockStopped,
    Finished,
    SignatureDelta,
    Started,
    StopReason,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    Usage,
    UsageReported,
)
from app.proxy.neutral.turn import Thinking
from tests.proxy.engines.agent_sdk.turns import MODEL, PICTURE, PNG, events_of, model, reply_to, said, turn, user
from tests.stand_in import StandIn
from tests.stand_in.answer import Answer, Block, Counts, Say, Think, say


async def test_every_piece_the_model_sends_arrives_by_itself_and_in_order(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    counts = Counts(input_tokens=12, output_tokens=7, cache_creation=3, cache_read=2)
    stand_in.answer_next(Answer((Think(("Let me", " think")), Say(("One", " two", " three"))), usage=counts))

    *events, usage, finished = await events_of(engine, turn(user("count")))

    begun = Usage(input_tokens=12, output_tokens=1, cache_creation_tokens=3, cache_read_tokens=2)
    assert events == [
        Accepted(),
        Accepted(),
        Started(MODEL, begun),
        BlockStarted(ThinkingBlock()),
        ThinkingDelta("Let me"),
        ThinkingDelta(" think"),
        SignatureDelta(Think(()).signature),
        BlockStopped(),
        BlockStarted(TextBlock()),
        TextDelta("One"),
        TextDelta(" two"),
        TextDelta(" three"),
        BlockStopped(),
    ]
    assert isinstance(usage, UsageReported)
    assert (usage.usage.input_tokens, usage.usage.output_tokens) == (12, 7)
    assert (usage.usage.cache_creation_tokens, usage.usage.cache_read_tokens) == (3, 2)
    assert usage.usage.cost_usd
    assert finished == Finished(StopReason.END_TURN)


async def test_the_model_gets_native_turns_with_every_image_in_its_place(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    history = (user("What is this?", PICTURE), model("A dot."), user(PICTURE, "And this?"), model("Another."))

    await reply_to(engine, turn(*history, user("Which was bigger?")))

    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    assert _without_marks(stand_in.asked[-1].messages) == [
        {"role": "user", "content": [{"type": "text", "text": "What is this?"}, image]},
        {"role": "assistant", "content": [{"type": "text", "text": "A dot."}]},
        {"role": "user", "content": [image, {"type": "text", "text": "And this?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Another."}]},
        {"role": "user", "content": [{"type": "text", "text": "Which was bigger?"}]},
    ]


async def test_the_system_prompt_is_the_apps_own(engine: AgentEngine, stand_in: StandIn) -> None:
    await reply_to(engine, turn(user("Hello"), system="You are a pirate."))

    *_, last = stand_in.asked[-1].body["system"]
    assert last["text"] == "You are a pirate."
    assert stand_in.asked[-1].body["tools"] == []


@pytest.mark.parametrize("text", ["@/etc/passwd", "/cost", "!ls", "# remember this", "/compact now", "@README.md hi"])
async def test_text_that_means_something_to_the_cli_reaches_the_model_as_text(
    engine: AgentEngine, stand_in: StandIn, text: str
) -> None:
    earlier = (user(f"{text} earlier"), model(f"{text} answered"))

    answer = await reply_to(engine, turn(*earlier, user(text)))

    assert [message["content"][0]["text"] for message in stand_in.asked[-1].messages] == [
        f"{text} earlier",
        f"{text} answered",
        text,
    ]
    assert said(answer).startswith("Echo:")


async def test_nothing_of_this_machine_but_its_own_short_note_reaches_the_model(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    await reply_to(engine, turn(user("Hello")))

    notes = [message for message in stand_in.asked[-1].body["messages"] if message["role"] == "system"]
    assert len(str(notes)) < 2_000
    assert "CLAUDE.md" not in str(stand_in.asked[-1].body)


async def test_an_answer_that_runs_into_its_limit_ends_there_and_is_not_continued(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    stand_in.answer_next(say("Once upon", stop_reason="max_tokens"))

    cut = await reply_to(engine, turn(user("Tell me a story")))
    following = await reply_to(engine, turn(user("Tell me a story"), model("Once upon"), user("go on")))

    assert (said(cut), cut.reason) == ("Once upon", StopReason.MAX_TOKENS)
    assert said(following) == "Echo: go on"
    assert [message["role"] for message in stand_in.asked[-1].messages] == ["user", "assistant", "user"]


@pytest.mark.parametrize("blocks", [(), (Say(("",)),), (Say((" ",)),), (Think(("Hm",)),)], ids=str)
async def test_an_answer_in_which_nothing_is_said_is_an_answer_and_is_not_asked_for_again(
    engine: AgentEngine, stand_in: StandIn, blocks: tuple[Block, ...]
) -> None:
    stand_in.answer_next(Answer(blocks))

    silent = await reply_to(engine, turn(user("Thanks.")))
    after = await reply_to(engine, turn(user("Thanks."), user("Still there?")))

    assert (said(silent).strip(), silent.reason) == ("", StopReason.END_TURN)
    assert said(after).startswith("Echo:")


async def test_a_refusal_of_the_model_is_an_answer_with_that_reason_and_no_other_words(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    stand_in.answer_next(say("I can't", stop_reason="refusal"))

    refused = await reply_to(engine, turn(user("something")))
    after = await reply_to(engine, turn(user("something else")))

    assert (said(refused), refused.reason) == ("I can't", StopReason.REFUSAL)
    assert said(after) == "Echo: something else"
    assert len(stand_in.asked) == 2


async def test_thinking_comes_back_to_the_model_although_the_app_sends_only_the_text(
    engine: AgentEngine, stand_in: StandIn
) -> None:
    stand_in.answer_next(Answer((Think(("Hm",)), Say(("Yes",)))))
    first = await reply_to(engine, turn(user("Is it?")))
    assert isinstance(first, Reply)

    await reply_to(engine, turn(user("Is it?"), model("Yes"), user("Why?")))

    signature = Think(()).signature
    assert first.content[0] == Thinking("Hm", signature)
    assert _without_marks(stand_in.asked[-1].messages)[1]["content"] == [
        {"type": "thinking", "thinking": "Hm", "signature": signature},
        {"type": "text", "text": "Yes"},
    ]


@pytest.mark.parametrize(
    "nothing", [Thinking("Hm", Think(()).signature), "(no content)", " (no content)\n", "\ufeff"], ids=repr
)
async def test_an_answer_that_says_nothing_leaves_the_words_around_it_as_they_were(
    engine: AgentEngine, stand_in: StandIn, nothing: object
) -> None:
    await reply_to(engine, turn(user("a"), model(nothing), user("b")))

    assert _without_marks(stand_in.asked[-1].messages) == [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    ]


async def test_the_list_of_models_is_the_clis_own(engine: AgentEngine) -> None:
    models = await engine.models()

    assert [entry.id for entry in models] == [
        "claude-opus-5-5",
        "claude-fable-5-2",
        "claude-sonnet-5-5",
        "claude-haiku-5-5",
    ]
    assert models[0].display_name == "Claude Opus 5.5"
    assert engine.account.cli_version == "2.1.329"


def _without_marks(messages: list[dict]) -> list[dict]:  # type: ignore[type-arg]
    """The messages without the cache marks that the CLI sets."""
    for message in messages:
        for block in message["content"]:
            block.pop("cache_control", None)
    return messages
