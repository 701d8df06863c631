"""The composition root: builds every object and hands each what it needs. The only file that knows them all."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app import __version__
from app.core.app_keys import AppKeys
from app.core.bus import Bus
from app.core.environment import Method, active_method
from app.core.paths import Paths, paths_from
from app.core.redaction import Redaction
from app.core.secrets import KeptIn, LocalKey, SecretName, Secrets, keyring_of, local_key
from app.core.settings import ModelSettings, Settings
from app.core.settings_file import file_layer
from app.core.settings_layers import Layer, environment_layer, settings_from
from app.engine_choice import chosen_engine
from app.exposure import notices, refuse_unsafe
from app.proxy.admission import AccessRules
from app.proxy.application import create_application
from app.proxy.dialects.ollama.routes import PATHS as OLLAMA_PATHS
from app.proxy.engines import Engine
from app.proxy.engines.demo.engine import DEMO_MODEL, DemoEngine
from app.proxy.listeners import Listeners, open_listeners, plan
from app.proxy.models import Catalogue
from app.proxy.neutral.fault import Refused
from app.proxy.pipeline import Deadlines, Pipeline
from app.proxy.server import Server, ServerLimits
from app.proxy.session_store import SessionStore
from app.proxy.sessions import Sessions
from app.proxy.system_routes import Health
from app.ready_screen import Ready
from app.runtime import Runtime

_MODELS_LIMIT_SECONDS = 15.0
_ENGINES_CLOSE_SECONDS = 2.0
"""Of the hard limit, for the engines to end their processes once the last client is gone."""


@dataclass(frozen=True, slots=True)
class App:
    """A built Tidegate that does nothing until its runtime is started."""

    settings: Settings
    paths: Paths
    secrets: Secrets
    key: LocalKey
    keys: AppKeys
    """Every key that lets an app in."""
    method: Method
    engines: tuple[Engine, ...]
    """The one that reaches Claude, if any, and the demo."""
    bus: Bus
    address: str
    notices: tuple[str, ...]
    """Who gets in, where that is more than the person on this computer with the key."""
    redaction: Redaction
    """Knows every secret of this start; the log is opened with it."""
    runtime: Runtime

    def ready(self, *, with_models: bool) -> Ready:
        """What there is to tell once it runs; asking the engine for its models may take seconds."""
        models, problem = self._models() if with_models else ((), None)
        return Ready(
            address=self.address,
            key=self.key,
            keyring_problem=self.secrets.problem,
            method=self.method,
            engine=self.engines[0].name,
            models=models,
            models_problem=problem,
            demo_model=DEMO_MODEL,
            notices=self.notices,
        )

    def _models(self) -> tuple[tuple[str, ...], str | None]:
        found: list[str] = []
        problem = None
        for engine in self.engines:
            try:
                served = self.runtime.call(engine.models, limit_seconds=_MODELS_LIMIT_SECONDS)
                found += [model.id for model in served if model.id not in self.settings.model.hidden]
            except Refused as refused:
                problem = refused.fault.message
            except TimeoutError:
                problem = "the engine is still starting."
        return tuple(found), problem


def load(options: Layer, environ: Mapping[str, str], paths: Paths) -> Settings:
    """The settings of this start; raises UsageError."""
    return settings_from(options, environment_layer(environ), file_layer(paths.config))


def build(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    paths: Paths | None = None,
    secrets: Secrets | None = None,
    engine: Engine | None = None,
) -> App:
    """Put Tidegate together on an open port; raises UsageError. What is handed in replaces the production one.

    The port comes first: it is what most often fails, and what costs the least to find out.
    """
    paths = paths or paths_from(environ)
    paths.create()
    secrets = secrets or Secrets(keyring_of(paths))
    if plan(settings.server.host)[1]:  # asked before anybody could connect
        refuse_unsafe(settings.server.host, _method(settings, environ, secrets), any_key=settings.access.any_key)
    listeners = open_listeners(settings.server.host, settings.server.port)
    try:
        key = local_key(secrets, environ)
        kept = None if settings.engine.choice == "demo" else secrets.read(SecretName.ANTHROPIC_KEY)
        redaction = Redaction(filter(None, [key.value, kept, *_environment_secrets(environ)]))
        if engine is None:
            method, engine = chosen_engine(settings, environ, kept, paths)
        else:
            method = Method.NONE
        return _wired(
            settings, paths, secrets, key=key, method=method, engine=engine, redaction=redaction, listeners=listeners
        )
    except BaseException:
        listeners.close()
        raise


def _wired(
    settings: Settings,
    paths: Paths,
    secrets: Secrets,
    *,
    key: LocalKey,
    method: Method,
    engine: Engine,
    redaction: Redaction,
    listeners: Listeners,
) -> App:
    engines = (engine,) if isinstance(engine, DemoEngine) else (engine, DemoEngine())
    keys = AppKeys(
        paths.app_keys,
        key.value,
        any_key=settings.access.any_key,
        fixed=key.kept_in is not KeptIn.KEYRING,
    )
    told = notices(listeners.addresses_beyond, any_key=settings.access.any_key, ollama=settings.server.ollama)
    bus = Bus()
    store = SessionStore(paths.conversations)
    sessions = Sessions(
        store, bus, ttl_seconds=settings.session.ttl_minutes * 60, wait_seconds=settings.engine.queue_seconds
    )
    pipeline = Pipeline(_catalogue(engines, settings.model), _deadlines(settings), bus, sessions=sessions)
    application = create_application(
        pipeline=pipeline,
        access=AccessRules(
            port=listeners.port,
            check_key=keys.check,
            allowed_origins=frozenset(settings.access.allowed_origins),
            keyless_paths=OLLAMA_PATHS if settings.server.ollama and settings.access.any_key else frozenset(),
            allowed_hosts=frozenset(settings.access.allowed_hosts),
            beyond_loopback=listeners.beyond is not None,
        ),
        bus=bus,
        health=Health(
            __version__, engine.name, listeners.address, started=time.time(), notices=lambda: (*told, *engine.notices())
        ),
        sessions=sessions,
        ollama=settings.server.ollama,
        body_bytes_limit=settings.server.body_limit_mb << 20,
        body_seconds=settings.server.body_seconds,
    )
    drain, hard_exit = settings.server.drain_seconds, settings.server.hard_exit_seconds
    limits = ServerLimits(drain=drain, hard_exit=max(drain, hard_exit - _ENGINES_CLOSE_SECONDS))
    runtime = Runtime(
        listeners=listeners,
        server=Server(application, limits=limits),
        pipeline=pipeline,
        engines=engines,
        store=store,
        hard_exit_seconds=hard_exit,
    )
    return App(settings, paths, secrets, key, keys, method, engines, bus, listeners.address, told, redaction, runtime)


def _method(settings: Settings, environ: Mapping[str, str], secrets: Secrets) -> Method:
    if settings.engine.choice == "demo":
        return Method.NONE
    return active_method(environ, kept_key=secrets.read(SecretName.ANTHROPIC_KEY) is not None)


def _catalogue(engines: tuple[Engine, ...], model: ModelSettings) -> Catalogue:
    return Catalogue(
        engines,
        default_model=model.default,
        hidden=model.hidden,
        aliases=model.aliases,
        lists_aliases=model.list_aliases,
    )


def _deadlines(settings: Settings) -> Deadlines:
    engine = settings.engine
    return Deadlines(
        first_event=max(engine.first_token_seconds, engine.queue_seconds + engine.start_seconds),
        idle=engine.idle_seconds,
        total=engine.total_seconds,
    )


def _environment_secrets(environ: Mapping[str, str]) -> Sequence[str]:
    marks = ("KEY", "TOKEN", "SECRET", "PASSWORD")
    return [value for name, value in environ.items() if any(mark in name.upper() for mark in marks)]
