"""Which engine reaches Claude in this start, and with whose credential. Loads only the one that is chosen."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.environment import Method, active_method, engine_environment, engine_for
from app.core.errors import UsageError
from app.core.events import SignInChecked
from app.core.paths import Paths
from app.core.settings import EngineSettings, Settings
from app.proxy.engines.demo.engine import DemoEngine
from app.proxy.engines.late import LateEngine, Loaded
from app.proxy.engines.reach import Reach

if TYPE_CHECKING:
    from app.proxy.engines.agent_sdk.desk import AgentSignInDesk
    from app.proxy.engines.agent_sdk.limits import AgentLimits
    from app.proxy.engines.direct_api.service import Service


def chosen_engine(
    settings: Settings,
    environ: Mapping[str, str],
    kept_key: str | None,
    paths: Paths,
    desk: Callable[[], AgentSignInDesk] | None = None,
) -> Reach:
    """The engine the settings ask for and whose credential it uses; raises UsageError when there is none to use.

    `kept_key`: the Anthropic API key in the keyring, if there is one. `desk` renews the sign-in where there is one.
    """
    method = active_method(environ, kept_key=kept_key is not None)
    choice = settings.engine.choice
    match engine_for(method) if choice == "auto" else choice:
        case "direct":
            return _direct(settings, environ, kept_key)
        case "demo":
            return Reach(Method.NONE, DemoEngine())
        case "agent":
            key = kept_key if method is Method.KEPT_KEY else None
            return _agent(settings, environ, key, paths, desk if method is Method.ACCOUNT else None)


def sign_in_desk(
    environ: Mapping[str, str], paths: Paths, on_checked: Callable[[SignInChecked], object]
) -> AgentSignInDesk:
    """Where people sign in and out, whichever engine answers; `on_checked` hears of every look at the sign-in."""
    from app.proxy.engines.agent_sdk.auth_program import AuthProgram  # noqa: PLC0415  the SDK takes 0.8 s
    from app.proxy.engines.agent_sdk.command import Command, auth_command  # noqa: PLC0415
    from app.proxy.engines.agent_sdk.desk import AgentSignInDesk  # noqa: PLC0415
    from app.proxy.engines.agent_sdk.login import Login  # noqa: PLC0415
    from app.proxy.engines.agent_sdk.sign_in import SignIn  # noqa: PLC0415

    environment = engine_environment(environ)

    def command(*asked: str) -> Command:
        return auth_command(environment, paths.engine, *asked)

    program = AuthProgram(command)
    return AgentSignInDesk(program, Login(command), SignIn(program, paths.sign_in_lock, on_checked))


def _agent(
    settings: Settings,
    environ: Mapping[str, str],
    kept_key: str | None,
    paths: Paths,
    desk: Callable[[], AgentSignInDesk] | None,
) -> Reach:
    method = active_method(environ, kept_key=kept_key is not None)
    late = LateEngine("agent", lambda: _load_agent(settings.engine, environ, kept_key, paths, desk))
    credential, ends = (method.name, None) if desk else _credential(method, environ, kept_key)
    return Reach(method, late, credential, ends, renewable=desk is not None, facts=late.facts, sweep=late.sweep)


def _load_agent(
    wanted: EngineSettings,
    environ: Mapping[str, str],
    kept_key: str | None,
    paths: Paths,
    desk: Callable[[], AgentSignInDesk] | None,
) -> Loaded:
    """On a thread: the SDK takes 0.8 s."""
    from app.proxy.engines.agent_sdk.command import bundled_cli, cli_command, scratch  # noqa: PLC0415
    from app.proxy.engines.agent_sdk.engine import AgentEngine  # noqa: PLC0415
    from app.proxy.engines.agent_sdk.proof import proven_once  # noqa: PLC0415
    from app.proxy.engines.agent_sdk.renewal import RenewingEngine  # noqa: PLC0415
    from app.proxy.engines.agent_sdk.self_test import Mechanisms  # noqa: PLC0415
    from app.proxy.engines.agent_sdk.self_test import prove as self_test  # noqa: PLC0415

    _remove_leftovers(scratch(paths.engine))
    environment = engine_environment(environ)
    if kept_key:
        environment["ANTHROPIC_API_KEY"] = kept_key

    async def prove() -> Mechanisms:
        return await proven_once(
            lambda: self_test(lambda own: cli_command(own, paths.engine), environment),
            bundled_cli(),
            paths.run / "engine-proof.json",
        )

    at = desk() if desk else None
    agent = AgentEngine(
        lambda: cli_command(environment, paths.engine),
        paths.run,
        _limits(wanted),
        prove=prove,
        may_start=at.sign_in.may_start if at else None,
    )
    if at is None:
        return Loaded(agent, agent.facts, agent.sweep)
    at.forget = agent.forget_account
    return Loaded(RenewingEngine(agent, at.sign_in), agent.facts, agent.sweep)


@functools.cache
def _remove_leftovers(folder: Path) -> None:
    """Once in a run of the program: later, the engine before may still answer there."""
    shutil.rmtree(folder, ignore_errors=True)


def _limits(wanted: EngineSettings) -> AgentLimits:
    from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits  # noqa: PLC0415

    return AgentLimits(
        PoolLimits(
            spares=wanted.spares,
            idle=wanted.bound_processes,
            burst=wanted.concurrency,
            idle_seconds=wanted.process_idle_minutes * 60,
            turns=wanted.recycle_requests,
            megabytes=wanted.recycle_mb,
            start_seconds=wanted.start_seconds,
        ),
        turns_at_once=wanted.concurrency,
        turns_waiting=wanted.queue_length,
        wait_seconds=wanted.queue_seconds,
        thinking_allowance=wanted.thinking_allowance,
    )


def _direct(settings: Settings, environ: Mapping[str, str], kept_key: str | None) -> Reach:
    from app.proxy.engines.direct_api.access import Access  # noqa: PLC0415  only what is chosen is loaded
    from app.proxy.engines.direct_api.engine import DirectEngine  # noqa: PLC0415

    if key := environ.get("ANTHROPIC_API_KEY"):
        method = Method.API_KEY
    elif key := kept_key:
        method = Method.KEPT_KEY
    else:
        raise UsageError("The direct engine needs an API key: set ANTHROPIC_API_KEY, or choose another engine.")
    address = environ.get("ANTHROPIC_BASE_URL")
    access = Access(key, address) if address else Access(key)
    engine = DirectEngine(access, thinking_allowance=settings.engine.thinking_allowance)
    return Reach(method, engine, *_credential(method, environ, kept_key), facts=engine.facts)


def _credential(method: Method, environ: Mapping[str, str], kept_key: str | None) -> tuple[str, str | None]:
    """A name that changes when the credential does, and gives nothing of it away; the last four characters of a key."""
    secret = {
        Method.API_KEY: environ.get("ANTHROPIC_API_KEY"),
        Method.AUTH_TOKEN: environ.get("ANTHROPIC_AUTH_TOKEN"),
        Method.OAUTH_TOKEN: environ.get("CLAUDE_CODE_OAUTH_TOKEN"),
        Method.KEPT_KEY: kept_key,
    }.get(method)
    if not secret:
        return method.name, None
    digest = hashlib.blake2b(secret.encode(), digest_size=6, key=b"tidegate").hexdigest()
    return f"{method.name} {digest}", secret[-4:] if method in (Method.API_KEY, Method.KEPT_KEY) else None


async def check_key(key: str, environ: Mapping[str, str]) -> None:
    """Ask the service once, without a model's answer, whether it knows the key; raises Refused."""
    from app.proxy.engines.direct_api.access import Access  # noqa: PLC0415  only who enters a key needs it

    def service() -> Service:
        from app.proxy.engines.direct_api.service import Service  # noqa: PLC0415  takes a second to load

        address = environ.get("ANTHROPIC_BASE_URL")
        return Service(Access(key, address) if address else Access(key))

    asking = await asyncio.to_thread(service)
    try:
        await asking.models()
    finally:
        await asking.close()
