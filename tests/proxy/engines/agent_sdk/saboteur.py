"""Runs the real CLI and spoils one of its mechanisms on the way: what a later version might do by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import IO

SPOILT = os.environ.get("SABOTAGE", "")


def main() -> None:
    arguments = sys.argv[1:]
    if SPOILT == "resume" and "--resume" in arguments:
        at = arguments.index("--resume")
        del arguments[at : at + 2]
    cli = subprocess.Popen([os.environ["REAL_CLI"], *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert cli.stdin
    assert cli.stdout
    threading.Thread(target=_pass_on, args=(cli.stdout,), daemon=True).start()
    for line in sys.stdin.buffer:
        if (frame := spoil(json.loads(line))) is not None:
            cli.stdin.write(json.dumps(frame).encode() + b"\n")
            cli.stdin.flush()


def spoil(frame: dict) -> dict | None:  # type: ignore[type-arg]
    request = frame.get("request", {})
    match SPOILT, request.get("subtype") or frame["type"]:
        case "late_binding", "initialize":
            request.pop("systemPrompt", None)
        case ("rewind", "rewind_conversation") | ("settings", "apply_flag_settings") | ("tools", "mcp_set_servers"):
            answer = {"subtype": "success", "request_id": frame["request_id"], "response": {"rewound": False}}
            say({"type": "control_response", "response": answer})
            return None
        case "history", "assistant":
            return None
        case "history", "user" if frame.get("shouldQuery") is False:
            say({"type": "command_lifecycle", "command_uuid": frame["uuid"], "state": "completed"})
            return None
        case "verbatim", "user":
            frame.pop("client_composed")
        case _:
            pass
    return frame


def say(frame: dict) -> None:  # type: ignore[type-arg]
    _write(json.dumps(frame).encode() + b"\n")


def _pass_on(output: IO[bytes]) -> None:
    for line in output:
        _write(line)
    os._exit(0)


_lock = threading.Lock()


def _write(line: bytes) -> None:
    with _lock:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
