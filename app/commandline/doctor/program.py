"""Examines Tidegate itself: settings, engine, keyring, port, sign-in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from app.commandline.doctor.finding import Finding, bad, good, note
from app.commandline.running import Hangs, NotRunning, ask
from app.core.control_file import read_control
from app.core.errors import UsageError
from app.core.paths import Paths
from app.core.secrets import SecretName, Secrets, fixed_key, keyring_of
from app.core.settings import Settings
from app.core.settings_file import file_layer
from app.core.settings_layers import environment_layer, settings_from

_USUAL_PORT = 3456
"""Tidegate's, and that of the proxies before it."""
_ADDRESSES = ("ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "OPENAI_API_BASE")
_WORKS = ("proven", "limited")
_MAY_WORK = ("signed_in", "configured")


def settings(paths: Paths, environ: Mapping[str, str]) -> Sequence[Finding]:
    """They can be understood."""
    try:
        _settings(paths, environ)
    except UsageError as error:
        return [bad("settings", str(error))]
    where = f"those of {paths.config}" if paths.config.exists() else "the usual ones"
    return [good("settings", f"They can be read: {where}.")]


def engine() -> Sequence[Finding]:
    """The program of the Agent SDK is there, and is the published one."""
    from app.proxy.engines.agent_sdk.genuine import Verdict, verdict  # noqa: PLC0415  loads the SDK

    match verdict():
        case Verdict.GENUINE:
            return [good("engine", "It is there, and is byte for byte the published one.")]
        case other:
            return [bad("engine", other.value, "An API key works without it.")]


def keyring(paths: Paths, environ: Mapping[str, str]) -> Sequence[Finding]:
    """Keys outlive the program."""
    if fixed_key(environ):
        return [note("keyring", "TIDEGATE_API_KEY fixes the key for chat apps; the keyring is not asked for it.")]
    secrets = Secrets(keyring_of(paths))
    kept = secrets.read(SecretName.LOCAL_KEY)
    if secrets.problem:
        advice = "Unlock or install one (on Linux gnome-keyring or KWallet); until then every start has a new key."
        return [bad("keyring", secrets.problem, advice)]
    return [good("keyring", "It keeps the key for chat apps." if kept else "It answers; no key is kept yet.")]


def port(paths: Paths, environ: Mapping[str, str]) -> Sequence[Finding]:
    """The running program answers there, or nobody else does."""
    from app.proxy.listeners import open_listeners  # noqa: PLC0415  only for this

    try:
        address = ask(paths, "status").more["status"]["address"]
    except Hangs as error:
        return [bad("port", str(error))]
    except NotRunning:
        server = _settings(paths, environ).server
        try:
            open_listeners(server.host, server.port).close()
        except UsageError as error:
            return [bad("port", str(error))]
        return [good("port", f"{server.port} is free. Tidegate is not running.")]
    return [good("port", f"Tidegate answers at {address}.")]


def others(paths: Paths, environ: Mapping[str, str]) -> Sequence[Finding]:
    """Other proxies where apps may be set to: the usual port, and what variables name."""
    from app.proxy.port_holder import TIDEGATE, product_at  # noqa: PLC0415  only for this

    ours = control.port if (control := read_control(paths.control)) else None
    named = {name: port for name in _ADDRESSES if (port := _loopback_port(environ.get(name, "")))}
    found: list[Finding] = []
    for port in sorted({_USUAL_PORT, *named.values()} - {ours}):
        product = product_at(port)
        if product and product != TIDEGATE:
            advice = "Stop it, or give the apps that are set to it Tidegate's address."
            found.append(note("other proxies", f"At port {port} answers {product}.", advice))
    for name, port in named.items():
        if ours is not None and port != ours:
            advice = f"Unset it, or set it to http://127.0.0.1:{ours}."
            found.append(note("other proxies", f"{name} sends programs to port {port}, not to Tidegate.", advice))
    return found or [good("other proxies", "None where apps look for one.")]


def _loopback_port(address: str) -> int | None:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    return port if parts.hostname in ("127.0.0.1", "localhost", "::1") else None


def sign_in(paths: Paths) -> Sequence[Finding]:
    """Claude answers: proven by a real answer, not by what some file says."""
    try:
        status = ask(paths, "status").more["status"]
    except NotRunning as error:
        return [note("Claude", f"Nothing is known. {error}")]
    if status["paused"]:
        return [bad("Claude", "Tidegate is paused: new questions are refused.", "`tidegate resume` lets it go on.")]
    kind, sentence = status["account"]["kind"], str(status["sentence"])
    if status["engine"] == "demo":
        return [note("Claude", f"{sentence}", "Open the dashboard to set it up.")]
    if kind in _WORKS:
        return [good("Claude", sentence)]
    if kind in _MAY_WORK:
        return [note("Claude", sentence, "`tidegate dashboard` has a page to try it.")]
    return [bad("Claude", sentence, f"In the tray's menu or the dashboard: {status['action_label']}.")]


def clock_ahead(paths: Paths) -> float | None:
    """How many seconds the computer's clock is ahead of the service that answered last; None when nobody knows."""
    try:
        return ask(paths, "status").more["status"]["clock_ahead_seconds"]  # type: ignore[no-any-return]
    except (NotRunning, KeyError):
        return None


def _settings(paths: Paths, environ: Mapping[str, str]) -> Settings:
    return settings_from({}, environment_layer(environ), file_layer(paths.config))
