from __future__ import annotations

from dataclasses import replace

import pytest

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


async def test_an_engine_that_cant_say_what_it_serves_does_not_hide_the_others() -> None:
    entries = await Catalogue([UNREACHABLE, DEMO]).entries()

    assert [entry.model.id for entry in entries] == ["tidegate-demo"]


async def test_without_an_account_a_claude_model_still_goes_to_the_engine_that_says_why_not() -> None:
    assert await Catalogue([UNREACHABLE, DEMO]).resolve("claude-opus-5-5") == (UNREACHABLE, "claude-opus-5-5")
