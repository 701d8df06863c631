from __future__ import annotations

import pytest
from msgspec.structs import replace

from app.proxy.models import Catalogue
from app.proxy.neutral.fault import Fault, FaultKind, Refused
from tests.fakes import SCRIPTED_MODEL, ScriptedEngine

IDS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-4-7[1m]", "claude-opus-4-7")
CLAUDE = ScriptedEngine((), models=[replace(SCRIPTED_MODEL, id=id_) for id_ in IDS])
DEMO = ScriptedEngine((), models=[replace(SCRIPTED_MODEL, id="tidegate-demo")])
UNREACHABLE = ScriptedEngine((), refused=Refused(Fault(FaultKind.UPSTREAM, "No connection.")))


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("opus", "claude-opus-5-5"),
        ("sonnet", "claude-sonnet-5-5"),
        ("haiku", "claude-haiku-5-5"),
        ("claude-sonnet-4", "claude-sonnet-5-5"),
        ("claude-haiku-4", "claude-haiku-5-5"),
        ("claude-opus-4-7-1m", "claude-opus-4-7[1m]"),
        ("claude-opus-4-7-200k", "claude-opus-4-7"),
        ("openai/claude-opus-5-5", "claude-opus-5-5"),
        ("maxproxy/sonnet", "claude-sonnet-5-5"),
        ("gpt-4", "claude-opus-5-5"),
        ("gpt-4o", "claude-sonnet-5-5"),
        ("gpt-3.5-turbo", "claude-haiku-5-5"),
        ("openai/gpt-4o-mini", "claude-haiku-5-5"),
        ("claude-opus-4-7[1m]", "claude-opus-4-7[1m]"),
        ("claude-haiku-5-5[1m]", "claude-haiku-5-5[1m]"),
        ("", "claude-opus-5-5"),
        ("default", "claude-opus-5-5"),
        (" claude-opus-5-5 ", "claude-opus-5-5"),
        ("tidegate-demo", "tidegate-demo"),
    ],
)
async def test_an_id_or_its_alias_finds_the_model(asked: str, served: str) -> None:
    engine, model = await Catalogue([CLAUDE, DEMO]).resolve(asked)

    assert model == served
    assert engine is (DEMO if served == "tidegate-demo" else CLAUDE)


async def test_a_claude_model_newer_than_the_list_is_passed_on_to_the_service() -> None:
    assert await Catalogue([CLAUDE, DEMO]).resolve("claude-future-9-1") == (CLAUDE, "claude-future-9-1")


@pytest.mark.parametrize("asked", ["gpt-9", "llama3", "claude", "Claude-Opus", "tidegate", "x/y/z", "claude-opus 5"])
async def test_an_unknown_id_is_refused_with_the_choices_and_never_served_by_another(asked: str) -> None:
    with pytest.raises(Refused) as refused:
        await Catalogue([CLAUDE, DEMO]).resolve(asked)

    fault = refused.value.fault
    assert (fault.kind, fault.code, fault.param) == (FaultKind.NOT_FOUND, "model_not_found", "model")
    assert all(id_ in fault.message for id_ in (*IDS, "tidegate-demo"))


async def test_the_default_model_is_the_one_of_the_settings() -> None:
    catalogue = Catalogue([CLAUDE, DEMO], default_model="haiku")

    assert await catalogue.resolve("default") == (CLAUDE, "claude-haiku-5-5")


@pytest.mark.parametrize(
    ("asked", "served"),
    [("", "claude-sonnet"), ("default", "claude-sonnet"), ("opus", "claude-opus"), ("gpt-4o", "claude-sonnet")],
)
async def test_while_claude_cannot_say_what_it_serves_it_is_asked_all_the_same_and_never_the_demo(
    asked: str, served: str
) -> None:
    assert await Catalogue([UNREACHABLE, DEMO]).resolve(asked) == (UNREACHABLE, served)


async def test_a_default_nobody_serves_is_refused_by_its_own_name() -> None:
    with pytest.raises(Refused) as refused:
        await Catalogue([CLAUDE, DEMO], default_model="gone").resolve("")

    assert refused.value.fault.message.startswith("There is no model 'gone' here ('' stands for it in Tidegate's")


async def test_a_hidden_model_is_not_listed_not_proposed_not_the_default_and_still_answers() -> None:
    catalogue = Catalogue([CLAUDE, DEMO], hidden=["claude-opus-5-5", "tidegate-demo"])

    assert [entry.model.id for entry in await catalogue.listed()] == list(IDS[1:])
    assert await catalogue.resolve("claude-opus-5-5") == (CLAUDE, "claude-opus-5-5")
    assert await catalogue.resolve("tidegate-demo") == (DEMO, "tidegate-demo")
    assert await catalogue.resolve("default") == (CLAUDE, "claude-sonnet-5-5")
    assert await catalogue.resolve("opus") == (CLAUDE, "claude-opus-4-7[1m]")
    assert "claude-opus-5-5" not in (await catalogue.unknown("x")).message


async def test_where_every_model_of_a_family_is_hidden_its_name_still_answers() -> None:
    assert await Catalogue([CLAUDE, DEMO], hidden=IDS).resolve("haiku") == (CLAUDE, "claude-haiku-5-5")


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("fast", "claude-haiku-5-5"),
        ("openai/fast", "claude-haiku-5-5"),
        ("vendor/special", "claude-opus-5-5"),
        ("gpt-4o", "claude-opus-4-7"),
        ("claude-opus-5-5", "claude-sonnet-5-5"),
        ("default", "claude-haiku-5-5"),
        ("other", "claude-sonnet-5-5"),
    ],
)
async def test_a_persons_own_aliases_come_before_all_other_names(asked: str, served: str) -> None:
    aliases = {
        "fast": "claude-haiku-5-5",
        "vendor/special": "opus",
        "gpt-4o": "claude-opus-4-7-200k",
        "claude-opus-5-5": "sonnet",
        "other": "anthropic/gpt-4o",
    }
    catalogue = Catalogue([CLAUDE, DEMO], default_model="fast", aliases=aliases)

    assert await catalogue.resolve(asked) == (CLAUDE, served)


async def test_an_alias_for_nothing_is_refused_by_the_name_behind_it() -> None:
    with pytest.raises(Refused) as refused:
        await Catalogue([CLAUDE, DEMO], aliases={"fast": "gone"}).resolve("fast")

    assert "no model 'gone'" in refused.value.fault.message


async def test_aliases_are_listed_only_when_a_setting_says_so_and_only_those_that_lead_somewhere() -> None:
    small = ScriptedEngine((), models=[replace(SCRIPTED_MODEL, id="claude-haiku-5-5", context_tokens=64_000)])
    plain = Catalogue([small, DEMO], aliases={"fast": "haiku", "lost": "gone"})
    named = Catalogue([small, DEMO], aliases={"fast": "haiku", "lost": "gone"}, lists_aliases=True)

    assert [entry.model.id for entry in await plain.listed()] == ["claude-haiku-5-5", "tidegate-demo"]
    assert [entry.model.id for entry in await named.listed()] == [
        "claude-haiku-5-5",
        "tidegate-demo",
        "fast",
        "haiku",
        "gpt-5-mini",
        "gpt-5-nano",
        "gpt-4o-mini",
        "gpt-4.1-mini",
        "gpt-4.1-nano",
        "gpt-3.5-turbo",
    ]
    assert {entry.model.context_tokens for entry in await named.listed() if entry.engine is small} == {64_000}


@pytest.mark.parametrize(
    ("asked", "id_", "context_tokens"),
    [
        ("opus", "claude-opus-4-7", 200_000),
        ("claude-opus-4-7[1m]", "claude-opus-4-7[1m]", 1_000_000),
        ("claude-opus-4-7-1m", "claude-opus-4-7[1m]", 1_000_000),
        ("claude-opus-4-7-200k", "claude-opus-4-7", 200_000),
        ("claude-opus-4-7-20260416", "claude-opus-4-7-20260416", 200_000),
        ("claude-haiku-4-5[1m]", "claude-haiku-4-5[1m]", 200_000),
    ],
)
async def test_a_model_is_described_with_the_size_that_is_really_served(
    asked: str, id_: str, context_tokens: int
) -> None:
    engine = ScriptedEngine(
        (), models=[replace(SCRIPTED_MODEL, id=id_) for id_ in ("claude-opus-4-7", "claude-haiku-4-5")]
    )
    model = (await Catalogue([engine, DEMO]).described(asked)).model

    assert (model.id, model.context_tokens) == (id_, context_tokens)


async def test_a_model_only_the_service_may_know_is_not_described() -> None:
    with pytest.raises(Refused):
        await Catalogue([CLAUDE, DEMO]).described("claude-future-9-1")


async def test_an_engine_that_cant_say_what_it_serves_does_not_hide_the_others() -> None:
    entries = await Catalogue([UNREACHABLE, DEMO]).entries()

    assert [entry.model.id for entry in entries] == ["tidegate-demo"]


async def test_without_an_account_a_claude_model_still_goes_to_the_engine_that_says_why_not() -> None:
    assert await Catalogue([UNREACHABLE, DEMO]).resolve("claude-opus-5-5") == (UNREACHABLE, "claude-opus-5-5")
