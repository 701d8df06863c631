"""The command line: reads what was asked, and talks. What takes time to load is loaded when it is needed."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, get_args

from app import __version__
from app.commandline.commands import add_commands, commanded, show_the_first
from app.core.control_file import remove_left_control
from app.core.errors import TidegateError, UsageError
from app.core.garbage import loading
from app.core.instance import Instance
from app.core.paths import paths_from
from app.core.settings import EngineChoice
from app.core.settings_layers import Given, Layer
from app.interrupts import INTERRUPTED, raise_again
from app.key_command import ACTIONS, key_command
from app.ready_screen import beside_the_line
from app.supervisor import Stoppable, Supervisor

if TYPE_CHECKING:
    from app.bootstrap import App

log = logging.getLogger(__name__)

_SERVING = (None, "serve")
"""Commands whose signals are heeded as soon as they have loaded what they need; until then Ctrl-C just ends them."""
_OPTIONS = {"host": "server.host", "port": "server.port", "engine": "engine.choice"}


def run(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> int:
    """Do what the arguments say; returns the exit code. A TidegateError is one sentence on standard error."""
    environ = os.environ if environ is None else environ
    asked = _parser().parse_args(arguments)
    if asked.self_test or asked.window or asked.command not in _SERVING:
        raise_again()
    if asked.self_test:
        from app.self_test.report import run as self_test  # noqa: PLC0415  for packages; nobody else waits for it

        return self_test()
    try:
        return _run(asked, environ)
    except TidegateError as error:
        if getattr(asked, "json", False):
            print(json.dumps({"ok": False, "sentence": str(error)}))
        elif sys.stderr:
            print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(asked: argparse.Namespace, environ: Mapping[str, str]) -> int:
    match asked.command:
        case None if asked.window:
            from app.ui.window import show  # noqa: PLC0415  a child process of the desktop program

            return show(sys.stdin or open(0, encoding="utf-8", closefd=False), Path(asked.window), environ)
        case None:
            return _desktop(environ, hidden=asked.hidden)
        case "serve":
            return _serve(_command_line(asked), environ)
        case "version":
            print(json.dumps({"version": __version__}) if asked.json else f"Tidegate {__version__}")
            return 0
        case "key":
            return key_command(asked.action, " ".join(asked.name), environ, as_json=asked.json)
        case _:
            return commanded(asked, paths_from(environ), environ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidegate",
        description="Lets chat apps on this computer talk to Claude. Without a command: the desktop program.",
    )
    parser.add_argument("--version", action="version", version=f"Tidegate {__version__}")
    parser.add_argument("--self-test", action="store_true", help="start everything once and say what works")
    parser.add_argument("--hidden", action="store_true", help="start in the tray only, as the system does at login")
    parser.add_argument("--window", metavar="FILE", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="command")
    serve = commands.add_parser("serve", help="answer chat apps until stopped")
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", help="port to listen on; 0 takes a free one (3456)")
    serve.add_argument("--engine", metavar="ENGINE", help=f"{', '.join(get_args(EngineChoice))} (auto)")
    key = commands.add_parser("key", help="the keys chat apps have to send")
    key.add_argument("action", choices=ACTIONS, help="print the default key; make one; list them; take one back")
    key.add_argument("name", nargs="*", help="of the app it is for; `new` without one replaces the default key")
    key.add_argument("--json", action="store_true", help="answer in JSON")
    add_commands(commands)
    version = commands.add_parser("version", help="print the version")
    version.add_argument("--json", action="store_true", help="answer in JSON")
    return parser


def _command_line(asked: argparse.Namespace) -> Layer:
    return {
        name: Given(value, f"from --{option}", textual=True)
        for option, name in _OPTIONS.items()
        if (value := getattr(asked, option, None)) is not None
    }


def _serve(options: Layer, environ: Mapping[str, str]) -> int:
    """Answer chat apps until a signal says stop; the first signal lets running answers end, the second doesn't."""
    with loading():
        from app.beside import Lasting  # noqa: PLC0415  loads the server and the engines
        from app.restart import first_or_again  # noqa: PLC0415  loads the same

    paths = paths_from(environ)
    paths.create()
    instance = Instance(paths)
    if not instance.acquire():
        raise UsageError(f"Tidegate is running already with {paths.home}. `tidegate stop` ends it.")
    remove_left_control(paths.control)
    supervisor = Supervisor(patient=False)
    _heed_signals(supervisor)
    return supervisor.run(first_or_again(options, environ, paths, Lasting()), _Headless())


class _Headless:
    """Says on the terminal what the supervisor tells."""

    def serving(self, app: App) -> None:
        """The one line programs wait for, and beside it what a person reads in the log."""
        for notice in app.notices:
            log.warning("%s", notice)
        ready = app.ready(with_models=False)
        print(f"Tidegate is listening on {ready.address}", flush=True)
        print(beside_the_line(ready), file=sys.stderr, flush=True)

    def down(self, trouble: str) -> None:
        """The log has said it."""


def _desktop(environ: Mapping[str, str], *, hidden: bool) -> int:
    """With an icon and a window; a second start shows the window of the first."""
    paths = paths_from(environ)
    paths.create()
    instance = Instance(paths)
    if not instance.acquire():
        if hidden:  # started at login too, by a session that brings back what ran before
            return 0
        shown = show_the_first(paths, environ, instance)
        if shown is not None:
            return shown
    remove_left_control(paths.control)
    with loading():
        from app.desktop import Desktop  # noqa: PLC0415  a second start needs nothing of it

    desktop = Desktop({}, environ, paths, hidden=hidden)
    _heed_signals(desktop.supervisor)
    return desktop.run()


def _heed_signals(running: Stoppable) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        if running.stopping:
            running.stop_now()
        else:
            running.stop()

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
