"""Builds what stands beside the answers: history, account, commands, dashboard. The other half of `bootstrap`."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from app.controller import Controller, Place, Way
from app.core.account_watch import AccountWatch
from app.core.app_keys import AppKeys
from app.core.bus import Bus
from app.core.commands import Outcome, StartAtLogin
from app.core.control_file import new_control
from app.core.events import ServerStarted
from app.core.exchange_log import log_exchanges
from app.core.history import History
from app.core.logs import forget_surplus
from app.core.paths import Paths
from app.core.redaction import Redaction
from app.core.refresh_plan import RefreshPlan
from app.core.secrets import KeptIn, LocalKey, Secrets
from app.core.settings import Settings, TraySettings, UpdateSettings
from app.core.settings_editor import SettingsEditor
from app.core.settings_layers import Layer
from app.credentials import Credentials
from app.engine_choice import check_key, chosen_engine
from app.exposure import refuse_unsafe
from app.preferences import LivePreferences
from app.proxy.access import Guard
from app.proxy.engines.demo.engine import DEMO_MODEL
from app.proxy.engines.reach import Reach, SwitchableEngine
from app.proxy.listeners import Listeners, open_listeners, plan
from app.proxy.neutral.fault import Refused
from app.proxy.pipeline import Pipeline
from app.proxy.realms import Realm
from app.proxy.sessions import Sessions
from app.runtime import Runtime, Service
from app.services import ControlService, HistoryService, LazyDesk
from app.ui import api
from app.ui.access import DashboardDoor
from app.ui.desk import Desk, Model
from app.updates.updates import Updates
from app.upkeep import Chores, Upkeep


class Lasting(msgspec.Struct, frozen=True):
    """What outlives a restart of the server within the program."""

    bus: Bus = msgspec.field(default_factory=Bus)
    """Carries the events of every run."""
    door: DashboardDoor = msgspec.field(default_factory=DashboardDoor)
    """Open dashboards stay open."""
    redaction: Redaction = msgspec.field(default_factory=Redaction)
    """The log was opened with it."""
    start_at_login: StartAtLogin | None = None
    """The system's way to start Tidegate at login, where there is one."""
    show_window: Callable[[str], Outcome] | None = None
    """Shows the dashboard's window at a page; None in a program without one."""
    desktop_notices: Callable[[], tuple[str, ...]] = tuple
    """What this desktop can't show, as sentences."""
    wear: Callable[[TraySettings], object] = lambda _: None
    """Told when the settings of the icon are changed."""


@dataclass(frozen=True, slots=True)
class Made:
    """What `bootstrap` has before it knows the engine, and what it was given."""

    settings: Settings
    options: Layer
    environ: Mapping[str, str] = field(repr=False)
    """May hold credentials."""
    paths: Paths
    secrets: Secrets
    key: LocalKey
    listeners: Listeners
    bus: Bus
    sign_in: LazyDesk
    lasting: Lasting


class Beside:
    """Everything beside the answers, in one run of the server."""

    def __init__(
        self,
        made: Made,
        *,
        keys: AppKeys,
        pipeline: Pipeline,
        sessions: Sessions,
        place: Place,
        way: Way,
        engine: SwitchableEngine | None,
    ) -> None:
        """`engine`: the one that can be changed while the program runs."""
        self._made, self._keys, self._sessions, self._pipeline = made, keys, sessions, pipeline
        self._place, self._way, self._engine = place, way, engine
        self._editor = SettingsEditor(made.paths.config, made.options, made.environ)
        keep = made.settings.history
        self.stopping = asyncio.Event()
        """Set when the server is to close."""
        self.history = History(made.paths.history, made.bus, days=keep.days, total_days=keep.total_days)
        self.account = AccountWatch(
            made.bus,
            self.history,
            not_claude=frozenset({DEMO_MODEL}),
            limit_ends=lambda: self._way.reach.facts().limit_ends,
        )
        self.updates = Updates(made.settings.updates, made.paths.run / "updates.json", keep_skipped=self._keep_skipped)
        self.controller = Controller(
            place=self._place,
            way=self._way,
            pipeline=self._pipeline,
            account=self.account,
            history=self.history,
            bus=made.bus,
            keys=self._keys,
            secrets=made.secrets,
            door=made.lasting.door,
            desk=made.sign_in,
            updates=self.updates,
            start_at_login=made.lasting.start_at_login,
            desktop_notices=made.lasting.desktop_notices,
            settings_problem=self._editor.problem,
        )
        hours = made.settings.upkeep.auth_refresh_hours
        self._upkeep = Upkeep(
            self._chores, RefreshPlan(hours * 3_600), account=self.account, history=self.history, bus=made.bus
        )
        self._program = _Program(self._upkeep, self.updates, made.lasting.wear)
        self._control = new_control(int(self._place.address.rsplit(":", 1)[1]))
        log_exchanges(made.bus)
        made.bus.subscribe(made.lasting.bus.publish)

    @property
    def realms(self) -> tuple[Realm, ...]:
        """The dashboard's, which a cookie opens, and that of the command line."""
        expected = f"Bearer {self._control.secret}".encode()
        dashboard = Realm(
            "Dashboard",
            api.GUARDED_PATHS,
            b"cookie",
            self._made.lasting.door.admits,
            api.CLOSED_SENTENCE,
            api.OPEN_PATHS,
        )
        control = Realm(
            "Control",
            api.CONTROL_PATHS,
            b"authorization",
            lambda given: hmac.compare_digest(given.encode("latin-1", "replace"), expected),
            "These addresses are for Tidegate's own command line.",
            for_pages=False,
        )
        return dashboard, control

    @property
    def services(self) -> Sequence[Service]:
        return (
            HistoryService(self.history),
            self._made.sign_in,
            self._upkeep,
            ControlService(self._made.paths.control, self._control),
        )

    def desk(self) -> Desk:
        """What the dashboard's routes work with."""
        made = self._made
        return Desk(
            commands=self.controller,
            history=self.history,
            bus=made.bus,
            door=made.lasting.door,
            keys=self._keys,
            sessions=self._sessions,
            account=self._credentials(),
            preferences=LivePreferences(
                self._editor,
                self._program,
                keys=self._keys,
                key_is_fixed=made.key.kept_in is KeptIn.ENVIRONMENT,
                secrets=made.secrets,
                redaction=made.lasting.redaction,
                history=self.history,
                bus=made.bus,
                check=self._check_exposure,
                clock=time.time,
                started_with=made.settings,
            ),
            start_at_login=made.lasting.start_at_login,
            show_window=made.lasting.show_window,
            models=functools.partial(_models, self._pipeline),
            log_file=made.paths.log,
            redaction=made.lasting.redaction,
            stopping=self.stopping,
        )

    def attach(self, runtime: Runtime, guard: Guard) -> None:
        """Called once, before the program runs: commands reach into it from now on."""
        self._program.runtime, self._program.guard = runtime, guard
        self.controller.attach(runtime)
        self.account.choose(self._way.reach.credential, renewable=self._way.reach.renewable)

    def announce(self) -> None:
        """Requests are accepted."""
        self._made.bus.publish(
            ServerStarted(self._place.address, self._way.reach.engine.name, self._made.settings.model.default)
        )

    def _chores(self) -> Chores:
        reach, desk = self._way.reach, self._made.sign_in.made
        return Chores(
            refresh=desk.refresh if desk and reach.renewable else None,
            expires_at=lambda: desk.expires_at if desk else None,
            sweep_engine=reach.sweep,
            sweep_sessions=self._sessions.sweep,
            tidy_log=functools.partial(forget_surplus, self._made.paths.log, self._made.settings.log.files),
            look_for_update=self.updates.look_if_due,
        )

    def _keep_skipped(self, version: str) -> None:
        self._editor.change({"updates.skipped": version})

    def _credentials(self) -> Credentials:
        made = self._made
        return Credentials(
            secrets=made.secrets,
            redaction=made.lasting.redaction,
            way=self._way,
            engine=self._engine,
            choose=self._chosen,
            check=lambda key: check_key(key, made.environ),
            account=self.account,
            desk=lambda: made.sign_in.made,
            lifetime=lambda: self._program.attached,
        )

    def _chosen(self, key: str | None) -> Reach:
        made = self._made
        reach = chosen_engine(made.settings, made.environ, key, made.paths, made.sign_in)
        if plan(made.settings.server.host)[1]:
            refuse_unsafe(made.settings.server.host, reach.method, any_key=self._keys.any_key)
        return reach

    def _check_exposure(self, settings: Settings) -> None:
        if plan(settings.server.host)[1]:
            refuse_unsafe(settings.server.host, self._way.reach.method, any_key=settings.access.any_key)


class _Program:
    """The running program, as far as settings reach into it; knows it once it is built. Thread-safe."""

    def __init__(self, upkeep: Upkeep, updates: Updates, wear: Callable[[TraySettings], object]) -> None:
        self._upkeep = upkeep
        self._updates = updates
        self._wear = wear
        self.runtime: Runtime | None = None
        self.guard: Guard | None = None

    @property
    def attached(self) -> Runtime:
        assert self.runtime, "attach() comes before the first command"  # noqa: S101  a mistake of ours
        return self.runtime

    def allow_origins(self, origins: tuple[str, ...]) -> None:
        if self.guard:
            self.guard.rules = replace(self.guard.rules, allowed_origins=frozenset(origins))

    def refresh_every(self, hours: float) -> None:
        self._upkeep.plan.change(hours * 3_600, time.time())

    def look_for_updates(self, wanted: UpdateSettings) -> None:
        self._updates.wanted = wanted

    def wear(self, wanted: TraySettings) -> None:
        self._wear(wanted)

    def check_address(self, host: str, port: int) -> None:
        open_listeners(host, port).close()

    def restart(self) -> None:
        self.attached.restart()


async def _models(pipeline: Pipeline) -> list[Model]:
    """What can be asked for, the one for apps that name none first."""
    listed = [Model(entry.model.id, entry.model.context_tokens) for entry in await pipeline.catalogue.listed()]
    with contextlib.suppress(Refused):
        _, default = await pipeline.catalogue.resolve("default")
        first = next((model for model in listed if model.id == default), Model(default, None))
        listed = [first, *(model for model in listed if model.id != default)]
    return listed
