"""A program that answers `auth status`, `auth login` and `auth logout` as the real one does, by a script.

It stands in for the real one where that would have to reach the service: to accept a code, to renew what has expired,
to hang. State and a record of every call lie in the folder it runs in, and nothing is kept anywhere else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

PAGE = "https://claude.example/oauth/authorize?code=true&state=abc"
GOOD_CODE = "good#code"


def main() -> int:
    here = Path.cwd()
    asked = sys.argv[2:]
    with (here / "calls").open("a") as calls:
        calls.write(f"{' '.join(asked)} {time.monotonic()} {os.getpid()}\n")
    state = json.loads((here / "state.json").read_text())
    time.sleep(state.get("takes", 0))
    if state.get("leaves_behind"):  # such as a browser, which goes on with the same output
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        with (here / "left").open("a") as those:
            those.write(f"{left.pid}\n")
    match asked:
        case ["status", "--json"]:
            told = {"loggedIn": state["in"], "authMethod": "claude.ai", **state["told"]}
            if state.get("renews"):  # what was read before it took its time
                (here / "state.json").write_text(json.dumps(state))
            say(state.get("says") or json.dumps(told))
            return 0 if state["in"] else 1
        case ["login"]:
            return login(here, state)
        case ["logout"]:
            (here / "state.json").write_text(json.dumps({**state, "in": False}))
            return 0
        case _:
            return 2


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def login(here: Path, state: dict[str, object]) -> int:
    if state.get("no_page"):
        return 1
    say("Opening browser to sign in…\n")
    say(f"If the browser didn't open, visit: {PAGE}\nPaste code here if prompted > ")
    code = sys.stdin.readline().strip()
    if code != GOOD_CODE:
        say("Couldn't log in\n")
        return 1
    (here / "state.json").write_text(json.dumps({**state, "in": True}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
