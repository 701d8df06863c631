"""The commands themselves: `tidegate status`, `restart`, `logs` and the others."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from app.commandline.logs import as_json as line_as_json
from app.commandline.logs import followed, last_lines
from app.commandline.running import Answer, NotRunning, ask, ask_now
from app.commandline.words import status_text
from app.core.errors import TidegateError
from app.core.instance import Instance
from app.core.paths import Paths

_AS_SAID = {"restart": "restart", "pause": "pause", "resume": "resume"}
_STOP_SECONDS = 30.0
_START_SECONDS = 20.0
"""Longer than an ending Tidegate lets answers go on."""
_POLL_SECONDS = 0.2


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Teach the parser what is here."""
    with_json = argparse.ArgumentParser(add_help=False)
    with_json.add_argument("--json", action="store_true", help="answer in JSON")
    for name, says in (
        ("status", "how the running Tidegate is doing"),
        ("restart", "let it begin anew, with the settings as they are now"),
        ("stop", "let running answers end, then end it"),
        ("pause", "turn new questions away"),
        ("resume", "answer again"),
    ):
        commands.add_parser(name, help=says, parents=[with_json])
    logs = commands.add_parser("logs", help="what happened lately; never what was said", parents=[with_json])
    logs.add_argument("-f", "--follow", action="store_true", help="go on with what is added, until Ctrl-C")
    logs.add_argument("-n", "--lines", type=int, default=50, help="how many lines (50)")
    auth = commands.add_parser("auth", help="the sign-in of Claude Code on this computer", parents=[with_json])
    auth.add_argument("action", choices=["status", "refresh", "login", "logout"])
    dashboard = commands.add_parser("dashboard", help="open the dashboard", parents=[with_json])
    dashboard.add_argument("--link", action="store_true", help="only print a link that opens it once, within a minute")
    autostart = commands.add_parser("autostart", help="start Tidegate when you log in", parents=[with_json])
    autostart.add_argument("action", choices=["on", "off", "status"])
    commands.add_parser("doctor", help="look for what may be wrong, and say what to do", parents=[with_json])


def commanded(asked: argparse.Namespace, paths: Paths, environ: Mapping[str, str]) -> int:
    """Do one of them; returns the exit code, raises TidegateError."""
    doing: dict[str, Callable[[], int]] = {
        "status": lambda: _status(paths, as_json=asked.json),
        "stop": lambda: _stop(paths, as_json=asked.json),
        "logs": lambda: _logs(paths, asked.lines, follow=asked.follow, as_json=asked.json),
        "auth": lambda: _auth(paths, asked.action, environ, as_json=asked.json),
        "dashboard": lambda: _dashboard(paths, environ, link_only=asked.link, as_json=asked.json),
        "autostart": lambda: _autostart(asked.action, environ, as_json=asked.json),
        "doctor": lambda: _doctor(paths, environ, as_json=asked.json),
    }
    if asked.command in _AS_SAID:
        return _told(ask(paths, _AS_SAID[asked.command]), as_json=asked.json)
    return doing[asked.command]()


def _status(paths: Paths, *, as_json: bool) -> int:
    answer = ask(paths, "status")
    status: dict[str, Any] = answer.more["status"]
    print(json.dumps(status, indent=2) if as_json else status_text(status, time.time()))
    return 0


def _stop(paths: Paths, *, as_json: bool) -> int:
    """Returns when it has ended, so that what follows can rely on it."""
    ask(paths, "quit")
    instance = Instance(paths)
    if not instance.acquire(seconds=_STOP_SECONDS):
        return _told(
            Answer(ok=False, sentence="Tidegate has not ended yet; an answer still runs.", more={}), as_json=as_json
        )
    instance.release()
    return _told(Answer(ok=True, sentence="Tidegate has ended.", more={}), as_json=as_json)


def _logs(paths: Paths, lines: int, *, follow: bool, as_json: bool) -> int:
    """In JSON each line is a value of its own, so that whoever follows can read it at once."""
    shown = line_as_json if as_json else str
    for line in last_lines(paths.log, max(lines, 0)):
        print(shown(line))
    if follow:
        sys.stdout.flush()
        try:
            for line in followed(paths.log):
                print(shown(line), flush=True)
        except KeyboardInterrupt:
            return 0
    return 0


def _auth(paths: Paths, action: str, environ: Mapping[str, str], *, as_json: bool) -> int:
    match action:
        case "status":
            status = ask(paths, "status").more["status"]
            account = {"sentence": status["sentence"], "method": status["method_label"], **status["account"]}
            print(json.dumps(account, indent=2) if as_json else f"{status['sentence']}\n{status['method_sentence']}")
            return 0 if status["account"]["kind"] in ("proven", "signed_in", "configured", "limited") else 1
        case "refresh":
            return _told(ask(paths, "refresh"), as_json=as_json)
        case "logout":
            return _told(ask(paths, "sign_out"), as_json=as_json)
        case _:
            return _sign_in(paths, environ, as_json=as_json)


def _sign_in(paths: Paths, environ: Mapping[str, str], *, as_json: bool) -> int:
    """The page opens in the browser; a code that it shows is asked for here."""
    from app.ui.browser import browse  # noqa: PLC0415  only here

    page = ask(paths, "sign_in")
    url = page.more.get("url")
    if not url or as_json:
        return _told(page, as_json=as_json)
    if not browse(url, environ):
        print(f"Open this page in a browser:\n\n  {url}\n")
    print("Sign in there. If the page shows a code, paste it here; else just press Enter.")
    try:
        code = input("Code: ").strip()
    except EOFError:
        code = ""
    if code:
        return _told(ask(paths, "code", code=code), as_json=False)
    return _auth(paths, "status", environ, as_json=False)


def _dashboard(paths: Paths, environ: Mapping[str, str], *, link_only: bool, as_json: bool) -> int:
    from app.ui.browser import browse  # noqa: PLC0415  only here

    if link_only or as_json:
        link = str(ask(paths, "dashboard").more["link"])
        print(json.dumps({"link": link}) if as_json else link)
        return 0
    shown = ask_now(paths, "show")
    if shown.ok:
        print(shown.sentence)
        return 0
    link = str(ask(paths, "dashboard").more["link"])
    if browse(link, environ):
        print("The dashboard is open in your browser.")
    else:
        print(f"Open this link within a minute; it works once:\n\n  {link}")
    return 0


def show_the_first(paths: Paths, environ: Mapping[str, str], instance: Instance) -> int | None:
    """What a second start of the desktop program does; the first may still be starting, or have no window.

    None: it was ending, so that `instance` is acquired and this one is the first now.
    """
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            shown = ask(paths, "show")
        except NotRunning:
            if instance.acquire(seconds=_POLL_SECONDS):
                return None
            if time.monotonic() > end:
                raise
            continue
        if not shown.ok:
            return _dashboard(paths, environ, link_only=False, as_json=False)
        print("Tidegate is running already; this is its window.")
        return 0


def _autostart(action: str, environ: Mapping[str, str], *, as_json: bool) -> int:
    """Needs no running program: it is the system's own list."""
    from app.core.own_command import own_command  # noqa: PLC0415  only here
    from app.tray.autostart import LoginStart, autostart_of  # noqa: PLC0415

    login = LoginStart(autostart_of(own_command(environ, quiet=True), environ))
    if action == "status":
        try:
            is_on = login.is_on()
        except OSError as error:
            raise TidegateError(f"What starts when you log in can't be read: {error.strerror or error}.") from error
        words = "Tidegate starts when you log in." if is_on else "Tidegate does not start when you log in."
        print(json.dumps({"on": is_on}) if as_json else words)
        return 0
    outcome = login.switch(on=action == "on")
    return _told(Answer(outcome.ok, outcome.sentence, {}), as_json=as_json)


def _doctor(paths: Paths, environ: Mapping[str, str], *, as_json: bool) -> int:
    from app.commandline.doctor import examine  # noqa: PLC0415  loads what it looks at

    return examine(paths, environ, as_json=as_json)


def _told(answer: Answer, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"ok": answer.ok, "sentence": answer.sentence, **answer.more}))
    else:
        print(answer.sentence, file=sys.stdout if answer.ok else sys.stderr)
    return 0 if answer.ok else 1
