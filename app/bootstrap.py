"""The composition root: builds every object and hands each what it needs. The only file that knows them all."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import msgspec

from app import __version__
from app.beside import Beside, Lasting, Made
from app.controller import Place, Way
from app.core.app_keys import AppKeys
from app.core.bus import Bus
from app.core.commands import Commands
from app.core.environment import Method, active_method
from app.core.history import History
from app.core.paths import Paths, paths_from
from app.core.redaction import Redaction
from app.core.secrets import KeptIn, LocalKey, SecretName, Secrets, keyring_of, local_key
from app.core.settings import ModelSettings, Settings
from app.core.settings_file import file_layer
from app.core.settings_layers import Layer, environment_layer, settings_from
from app.engine_choice import chosen_engine, sign_in_desk
from app.exposure import notices, refuse_unsafe
from app.proxy.admission import AccessRules
from app.proxy.application import create_application
from app.proxy.dashboard_chat import routes as dashboard_chat
from app.proxy.dialects.ollama.routes import PATHS as OLLAMA_PATHS
from app.proxy.engines import Engine
from app.proxy.engines.demo.engine import DEMO_MODEL, DemoEngine
from app.proxy.engines.reach import Reach, SwitchableEngine
from app.proxy.listeners import open_listeners, plan
from app.proxy.models import Catalogue
from app.proxy.neutral.fault import Refused
from app.proxy.pipeline import Deadlines, Pipeline
from app.proxy.server import Server, ServerLimits
from app.proxy.session_store import SessionStore
from app.proxy.sessions import Sessions
from app.proxy.system_routes import Health
from app.ready_screen import Ready
from app.runtime import Runtime
from app.services import LazyDesk
from app.ui.api import routes as dashboard_routes
from app.ui.api.pages import front_page

_MODELS_LIMIT_SECONDS = 15.0
_ENGINES_CLOSE_SECONDS = 2.0
"""Of the hard limit, for the engines to end their processes once the last client is gone."""


class App(msgspec.Struct, frozen=True):
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
    commands: Commands
    """What tray, dashboard and command line can tell the program."""
    history: History
    lasting: Lasting
    """Handed to the next one after a restart."""
    old_settings_because: str = ""
    """Why a restart kept the settings as they were, as a sentence; empty when it did not."""

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
    options: Layer | None = None,
    lasting: Lasting | None = None,
) -> App:
    """Put Tidegate together on an open port; raises UsageError. What is handed in replaces the production one.

    `options`: what the command line said, which no change of settings overrules; `lasting`: of the App before this one.
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
        lasting = lasting or Lasting()
        for secret in filter(None, [key.value, kept, *_environment_secrets(environ)]):
            lasting.redaction.learn(secret)
        bus = Bus()
        sign_in = LazyDesk(lambda: sign_in_desk(environ, paths, bus.publish))
        reach = Reach(Method.NONE, engine) if engine else chosen_engine(settings, environ, kept, paths, sign_in)
        made = Made(settings, options or {}, environ, paths, secrets, key, listeners, bus, sign_in, lasting)
        return _wired(made, reach)
    except BaseException:
        listeners.close()
        raise


def _wired(made: Made, reach: Reach) -> App:
    settings, key, listeners, bus = made.settings, made.key, made.listeners, made.bus
    changeable = None if isinstance(reach.engine, DemoEngine) else SwitchableEngine(reach.engine)
    engine: Engine = changeable or reach.engine
    engines = (engine, DemoEngine()) if changeable else (engine,)
    keys = AppKeys(
        made.paths.app_keys,
        key.value,
        any_key=settings.access.any_key,
        fixed=key.kept_in is not KeptIn.KEYRING,
        kept=lambda: made.secrets.read(SecretName.LOCAL_KEY),
    )
    ollama = settings.server.ollama
    beyond = listeners.addresses_beyond

    def told() -> tuple[str, ...]:
        return notices(beyond, any_key=keys.any_key, ollama=ollama)

    store = SessionStore(made.paths.conversations)
    sessions = Sessions(
        store, bus, ttl_seconds=settings.session.ttl_minutes * 60, wait_seconds=settings.engine.queue_seconds
    )
    pipeline = Pipeline(_catalogue(engines, settings.model), _deadlines(settings), bus, sessions=sessions)
    started = time.time()
    place = Place(listeners.address, started, notices=lambda: (*told(), *engine.notices()))
    beside = Beside(
        made,
        keys=keys,
        pipeline=pipeline,
        sessions=sessions,
        place=place,
        way=Way(reach),
        engine=changeable,
    )
    application = create_application(
        pipeline=pipeline,
        access=AccessRules(
            port=listeners.port,
            check_key=keys.check,
            allowed_origins=frozenset(settings.access.allowed_origins),
            ollama_paths=OLLAMA_PATHS if ollama else frozenset(),
            allowed_hosts=frozenset(settings.access.allowed_hosts),
            beyond_loopback=listeners.beyond is not None,
            realms=beside.realms,
        ),
        bus=bus,
        health=Health(__version__, lambda: engine.name, listeners.address, started=started, notices=place.notices),
        sessions=sessions,
        extra_blueprints=[dashboard_routes(beside.desk()), dashboard_chat(pipeline)],
        front_page=front_page(made.lasting.door),
        ollama=ollama,
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
        services=beside.services,
        stop=beside.stopping,
        on_ready=beside.announce,
        hard_exit_seconds=hard_exit,
    )
    beside.attach(runtime, application.guard)
    return App(
        settings=settings,
        paths=made.paths,
        secrets=made.secrets,
        key=key,
        keys=keys,
        method=reach.method,
        engines=engines,
        bus=bus,
        address=listeners.address,
        notices=told(),
        redaction=made.lasting.redaction,
        runtime=runtime,
        commands=beside.controller,
        history=beside.history,
        lasting=made.lasting,
    )


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
