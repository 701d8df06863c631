"""The command line: reads what was asked, and talks. What takes time to load is loaded when it is needed."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import TYPE_CHECKING, get_args

from app import __version__
from app.core.errors import TidegateError
from app.core.logs import open_log
from app.core.paths import paths_from
from app.core.settings import EngineChoice
from app.core.settings_layers import Given, Layer
from app.key_command import ACTIONS, key_command
from app.ready_screen import Ready, beside_the_line, for_a_person

if TYPE_CHECKING:
    from app.runtime import Runtime

_OPTIONS = {"host": "server.host", "port": "server.port", "engine": "engine.choice"}


def run(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> int:
    """Do what the arguments say; returns the exit code. A TidegateError is one sentence on standard error."""
    environ = os.environ if environ is None else environ
    asked = _parser().parse_args(arguments)
    if asked.self_test:
        from app.self_test.report import run as self_test  # noqa: PLC0415  for packages; nobody else waits for it

        return self_test()
    try:
        match asked.command:
            case "version":
                print(f"Tidegate {__version__}")
                return 0
            case "key":
                return key_command(asked.action, " ".join(asked.name), environ)
            case command:
                return _serve(_command_line(asked), environ, newcomer=command is None)
    except TidegateError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:  # before the signals were ours
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tidegate", description="Lets chat apps on this computer talk to Claude.")
    parser.add_argument("--version", action="version", version=f"Tidegate {__version__}")
    parser.add_argument("--self-test", action="store_true", help="start everything once and say what works")
    commands = parser.add_subparsers(dest="command", metavar="command")
    serve = commands.add_parser("serve", help="answer chat apps until stopped")
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", help="port to listen on; 0 takes a free one (3456)")
    serve.add_argument("--engine", metavar="ENGINE", help=f"{', '.join(get_args(EngineChoice))} (auto)")
    key = commands.add_parser("key", help="the keys chat apps have to send")
    key.add_argument("action", choices=ACTIONS, help="print the default key; make one; list them; take one back")
    key.add_argument("name", nargs="*", help="of the app it is for; `new` without one replaces the default key")
    commands.add_parser("version", help="print the version")
    return parser


def _command_line(asked: argparse.Namespace) -> Layer:
    return {
        name: Given(value, f"from --{option}", textual=True)
        for option, name in _OPTIONS.items()
        if (value := getattr(asked, option, None)) is not None
    }


def _serve(options: Layer, environ: Mapping[str, str], *, newcomer: bool) -> int:
    """Answer chat apps until a signal says stop; the first signal lets running answers end, the second doesn't."""
    from app import bootstrap  # noqa: PLC0415  loads the server and the engines
    from app.restart import built_again  # noqa: PLC0415  loads the same

    paths = paths_from(environ)
    app = bootstrap.build(bootstrap.load(options, environ, paths), environ, paths=paths, options=options)
    open_log(app.paths.log, app.settings.log, app.redaction)
    while True:
        for notice in app.notices:
            logging.getLogger(__name__).warning("%s", notice)
        _heed_signals(app.runtime)
        app.runtime.start()
        if not app.runtime.stopping:
            _announce(app.ready(with_models=newcomer), newcomer=newcomer)
        code = app.runtime.wait()
        if not app.runtime.restarting:
            return code
        ended, app = app, built_again(app, options, environ)
        if not ended.runtime.restarting:  # a signal came in between
            app.runtime.stop()


def _heed_signals(runtime: Runtime) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        if runtime.stopping:
            runtime.stop_now()
        else:
            runtime.stop()

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)


def _announce(ready: Ready, *, newcomer: bool) -> None:
    """The one line programs wait for, or the screen for a person."""
    if newcomer:
        print(for_a_person(ready), flush=True)
    else:
        print(f"Tidegate is listening on {ready.address}", flush=True)
        print(beside_the_line(ready), file=sys.stderr, flush=True)
