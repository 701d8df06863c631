"""`tidegate doctor`: looks at everything that goes wrong for people, and says what to do. Changes nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence

from app.commandline.doctor import computer, desktop, program
from app.commandline.doctor.finding import Finding, Verdict, bad
from app.core.errors import TidegateError
from app.core.paths import Paths

log = logging.getLogger(__name__)

_MARKS = {Verdict.GOOD: "ok  ", Verdict.NOTE: "note", Verdict.BAD: "BAD "}


def examine(paths: Paths, environ: Mapping[str, str], *, as_json: bool) -> int:
    """Look at everything and print it; 1 when something is bad."""
    findings = [found for examined in examinations(paths, environ) for found in _carefully(*examined)]
    if as_json:
        print(json.dumps([found.as_dict() for found in findings], indent=2))
    else:
        print(as_text(findings))
    return int(any(found.verdict is Verdict.BAD for found in findings))


def examinations(paths: Paths, environ: Mapping[str, str]) -> list[tuple[str, Callable[[], Sequence[Finding]]]]:
    """What is looked at, by name, in the order in which one thing needs the other."""
    return [
        ("settings", lambda: program.settings(paths, environ)),
        ("folder", lambda: computer.folder(paths)),
        ("disk", lambda: computer.disk(paths)),
        ("clock", lambda: computer.clock(program.clock_ahead(paths))),
        ("environment", lambda: computer.variables(environ)),
        ("engine", program.engine),
        ("keyring", lambda: program.keyring(paths, environ)),
        ("port", lambda: program.port(paths, environ)),
        ("other proxies", lambda: program.others(paths, environ)),
        ("sign-in", lambda: program.sign_in(paths)),
        ("tray", lambda: desktop.tray(environ)),
        ("window", lambda: desktop.window(environ)),
        ("autostart", lambda: desktop.autostart(environ)),
    ]


def as_text(findings: Sequence[Finding]) -> str:
    """A line for each, and beneath it what to do."""
    lines: list[str] = []
    for found in findings:
        lines.append(f"{_MARKS[found.verdict]}  {found.about}: {found.sentence}")
        if found.advice:
            lines.append(f"      → {found.advice}")
    wrong = sum(found.verdict is Verdict.BAD for found in findings)
    lines += ["", f"{wrong} of these should be mended." if wrong else "Nothing wrong was found."]
    return "\n".join(lines)


def _carefully(about: str, look: Callable[[], Sequence[Finding]]) -> Sequence[Finding]:
    """One examination that fails must not hide the others."""
    try:
        return look()
    except TidegateError as error:
        return [bad(about, str(error))]
    except Exception as error:
        log.exception("examining the %s failed", about)
        return [bad(about, f"It could not be examined ({type(error).__name__}).")]
