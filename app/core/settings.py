"""What can be set, what each setting means, and what it is when nobody sets it.

In `config.toml` a field stands under its section (`[server]`, `port`). Its environment variable is
`TIDEGATE_SECTION_FIELD` unless an `Env` beside its type says otherwise. `settings_layers` builds a `Settings` out of
the command line, the environment and the file; the ranges it enforces are the ones written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

EngineChoice: TypeAlias = Literal["auto", "agent", "direct", "demo"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Env:
    """The environment variable of a field whose regular name would be longer than people expect."""

    name: str


Seconds: TypeAlias = Annotated[float, Meta(ge=0.1, le=86_400)]


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The local address and its limits."""

    host: Annotated[str, Meta(min_length=1), Env("TIDEGATE_HOST")] = "127.0.0.1"
    """Address to listen on. 127.0.0.1 brings ::1 with it, so that no other program takes that; 0.0.0.0 is all addresses
    of this computer. Beyond loopback only with a key, and an API key or a cloud provider as the way to Claude."""
    port: Annotated[int, Meta(ge=0, le=65_535), Env("TIDEGATE_PORT")] = 3456
    """TCP port; 0 takes a free one. 3456 is what the proxies before Tidegate used, so apps set up for them go on."""
    body_limit_mb: Annotated[int, Meta(ge=1, le=256)] = 32
    """Largest request in MB (2^20 bytes); past it 413. The service itself takes 32."""
    body_seconds: Seconds = 30.0
    """How long an app may take to send its request."""
    drain_seconds: Annotated[float, Meta(ge=0, le=600)] = 10.0
    """How long running answers may go on after Tidegate was asked to close."""
    hard_exit_seconds: Annotated[float, Meta(ge=1, le=660)] = 15.0
    """The program ends this long after it was asked to close, whatever its clients do. Not less than drain_seconds."""
    ollama: bool = False
    """True: serve Ollama's addresses (/api/chat, /api/tags, …) too, for apps that know only Ollama. Other apps may then
    take Tidegate for Ollama."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How answers are made, and how long each step may take."""

    choice: Annotated[EngineChoice, Env("TIDEGATE_ENGINE")] = "auto"
    """agent: the Claude Agent SDK; direct: the Messages API with an API key; demo: neither; auto: what the
    credentials found on this machine call for."""
    queue_seconds: Seconds = 30.0
    """How long a request may wait for its turn."""
    start_seconds: Seconds = 20.0
    """How long the engine's process may take to start; a cold disk with antivirus needs most of it."""
    first_token_seconds: Seconds = 120.0
    """From asking the model to its first sign of life; long prompts take a minute."""
    idle_seconds: Seconds = 120.0
    """Between two signs of life after that."""
    total_seconds: Seconds = 1800.0
    """A whole answer. Chat apps give up earlier; agents with long thinking don't."""
    concurrency: Annotated[int, Meta(ge=1, le=256)] = 12
    """Answers at once; each costs the agent engine a process of about 100 MB, and two cores carry some 12."""
    queue_length: Annotated[int, Meta(ge=0, le=10_000)] = 64
    """Requests that may wait for their turn; the next one gets 429. 0: nobody waits."""
    spares: Annotated[int, Meta(ge=0, le=16)] = 2
    """Engine processes started ahead of need; 0 saves 100 MB each and costs a third of a second per new chat."""
    bound_processes: Annotated[int, Meta(ge=0, le=64)] = 8
    """Idle engine processes kept for the system prompt they were bound to; the least recently used goes first."""
    process_idle_minutes: Annotated[float, Meta(ge=0.1, le=1_440)] = 10.0
    """An engine process nobody used for this long ends."""
    recycle_requests: Annotated[int, Meta(ge=1, le=100_000)] = 300
    """An engine process is replaced after this many answers, before small leaks add up."""
    recycle_mb: Annotated[int, Meta(ge=100, le=16_384)] = 300
    """… and when it has grown beyond this many MB; a fresh one has about 170."""
    thinking_allowance: Annotated[int, Meta(ge=0, le=128_000)] = 8_192
    """Tokens added to the limit of an app whose `max_tokens` was written before models thought; thinking counts towards
    it, and would otherwise leave no room for the answer."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which models apps see and what they may call them."""

    default: Annotated[str | None, Env("TIDEGATE_DEFAULT_MODEL")] = None
    """The model for apps that name none, or `default`. None: the first the engine lists."""
    hidden: tuple[str, ...] = ()
    """Ids left out of the list; asked for by name they still answer."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Extra names: what the app says → the id that answers. They come before all built-in names."""
    list_aliases: bool = False
    """True: aliases (gpt-4o, opus, a person's own) stand in the model list too, for apps that offer only that."""


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who may call."""

    allowed_origins: tuple[Annotated[str, Meta(pattern=r"^(file://|[a-z][a-z0-9+.-]*://[^/\s,*]+)$")], ...] = ()
    """Web pages and apps that may call, exactly as the browser names them (https://www.typingmind.com); no patterns.
    file:// is how some apps name themselves; a browser never says it."""
    allowed_hosts: tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...] = ()
    """Names under which other machines may reach a Tidegate that listens beyond this computer (tidegate.lan)."""
    any_key: bool = False
    """True: any key is accepted, as the proxies before Tidegate did. Then every program on this machine gets in."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Conversations an app continues by key."""

    ttl_minutes: Annotated[float, Meta(ge=1, le=43_200)] = 60.0
    """A conversation nobody continued for this long is forgotten."""


@dataclass(frozen=True, slots=True)
class UpkeepSettings:
    """What Tidegate does by itself, unasked."""

    auth_refresh_hours: Annotated[float, Meta(ge=0, le=168), Env("TIDEGATE_AUTH_REFRESH_INTERVAL_HOURS")] = 4.0
    """Between two looks at the sign-in, which let the signed-in program renew it; a sign-in lasts about 8. 0: never."""


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """What is remembered of past requests: names and numbers, never what was said."""

    days: Annotated[int, Meta(ge=1, le=365)] = 30
    """How long single requests are kept."""
    total_days: Annotated[int, Meta(ge=1, le=3_650)] = 400
    """How long each day's totals are kept: a year, and a month to compare it with."""


@dataclass(frozen=True, slots=True)
class UpdateSettings:
    """Word of newer versions."""

    check: bool = False
    """True: ask once a day whether there is a newer version. One request, and nothing of this computer goes with it."""
    skipped: str | None = None
    """A version not to be told of."""
    feed: Annotated[str, Meta(pattern=r"^https?://[^\s]+$")] | None = None
    """Where to ask; https, or this computer. None: the makers' own. What comes must be signed by them all the same."""


@dataclass(frozen=True, slots=True)
class TraySettings:
    """The icon."""

    notifications: bool = True
    """False: nothing is told unasked; the icon and its menu still show it."""
    icon: Literal["colour", "light", "dark"] = "colour"
    """colour: on a tile of its own; light and dark: the bare mark, for dark and for light panels. macOS tints it."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """The log file: what happened, never what was said."""

    level: LogLevel = "info"
    """The least serious thing written down."""
    file_mb: Annotated[int, Meta(ge=1, le=100)] = 5
    """Size in MB at which a new file begins."""
    files: Annotated[int, Meta(ge=1, le=50)] = 3
    """How many files are kept."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Secrets are not settings: see `secrets`."""

    server: ServerSettings = field(default_factory=ServerSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    session: SessionSettings = field(default_factory=SessionSettings)
    upkeep: UpkeepSettings = field(default_factory=UpkeepSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    updates: UpdateSettings = field(default_factory=UpdateSettings)
    tray: TraySettings = field(default_factory=TraySettings)
    log: LogSettings = field(default_factory=LogSettings)
