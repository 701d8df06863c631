from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from quart import Quart

from app.core.bus import Bus
from app.proxy.engines.agent_sdk.command import Command, bundled_cli, cli_command
from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from app.proxy.engines.agent_sdk.self_test import ALL, Mechanisms, prove
from app.proxy.models import Catalogue
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.turn import Parameters, Text, ToolResult, ToolUse
from app.proxy.pipeline import Deadlines, Pipeline
from app.proxy.system_routes import Health, routes
from tests.proxy.engines.agent_sdk.program import children, eventually
from tests.proxy.engines.agent_sdk.turns import model, reply_to, result_of, said, tool, turn, user
from tests.stand_in import StandIn, engine_environment
from tests.stand_in.answer import Answer, CallTool

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the saboteur is a script with a first line")
OUTSIDE = {"PATH": os.defpath, "LANG": "C.UTF-8", "ANTHROPIC_API_KEY": "the-persons-own", "HOME": "/nowhere"}
EACH = ("late_binding", "history", "resume", "rewind", "settings", "tools", "verbatim")


def sabotaged(folder: Path, spoilt: str, environment: Mapping[str, str]) -> Command:
    """The command of a CLI in which one mechanism does not work."""
    script = folder / "saboteur"
    if not script.exists():  # a program that runs can't be written to
        script.write_text(f"#!{sys.executable}\n{Path(__file__).with_name('saboteur.py').read_text()}")
        script.chmod(0o755)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return cli_command({**environment, "SABOTAGE": spoilt, "REAL_CLI": str(bundled_cli())}, work, script)


@asynccontextmanager
async def running(
    stand_in: StandIn, folder: Path, spoilt: str, proof: Callable[[], Awaitable[Mechanisms]] | None = None
) -> AsyncIterator[AgentEngine]:
    """An engine on such a CLI, after its self-test."""
    environment = engine_environment(stand_in.url, folder)
    engine = AgentEngine(
        lambda: sabotaged(folder, spoilt, environment),
        folder,
        AgentLimits(pool=PoolLimits(spares=1)),
        prove=proof or (lambda: prove(lambda own: sabotaged(folder, spoilt, own), OUTSIDE)),
    )
    await engine.start()
    await engine.models()
    try:
        yield engine
    finally:
        await engine.close()


async def health_of(engine: AgentEngine) -> Any:
    """What /health says of it."""
    application = Quart("health")
    pipeline = Pipeline(Catalogue([engine]), Deadlines(5, 5, 5), Bus())
    health = Health("1", lambda: engine.name, "http://127.0.0.1", started=0.0, notices=engine.notices)
    application.register_blueprint(routes(pipeline, health))
    answer = await application.test_client().get("/health")
    return await answer.get_json()


async def test_every_mechanism_works_with_the_cli_that_comes_along(tmp_path: Path) -> None:
    assert await prove(lambda own: cli_command(own, tmp_path), OUTSIDE) == ALL


async def test_the_self_test_sees_no_credential_and_no_home_of_the_person(tmp_path: Path) -> None:
    seen: dict[str, str] = {}

    def command(own: Mapping[str, str]) -> Command:
        seen.update(own)
        return cli_command(own, tmp_path)

    await prove(command, OUTSIDE)

    assert seen["ANTHROPIC_BASE_URL"].startswith("http://127.0.0.1:")
    assert seen["ANTHROPIC_API_KEY"] == "tidegate-self-test"
    assert OUTSIDE["HOME"] not in seen.values()


@pytest.mark.parametrize("spoilt", EACH)
async def test_a_mechanism_that_does_not_work_is_found_out(tmp_path: Path, spoilt: str) -> None:
    proven = await prove(lambda own: sabotaged(tmp_path, spoilt, own), OUTSIDE)

    assert spoilt in proven.missing
    assert proven.verbatim or spoilt == "verbatim"


@pytest.mark.parametrize("spoilt", ["late_binding", "rewind", "settings", "tools"])
async def test_the_next_slower_way_gives_the_model_exactly_the_same(
    stand_in: StandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture, spoilt: str
) -> None:
    weather = tool("get_weather", city={"type": "string"})
    given = Parameters(stop=("END",), max_output_tokens=4_000)
    rest: dict[str, Any] = {"system": "Be a pirate.", "tools": (weather,), "parameters": given}
    stand_in.answer_next(Answer((CallTool("toolu_1", "get_weather", ('{"city":"Oslo"}',)),)))
    async with running(stand_in, tmp_path, spoilt) as engine:
        called = await reply_to(engine, turn(user("Weather?"), **rest))
        result = user(ToolResult("toolu_1", (Text("sunny"),)))
        answer = await reply_to(engine, turn(user("Weather?"), model(*called.content), result, **rest))
        plain = await reply_to(engine, turn(user("And you?"), system="Be brief."))
        told = await health_of(engine)
        if spoilt != "rewind":  # each turn had a process of its own
            await eventually(lambda: children() == [])

    assert (said(answer), said(plain)) == ("Echo: sunny", "Echo: And you?")
    first, second, third = stand_in.asked
    for request in (first, second):
        assert request.body["system"][-1]["text"] == "Be a pirate."
        assert (request.body["stop_sequences"], request.body["max_tokens"]) == (["END"], 4_000)
        assert [offered["name"] for offered in request.body["tools"]] == ["get_weather"]
    assert [message["role"] for message in second.messages] == ["user", "assistant", "user"]
    assert third.body["system"][-1]["text"] == "Be brief."
    assert "stop_sequences" not in third.body
    assert len(third.messages) == 1
    name = spoilt.replace("_", " ")
    assert any(name in notice for notice in told["notices"])
    assert f"the engine's {name} does not work with this CLI and is not used" in caplog.messages


async def test_without_native_history_a_conversation_is_resumed_by_a_process_of_its_own(
    stand_in: StandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add = tool("add", a={"type": "number"})
    call = model(ToolUse("toolu_1", "add", {"a": 1}))
    async with running(stand_in, tmp_path, "history") as engine:
        first = await reply_to(engine, turn(user("Hello")))
        later = await reply_to(engine, turn(user("Hello"), model("Echo: Hello"), user("again")))
        result = await result_of(
            engine, turn(user("1?"), call, user(ToolResult("toolu_1", (Text("1"),))), tools=(add,))
        )
        told = await health_of(engine)

    assert (said(first), said(later)) == ("Echo: Hello", "Echo: again")
    assert [message["role"] for message in stand_in.asked[1].messages] == ["user", "assistant", "user"]
    assert isinstance(result, Fault)  # a resumed session would lose it, and answer something else
    assert len(stand_in.asked) == 2
    assert any("history" in notice for notice in told["notices"])
    assert "the engine's history does not work with this CLI and is not used" in caplog.messages


async def test_a_cli_that_would_read_files_named_in_a_chat_answers_nothing(stand_in: StandIn, tmp_path: Path) -> None:
    async with running(stand_in, tmp_path, "verbatim") as engine:
        result = await result_of(engine, turn(user("@/etc/passwd")))

    assert isinstance(result, Fault)
    assert stand_in.asked == []


async def test_a_self_test_that_cant_be_run_says_nothing_against_the_cli(stand_in: StandIn, tmp_path: Path) -> None:
    async def broken() -> Mechanisms:
        raise OSError("no room for a folder")

    async with running(stand_in, tmp_path, "", broken) as engine:
        assert said(await reply_to(engine, turn(user("Hello")))) == "Echo: Hello"
        assert engine.notices() == ()
