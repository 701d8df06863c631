"""Which engine reaches Claude in this start, and with whose credential. Loads only the one that is chosen."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.environment import Method, active_method, engine_environment, engine_for
from app.core.errors import UsageError
from app.core.paths import Paths
from app.core.settings import Settings
from app.proxy.engines import Engine
from app.proxy.engines.demo.engine import DemoEngine


def chosen_engine(
    settings: Settings, environ: Mapping[str, str], kept_key: str | None, paths: Paths
) -> tuple[Method, Engine]:
    """The engine the settings ask for and whose credential it uses; raises UsageError when there is none to use.

    `kept_key`: the Anthropic API key in the keyring, if there is one.
    """
    method = active_method(environ, kept_key=kept_key is not None)
    choice = settings.engine.choice
    match engine_for(method) if choice == "auto" else choice:
        case "direct":
            return _direct(environ, kept_key)
        case "demo":
            return Method.NONE, DemoEngine()
        case "agent":
            return method, _agent(settings, environ, kept_key if method is Method.KEPT_KEY else None, paths)


def _agent(settings: Settings, environ: Mapping[str, str], kept_key: str | None, paths: Paths) -> Engine:
    from app.proxy.engines.agent_sdk.command import bundled_cli, cli_command  # noqa: PLC0415  the SDK takes 0.8 s
    from app.proxy.engines.agent_sdk.engine import AgentEngine, AgentLimits  # noqa: PLC0415
    from app.proxy.engines.agent_sdk.pool import PoolLimits  # noqa: PLC0415
    from app.proxy.engines.agent_sdk.self_test import Mechanisms, proven_once  # noqa: PLC0415
    from app.proxy.engines.agent_sdk.self_test import prove as self_test  # noqa: PLC0415

    environment = engine_environment(environ)
    if kept_key:
        environment["ANTHROPIC_API_KEY"] = kept_key
    wanted = settings.engine
    limits = AgentLimits(
        PoolLimits(
            spares=wanted.spares,
            idle=wanted.bound_processes,
            idle_seconds=wanted.process_idle_minutes * 60,
            turns=wanted.recycle_requests,
            megabytes=wanted.recycle_mb,
            start_seconds=wanted.start_seconds,
        ),
        turns_at_once=wanted.concurrency,
        turns_waiting=wanted.queue_length,
        wait_seconds=wanted.queue_seconds,
    )

    async def prove() -> Mechanisms:
        return await proven_once(
            lambda: self_test(lambda own: cli_command(own, paths.engine), environment),
            bundled_cli(),
            paths.run / "engine-proof.json",
        )

    return AgentEngine(lambda: cli_command(environment, paths.engine), paths.run, limits, prove=prove)


def _direct(environ: Mapping[str, str], kept_key: str | None) -> tuple[Method, Engine]:
    from app.proxy.engines.direct_api.access import Access  # noqa: PLC0415  only what is chosen is loaded
    from app.proxy.engines.direct_api.engine import DirectEngine  # noqa: PLC0415

    if key := environ.get("ANTHROPIC_API_KEY"):
        method = Method.API_KEY
    elif key := kept_key:
        method = Method.KEPT_KEY
    else:
        raise UsageError("The direct engine needs an API key: set ANTHROPIC_API_KEY, or choose another engine.")
    address = environ.get("ANTHROPIC_BASE_URL")
    return method, DirectEngine(Access(key, address) if address else Access(key))
