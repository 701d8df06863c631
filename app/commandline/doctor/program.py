"""Examines Tidegate itself: settings, engine, keyring, port, sign-in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.commandline.doctor.finding import Finding, bad, good, note
from app.commandline.running import NotRunning, ask
from app.core.errors import UsageError
from app.core.paths import Paths
from app.core.secrets import SecretName, Secrets, fixed_key, keyring_of
from app.core.settings import Settings
from app.core.settings_file import file_layer
from app.core.settings_layers import environment_layer, settings_from

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
    except NotRunning:
        server = _settings(paths, environ).server
        try:
            open_listeners(server.host, server.port).close()
        except UsageError as error:
            return [bad("port", str(error))]
        return [good("port", f"{server.port} is free. Tidegate is not running.")]
    return [good("port", f"Tidegate answers at {address}.")]


def sign_in(paths: Paths) -> Sequence[Finding]:
    """Claude answers: proven by a real answer, not by what some file says."""
    try:
        status = ask(paths, "status").more["status"]
    except NotRunning:
        return [note("Claude", "Tidegate is not running, so nothing is known.", "Start it with `tidegate`.")]
    kind, sentence = status["account"]["kind"], str(status["sentence"])
    if status["engine"] == "demo":
        return [note("Claude", f"{sentence}", "Open the dashboard to set it up.")]
    if kind in _WORKS:
        return [good("Claude", sentence)]
    if kind in _MAY_WORK:
        return [note("Claude", sentence, "`tidegate dashboard` has a page to try it.")]
    return [bad("Claude", sentence, str(status["action_label"]))]


def _settings(paths: Paths, environ: Mapping[str, str]) -> Settings:
    return settings_from({}, environment_layer(environ), file_layer(paths.config))
