"""Begins anew within the program, with the settings as they are now; what goes wrong with those brings the old back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from app import bootstrap
from app.beside import Lasting
from app.bootstrap import App
from app.core.errors import UsageError
from app.core.logs import log_crashes, open_log
from app.core.paths import Paths
from app.core.settings import Settings
from app.core.settings_layers import Layer

log = logging.getLogger(__name__)


def built_again(ended: App, options: Layer, environ: Mapping[str, str]) -> App:
    """The App that comes after one whose runtime has ended; raises UsageError when not even the old settings work."""
    if ended.runtime.restarting:  # a person said so, who may have unlocked the keyring
        ended.secrets.ask_again()
    try:
        wanted = _at_the_same_port(bootstrap.load(options, environ, ended.paths), ended)
        return _built(wanted, ended, options, environ)
    except UsageError as error:
        log.error("the new settings don't work, so the old ones go on: %s", error)  # noqa: TRY400  no bug of ours
        old = _built(_at_the_same_port(ended.settings, ended), ended, options, environ)
        return msgspec.structs.replace(old, old_settings_because=str(error))


def first_or_again(
    options: Layer, environ: Mapping[str, str], paths: Paths, lasting: Lasting
) -> Callable[[App | None], App]:
    """Builds the first App and each one that comes after another, with the log as its settings want it.

    Raises UsageError.
    """

    def build(ended: App | None) -> App:
        if ended is None:
            settings = bootstrap.load(options, environ, paths)
            app = bootstrap.build(settings, environ, paths=paths, options=options, lasting=lasting)
        else:
            app = built_again(ended, options, environ)
        open_log(paths.log, app.settings.log, app.redaction)
        if ended is None:
            log_crashes()
        return app

    return build


def _built(settings: Settings, ended: App, options: Layer, environ: Mapping[str, str]) -> App:
    app = bootstrap.build(
        settings, environ, paths=ended.paths, secrets=ended.secrets, options=options, lasting=ended.lasting
    )
    if ended.commands.status().paused:  # a person said so, and a crash is no reason to go on
        app.commands.pause()
    return app


def _at_the_same_port(settings: Settings, ended: App) -> Settings:
    """Any port would do, but apps and the dashboard know this one."""
    if settings.server.port:
        return settings
    return replace(settings, server=replace(settings.server, port=int(ended.address.rsplit(":", 1)[1])))
